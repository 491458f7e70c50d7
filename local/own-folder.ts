import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import { ForeignFilesError } from './postgres/data-directory';

/** The account of the server has to enter. */
const ENTERABLE = 0o755;

/** Makes a folder that everybody may enter, and those above it that are missing: a umask cuts the mode of what is made. */
export function makeEnterable(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: ENTERABLE });
  if (first === undefined) return;
  for (let made = path.resolve(folder); made.startsWith(path.resolve(first)); made = path.dirname(made))
    chmodSync(made, ENTERABLE);
}

/**
 * Makes a folder where everybody may make one, unless it is there and ours alone: in a folder of another user we would write where that
 * user's links lead, and run the programs that were put there.
 * @throws ForeignFilesError if it is somebody else's, or others may write to it
 */
export function makeOwnFolder(folder: string): void {
  makeEnterable(folder);
  const own = process.getuid?.();
  const wrong = own === undefined ? undefined : strange(lstatSync(folder), own);
  if (wrong !== undefined) {
    throw new ForeignFilesError(
      `${folder} ${wrong}; allowed is a folder of user ${own} that nobody else may write to: remove it, or name another folder with --folder`,
    );
  }
  // One that was made before may be closed, by a umask.
  chmodSync(folder, ENTERABLE);
}

function strange(found: Stats, own: number): string | undefined {
  if (!found.isDirectory()) return 'is a link';
  if (found.uid !== own) return `belongs to user ${found.uid}`;
  return (found.mode & 0o022) === 0 ? undefined : `has mode ${(found.mode & 0o7777).toString(8)}`;
}
