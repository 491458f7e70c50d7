import type { Session } from '../database/session';
import type { BatchContext } from './batch';

/** What the next batch works with. */
export interface Preparation extends Pick<BatchContext, 'leases' | 'window' | 'source'> {
  readonly leaseMs: number;
  /** Of the shards held, ms since 1970-01-01Z; those that are missing are left out. */
  readonly watermarks: ReadonlyMap<number, number>;
  /** Stream time up to which events are received. */
  readonly now: number;
  /** Ends the preparation at the next shard. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the schedules of the next batch before its transaction begins: in it, the server would end an idle session. Many students
 * take longer than a lease lasts, so the leases are renewed in between.
 */
export async function prepareSchedules(
  session: Session,
  { leases, window, source, leaseMs, watermarks, now, signal }: Preparation,
): Promise<void> {
  let renewed = performance.now();
  for (const shard of leases.held) {
    const from = watermarks.get(shard);
    if (from === undefined || signal?.aborted === true) continue;
    source.prepare(shard, from, window.reach(from, now));
    if (performance.now() - renewed < leaseMs / 4) continue;
    await leases.announce(session);
    await leases.renewAll(session);
    renewed = performance.now();
  }
}
