import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { ForeignFilesError } from './postgres/data-directory';

/**
 * Makes a folder where everybody may make one, unless it is there and ours alone: in a folder of another user we would write where that
 * user's links lead, and run the programs that were put there.
 * @throws ForeignFilesError if it is somebody else's, or others may write to it
 */
export function makeOwnFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const own = process.getuid?.();
  const wrong = own === undefined ? undefined : strange(lstatSync(folder), own);
  if (wrong !== undefined) {
    throw new ForeignFilesError(
      `${folder} ${wrong}; allowed is a folder of user ${own} that nobody else may write to: remove it, or name another folder with --folder`,
    );
  }
}

function strange(found: Stats, own: number): string | undefined {
  if (!found.isDirectory()) return 'is a link';
  if (found.uid !== own) return `belongs to user ${found.uid}`;
  return (found.mode & 0o022) === 0 ? undefined : `has mode ${(found.mode & 0o7777).toString(8)}`;
}
