import { type DatabaseConfig, Session, sqlState } from '../database/session';
import type { Logger } from '../logger';
import type { Leases } from './leases';

/** SQLSTATE of a lock that was waited for too long. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Time to reach the server on another connection and to end the session there. */
export const ENDING_MS = 2000;

/** How a taker deals with rows of an expired lease that are locked. */
export interface TakeoverOptions {
  readonly database: DatabaseConfig;
  /** How long to wait for locked rows before ending the session that holds them. */
  readonly patienceMs: number;
  readonly log: Logger;
}

/**
 * Takes up to `count` free shards. A replica that froze in the middle of a COPY holds its rows for as long as its machine keeps
 * the connection: no server timeout ends a backend that waits for COPY data. So whoever blocks us longer than the patience is
 * ended, if it is of our kind; any other session is left alone, and the shards are asked for again at the next tick.
 */
export async function takeOver(
  leases: Leases,
  session: Session,
  count: number,
  options: TakeoverOptions,
): Promise<number[]> {
  const taken = await leases.acquire(session, count, 'skip');
  if (taken.length === count) return taken;
  let ending: Promise<void> | undefined;
  const patience = setTimeout(() => (ending = endBlockers(session.pid, options)), options.patienceMs);
  try {
    const waitedFor = await session.transaction(async () => {
      await session.query(`set local lock_timeout = ${options.patienceMs + ENDING_MS}`);
      return leases.acquire(session, count - taken.length, 'wait');
    });
    return [...taken, ...waitedFor];
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    options.log.warn({ count: count - taken.length }, 'shards with an expired lease stay locked by another session');
    return taken;
  } finally {
    clearTimeout(patience);
    await ending;
  }
}

/** Ends the simulator sessions that the session `pid` waits for; not those that only stand before it in the queue. */
async function endBlockers(pid: number, options: TakeoverOptions): Promise<void> {
  try {
    await tryToEndBlockers(pid, options);
  } catch (err) {
    options.log.warn({ err }, 'cannot end the session that holds the rows of an expired lease');
  }
}

async function tryToEndBlockers(pid: number, { database, log }: TakeoverOptions): Promise<void> {
  const session = await Session.open(database, 'edtech-simulator takeover');
  try {
    const { rows } = await session.query<{ blocker: number; ended: boolean }>(
      `with recursive waits (pid) as (
         select $1::int
         union
         select blocker from waits, unnest(pg_blocking_pids(waits.pid)) blocker
       )
       select pid as blocker, ingest.end_session(pid) as ended from waits
       where pid <> $1 and cardinality(pg_blocking_pids(pid)) = 0`,
      [pid],
    );
    for (const { blocker, ended } of rows)
      log.warn({ blocker, ended }, 'ended a session that held the rows of an expired lease');
  } finally {
    await session.close();
  }
}
