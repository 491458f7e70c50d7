import { Client } from 'pg';
import { bringUp, leftBehind, serverOf, stopServer } from './bring-up';
import { rememberPort, type Home } from './home';
import { databaseUrl, superuserUrl, type DatabaseAddress } from './postgres/bootstrap';
import { withClient } from './postgres/client';
import { lastLines } from './postgres/log';
import { createMigrated } from './postgres/migrated';

export const DATABASE = 'edtech';
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
 * @throws AlreadyRunningError if another run holds the database; InterruptedError. A server that was started is stopped then
 */
export async function openDatabase(home: Home, stop?: AbortSignal): Promise<LocalDatabase> {
  const { port, left } = await bringUp(home, stop);
  const address: DatabaseAddress = { port, database: DATABASE, passwords: home.state.passwords };
  let guard: Client | undefined;
  const close = async (): Promise<void> => {
    await guard?.end();
    if (stopServer(home, serverOf(home, port))) return;
    process.stderr.write(
      `the database had ended before it was told to, ${home.logFile} ends with:\n${lastLines(home.logFile)}\n`,
    );
  };
  try {
    guard = await lockRun(home, address);
    if (home.state.port !== port) rememberPort(home, port);
    const migrated = await createMigrated(address);
    if (!left) await freeShards(address);
    return { address, found: left ? 'left running' : 'started', migrated, close };
  } catch (error) {
    // Without the lock only a server that was started now is ours to stop, unless another run has found it already.
    if (guard !== undefined || !(left || error instanceof AlreadyRunningError)) await close();
    throw error;
  }
}

const alreadyRunning = ({ folder }: Home): AlreadyRunningError =>
  new AlreadyRunningError(`another "npm start" is running on ${folder}`);

/** Marks the database as that of this run, for as long as the returned session lives. @throws AlreadyRunningError if another run holds it */
async function lockRun(home: Home, address: DatabaseAddress): Promise<Client> {
  const guard = new Client({ connectionString: superuserUrl({ ...address, database: 'postgres' }) });
  // The guard only waits; when the server goes away, the sessions that work report it.
  guard.on('error', () => undefined);
  await guard.connect();
  const { rows } = await guard.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [RUN_LOCK]);
  if (rows[0].free) return guard;
  await guard.end();
  throw alreadyRunning(home);
}

/** Port of a server that an earlier run left behind. @throws AlreadyRunningError if that run goes on */
export async function unlockedLeftBehind(home: Home): Promise<number | undefined> {
  const port = await leftBehind(home);
  if (port === undefined) return undefined;
  const guard = await lockRun(home, { port, database: DATABASE, passwords: home.state.passwords });
  await guard.end();
  return port;
}

/** Stops a server that an earlier run left behind; nothing to do without one. @throws AlreadyRunningError if that run goes on */
export async function stopLeftBehind(home: Home): Promise<void> {
  const port = await unlockedLeftBehind(home);
  if (port !== undefined) serverOf(home, port).stop();
}

/** Whoever held shards went with the server that they were connected to: their leases need not be waited for. */
const freeShards = (address: DatabaseAddress): Promise<unknown> =>
  withClient(databaseUrl(address, 'owner'), (owner) =>
    owner.query(
      `update ingest.shards set holder = null, lease_expires_at = null where holder is not null;
       delete from ingest.replicas`,
    ),
  );
