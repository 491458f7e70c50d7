import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorConfig } from '../config';
import type { Session } from '../database/session';
import { SHARDS } from '../events/event-id';
import type { Logger } from '../logger';
import type { Leases } from './leases';
import { saidUnfinished, unfinishedBackfill } from './ledger';
import { takeOver } from './takeover';

/** Most time between two looks at the leases, in ms. */
const LOOK_MS = 500;

/** The shards are held by live replicas: they receive everything anyway, unless an earlier backfill stands unfinished. */
export class ShardsHeld extends Error {
  /** @param unfinished target of a backfill that was interrupted, ms since 1970-01-01Z */
  constructor(
    holders: readonly Holder[],
    readonly unfinished?: number,
  ) {
    const said = holders.map(({ holder, shards }) => `${shards} (${holder})`).join(', ');
    const why = unfinished === undefined ? '' : `; ${saidUnfinished(unfinished)}`;
    super(`a backfill needs all ${SHARDS} shards, others hold ${said}: stop them first${why}`);
  }
}

interface Holder {
  readonly holder: string;
  readonly shards: number;
  /** When its last lease runs out by the database's time, ms since 1970-01-01Z. */
  readonly until: number;
}

/**
 * Waits until no other process holds a shard. A crashed one keeps its leases until they run out, a living one renews them. Only
 * looks: a process that announces itself is given a share of the shards, and those would wait for its end.
 * @throws ShardsHeld as soon as a lease is renewed
 */
export async function untilNobodyHolds(
  session: Session,
  leases: Leases,
  { leaseMs, tickMs }: SimulatorConfig['ingest'],
): Promise<void> {
  const patience = performance.now() + leaseMs + tickMs;
  const first = new Map((await others(session, leases)).map(({ holder, until }) => [holder, until]));
  for (;;) {
    const now = await others(session, leases);
    if (now.length === 0) return;
    const renewed = now.some(({ holder, until }) => until > (first.get(holder) ?? -Infinity));
    if (renewed || performance.now() > patience) throw new ShardsHeld(now, await unfinishedBackfill(session));
    await sleep(Math.min(tickMs, LOOK_MS));
  }
}

/** Takes all shards. @throws ShardsHeld where others came before it, and then holds none */
export async function takeAllShards(
  session: Session,
  leases: Leases,
  { database, ingest }: SimulatorConfig,
  log: Logger,
): Promise<void> {
  const patience = performance.now() + ingest.leaseMs + ingest.tickMs;
  for (;;) {
    await takeOver(leases, session, SHARDS - leases.held.length, { database, patienceMs: ingest.lockPatienceMs, log });
    if (leases.held.length === SHARDS) return;
    if (performance.now() > patience) break;
    await sleep(Math.min(ingest.tickMs, LOOK_MS));
  }
  const holders = await others(session, leases);
  await leases.leave(session);
  throw new ShardsHeld(holders, await unfinishedBackfill(session));
}

async function others(session: Session, { replica }: Leases): Promise<Holder[]> {
  const { rows } = await session.query<Holder>(
    `select holder, count(*)::int as shards, (extract(epoch from max(lease_expires_at)) * 1000)::float8 as until
     from ingest.shards where holder <> $1 and lease_expires_at > clock_timestamp() group by 1 order by 1`,
    [replica],
  );
  return rows;
}
