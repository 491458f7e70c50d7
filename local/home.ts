import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canEnter, serverAccount, type Account } from './postgres/account';
import { postgresPrograms } from './postgres/binaries';
import { generatePasswords, type Passwords } from './postgres/bootstrap';

/** Root of the checkout. */
export const PROJECT = path.resolve(__dirname, '..');

/** What is kept between runs besides the data directory. Holds the generated passwords, so only its owner may read it. */
interface State {
  readonly passwords: Passwords;
  /** Port of the database; kept so that a connection string stays valid from run to run. */
  readonly port?: number;
}

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

/**
 * Opens the folder of the local run and creates what is missing. Without `wanted` that is `.edtech/` in the checkout, or, where the
 * server's account cannot enter the checkout, a folder of its own below `/var/tmp`.
 * @throws Error if the server's account cannot enter `wanted`
 */
export function openHome(wanted?: string): Home {
  const account = serverAccount();
  const reachable = canEnter(PROJECT, account);
  const fallback = path.join(
    '/var/tmp',
    `edtech-stream-${createHash('sha256').update(PROJECT).digest('hex').slice(0, 12)}`,
  );
  const folder = wanted ?? (reachable ? path.join(PROJECT, '.edtech') : fallback);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (!canEnter(folder, account)) {
    throw new Error(
      `PostgreSQL runs as "${account?.name ?? 'this user'}", which cannot enter ${folder} or a folder above it`,
    );
  }
  const programsReachable = canEnter(path.dirname(require.resolve('pg/package.json')), account);
  const programs = postgresPrograms(programsReachable ? undefined : path.join(folder, 'programs'));
  const data = path.join(folder, 'postgres');
  if (!existsSync(data)) {
    mkdirSync(data, { mode: 0o700 });
    if (account) chownSync(data, account.uid, account.gid);
  }
  const stateFile = path.join(folder, 'state.json');
  if (!existsSync(stateFile)) writeState(folder, { passwords: generatePasswords() });
  return {
    folder,
    dataDirectory: data,
    logFile: path.join(folder, 'postgres.log'),
    programs,
    account,
    state: JSON.parse(readFileSync(stateFile, 'utf8')) as State,
    movedBecause:
      folder !== fallback ? undefined : `the account ${account?.name ?? 'of this process'} cannot enter ${PROJECT}`,
  };
}

/** Remembers the port of the database. */
export function rememberPort(home: Home, port: number): void {
  writeState(home.folder, { ...home.state, port });
}

/** Deletes the data, the state and the log of earlier runs. The server must be stopped. */
export function deleteHome(home: Home): void {
  for (const place of [home.dataDirectory, home.logFile, path.join(home.folder, 'state.json')]) {
    rmSync(place, { recursive: true, force: true });
  }
}

function writeState(folder: string, state: State): void {
  const file = path.join(folder, 'state.json');
  writeFileSync(`${file}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
