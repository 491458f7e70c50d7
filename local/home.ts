import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/root';
import { makeEnterable, makeOwnFolder } from './own-folder';
import { accountFor, canEnter, serverAccount, type Account } from './postgres/account';
import { postgresPrograms } from './postgres/binaries';
import { ForeignFilesError, isInitialised } from './postgres/data-directory';
import { removeWhole } from './postgres/whole-folder';
import { openState, readState, writeState, type State } from './state';

/** The folder of the local run. */
export interface Home {
  readonly folder: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Folder with the PostgreSQL programs. */
  readonly programs: string;
  readonly account: Account | undefined;
  readonly state: State;
  /** Why the folder is not `.edtech/` of the checkout, if it is not. */
  readonly movedBecause: string | undefined;
}

/** There is no local run whose data could be read. */
export class NoRunError extends Error {}

/** Folder for those whose server's account cannot enter the checkout. Everybody can foretell its name. */
const fallback = (project: string): string =>
  path.join('/var/tmp', `edtech-stream-${createHash('sha256').update(project).digest('hex').slice(0, 12)}`);

/**
 * The folder of the local run. Without `wanted` that is `.edtech/` in the checkout, or, where the server's account cannot enter the
 * checkout, a folder of its own below `/var/tmp`.
 */
const homeFolder = (wanted: string | undefined, account: Account | undefined, project = ROOT): string =>
  wanted ?? (canEnter(project, account) ? path.join(project, '.edtech') : fallback(project));

/**
 * Opens the folder of a local run that has data, for who only reads: a folder without is left as it is.
 * @throws NoRunError if there is no data; else as {@link openHome}
 */
export function openFilledHome(wanted?: string): Home {
  const folder = homeFolder(wanted, serverAccount());
  refuseForeign(folder);
  if (!isInitialised(dataDirectory(folder))) {
    throw new NoRunError(
      `there is no data of a local run in ${folder}: name the --folder that "npm start" was given, or start one first`,
    );
  }
  return openHome(wanted);
}

/**
 * Opens the folder of the local run and creates what is missing.
 * @param project root of the checkout
 * @throws Error if the server's account cannot enter `wanted`; ForeignFilesError, having changed nothing, if files there are not ours
 */
export function openHome(wanted?: string, project = ROOT): Home {
  const folder = homeFolder(wanted, serverAccount(), project);
  const moved = folder === fallback(project);
  if (moved) makeOwnFolder(folder);
  else makeEnterable(folder);
  refuseForeign(folder);
  const account = accountFor(dataDirectory(folder));
  if (!canEnter(folder, account)) {
    throw new Error(
      `PostgreSQL runs as "${account?.name ?? 'this user'}", which cannot enter ${folder} or a folder above it`,
    );
  }
  const programsReachable = canEnter(path.dirname(require.resolve('pg/package.json')), account);
  const programs = postgresPrograms(programsReachable ? undefined : path.join(folder, 'programs'));
  return {
    folder,
    dataDirectory: dataDirectory(folder),
    logFile: logFile(folder),
    programs,
    account,
    state: openState(stateFile(folder)),
    movedBecause: moved ? `the account ${account?.name ?? 'of this process'} cannot enter ${project}` : undefined,
  };
}

/** Remembers the port of the database. */
export function rememberPort({ folder, state }: Home, port: number): void {
  writeState(stateFile(folder), { ...state, port });
}

/**
 * Deletes the data, the state and the log of earlier runs. The server must be stopped.
 * @throws ForeignFilesError, having deleted nothing, if files there are not ours
 */
export function deleteHome({ folder }: Home): void {
  refuseForeign(folder);
  removeWhole(dataDirectory(folder));
  // The state last: it tells that the rest is ours.
  for (const file of [logFile(folder), stateFile(folder)]) rmSync(file, { force: true });
}

const dataDirectory = (folder: string): string => path.join(folder, 'postgres');
const logFile = (folder: string): string => path.join(folder, 'postgres.log');
const stateFile = (folder: string): string => path.join(folder, 'state.json');

/** A folder of ours has our state, which is written before data and log. */
function refuseForeign(folder: string): void {
  const found = [
    ...(isInitialised(dataDirectory(folder)) ? [dataDirectory(folder)] : []),
    ...(existsSync(logFile(folder)) ? [logFile(folder)] : []),
  ];
  if (existsSync(stateFile(folder))) readState(stateFile(folder));
  else if (found.length > 0) {
    throw new ForeignFilesError(
      `${found.join(' and ')} cannot be of a local run, there is no state.json of one: choose another folder, or remove what nobody needs`,
    );
  }
}
