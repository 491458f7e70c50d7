import path from 'node:path';
import { Client } from 'pg';
import { migrate, readMigrations } from '../simulator/src/database/migrate';
import { PROJECT, rememberPort, type Home } from './home';
import { holdingUp, InterruptedError } from './interrupted';
import { bootstrap, databaseUrl, superuserUrl, type DatabaseAddress } from './postgres/bootstrap';
import { lastLines } from './postgres/log';
import { freePort, portIsFree, PostgresServer, runningServer } from './postgres/server';

export const DATABASE = 'edtech';
const SQL = path.join(PROJECT, 'sql');
/** Held by the running `npm start` for as long as it lives: the server itself knows when that process is gone. */
const RUN_LOCK = 4_702_111_235;

/** Another `npm start` uses the same data. */
export class AlreadyRunningError extends Error {}

export interface LocalDatabase {
  readonly address: DatabaseAddress;
  /** How the server was found: started now, or left behind by a run that did not end cleanly. */
  readonly found: 'started' | 'left running';
  /** Names of the migrations applied now. */
  readonly migrated: readonly string[];
  /** Stops the server. One that was gone, or does not end, is told on standard error: what the run has done or why it failed counts more. */
  close(): Promise<void>;
}

/**
 * Brings up the server of the local run, bootstraps and migrates it.
 * @param stop ends it as long as there is no server
 * @throws AlreadyRunningError if another run holds the database; InterruptedError
 */
export async function openDatabase(home: Home, stop?: AbortSignal): Promise<LocalDatabase> {
  const left = await leftBehind(home);
  const port = left ?? (await choosePort(home.state.port));
  const server = serverOf(home, port);
  if (left === undefined) {
    await holdingUp(() => server.initialise(), stop);
    await startAlone(home, server, stop);
    rememberPort(home, port);
  }
  const address: DatabaseAddress = { port, database: DATABASE, passwords: home.state.passwords };
  const guard = await lockRun(home, address);
  // The guard only waits; when the server goes away, the sessions that work report it.
  guard.on('error', () => undefined);
  const close = async (): Promise<void> => {
    await guard.end();
    stopTelling(home, server);
  };
  try {
    await bootstrap(address, SQL);
    const names = await migrated(address);
    if (left === undefined) await freeShards(address);
    return { address, found: left === undefined ? 'started' : 'left running', migrated: names, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws AlreadyRunningError if another first start was faster by a moment; InterruptedError, with the server stopped */
async function startAlone(home: Home, server: PostgresServer, stop: AbortSignal | undefined): Promise<void> {
  let started = false;
  try {
    await holdingUp(() => {
      server.start();
      started = true;
    }, stop);
  } catch (error) {
    // A pg_ctl that Ctrl-C ends while it waits for the server ends that, too.
    if (started) stopTelling(home, server);
    if (error instanceof InterruptedError) throw error;
    throw (await leftBehind(home)) === undefined ? error : alreadyRunning(home);
  }
}

function stopTelling(home: Home, server: PostgresServer): void {
  try {
    server.stop();
  } catch (error) {
    const told =
      runningServer(home.dataDirectory) === undefined
        ? `the database had ended before it was told to, ${home.logFile} ends with:\n${lastLines(home.logFile)}`
        : `the database goes on: ${(error as Error).message}`;
    process.stderr.write(`${told}\n`);
  }
}

const alreadyRunning = ({ folder }: Home): AlreadyRunningError =>
  new AlreadyRunningError(`another "npm start" is running on ${folder}`);

/** Marks the database as that of this run, for as long as the returned session lives. @throws AlreadyRunningError if another run holds it */
async function lockRun(home: Home, address: DatabaseAddress): Promise<Client> {
  const guard = new Client({ connectionString: superuserUrl({ ...address, database: 'postgres' }) });
  await guard.connect();
  const { rows } = await guard.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [RUN_LOCK]);
  if (rows[0].free) return guard;
  await guard.end();
  throw alreadyRunning(home);
}

/** Stops a server that an earlier run left behind; nothing to do without one. @throws AlreadyRunningError if that run goes on */
export async function stopLeftBehind(home: Home): Promise<void> {
  const port = await leftBehind(home);
  if (port === undefined) return;
  const guard = await lockRun(home, { port, database: DATABASE, passwords: home.state.passwords });
  await guard.end();
  serverOf(home, port).stop();
}

function serverOf(home: Home, port: number): PostgresServer {
  return new PostgresServer({
    programs: home.programs,
    dataDirectory: home.dataDirectory,
    logFile: home.logFile,
    account: home.account,
    superuserPassword: home.state.passwords.superuser,
    port,
  });
}

/**
 * Port of a server of ours that runs on the data directory: of another run, or left behind by one. Its pid file alone proves nothing: after a power cut the number may
 * belong to another program, so the server is asked.
 */
export async function leftBehind(home: Home): Promise<number | undefined> {
  const running = runningServer(home.dataDirectory);
  if (running === undefined) return undefined;
  const address = { port: running.port, database: 'postgres', passwords: home.state.passwords };
  const client = new Client({ connectionString: superuserUrl(address), connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return rows[0].folder === home.dataDirectory ? running.port : undefined;
  } catch {
    // Whatever answers there is not our server: pg_ctl then starts ours and says what is in the way.
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function choosePort(remembered: number | undefined): Promise<number> {
  return remembered !== undefined && (await portIsFree(remembered)) ? remembered : freePort();
}

const migrated = (address: DatabaseAddress): Promise<string[]> =>
  asOwner(address, (owner) => migrate(owner, readMigrations(path.join(SQL, 'migrations'))));

/** Whoever held shards went with the server that they were connected to: their leases need not be waited for. */
const freeShards = (address: DatabaseAddress): Promise<unknown> =>
  asOwner(address, (owner) =>
    owner.query(
      `update ingest.shards set holder = null, lease_expires_at = null where holder is not null;
       delete from ingest.replicas`,
    ),
  );

async function asOwner<T>(address: DatabaseAddress, work: (owner: Client) => Promise<T>): Promise<T> {
  const owner = new Client({ connectionString: databaseUrl(address, 'owner') });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}
