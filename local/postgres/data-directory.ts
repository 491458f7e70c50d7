import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** There are files of somebody else where the local run keeps its own. */
export class ForeignFilesError extends Error {}

/**
 * Whether a data directory is there. initdb fills it under another name, so PG_VERSION means that all of it is there.
 * @returns false if `folder` is missing or empty
 * @throws ForeignFilesError if it holds anything else
 */
export function isInitialised(folder: string): boolean {
  if (existsSync(path.join(folder, 'PG_VERSION'))) return true;
  if (!existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)) return false;
  throw new ForeignFilesError(
    `${folder} holds something else than a PostgreSQL database (it has no PG_VERSION): choose another folder, or remove what nobody needs`,
  );
}
