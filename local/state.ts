import { existsSync, lchownSync, linkSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { OWNER_ONLY, writeWhole } from '../src/output';
import { generatePasswords, type Passwords } from './postgres/bootstrap';
import { ForeignFilesError } from './postgres/data-directory';

/** What is kept between runs besides the data directory. Holds the generated passwords, so only its owner may read it. */
export interface State {
  readonly passwords: Passwords;
  /** Port of the database; kept so that a connection string stays valid from run to run. */
  readonly port?: number;
}

/** Reads the state, a new one at the first start. */
export function openState(file: string): State {
  if (!existsSync(file)) createState(file);
  return readState(file);
}

/** @throws ForeignFilesError if the file is something else */
export function readState(file: string): State {
  let state: Partial<State> | null = null;
  try {
    state = JSON.parse(readFileSync(file, 'utf8')) as Partial<State> | null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof state?.passwords?.superuser === 'string') return state as State;
  throw new ForeignFilesError(
    `${file} is not the state of a local run: choose another folder, or remove it if nobody needs it`,
  );
}

/** One that is there stays its owner's, who could not read it again after a start as root. */
export function writeState(file: string, state: State): void {
  const before = lstatSync(file, { throwIfNoEntry: false });
  writeWhole(file, JSON.stringify(state, null, 2), OWNER_ONLY);
  if (before && before.uid !== process.getuid?.()) lchownSync(file, before.uid, before.gid);
}

/** Of two first starts at once one is first, and both go on with what it wrote: they must agree on the passwords. */
function createState(file: string): void {
  const own = `${file}.${process.pid}`;
  writeState(own, { passwords: generatePasswords() });
  try {
    linkSync(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(own);
  }
}
