import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../database/session';
import { AcknowledgedWatermarks } from './acknowledged';
import { type BatchContext, runBatch } from './batch';
import { BatchWindow } from './batch-window';
import { EventSource } from './event-source';
import type { HistoryOptions } from './history';
import { prepareSchedules } from './prepare-schedules';
import { streamOrigin } from './stream-versions';

/** Until the next try where another session, such as that of an erasure, has locked the shards that are behind. */
const PAUSE_MS = 500;

export interface LevelOptions extends Pick<HistoryOptions, 'leases' | 'stream' | 'encoder' | 'exclusions' | 'signal'> {
  readonly session: Session;
  readonly maxRows: number;
  readonly leaseMs: number;
}

/**
 * Brings all shards to one watermark, the highest, by ordinary batches; all of them must be held.
 * @returns that watermark
 * @throws Error if another process takes shards meanwhile; AbortError when the signal is aborted
 */
export async function levelWatermarks(options: LevelOptions): Promise<number> {
  const { session, leases, stream, encoder, exclusions, maxRows, leaseMs, signal } = options;
  const context: BatchContext = {
    leases,
    encoder,
    exclusions,
    source: new EventSource(stream, streamOrigin(stream.firstDay)),
    window: new BatchWindow(maxRows),
    acknowledged: new AcknowledgedWatermarks(),
  };
  for (;;) {
    const watermarks = new Map((await leases.shards(session)).map(({ shard, watermark }) => [shard, watermark]));
    const now = Math.max(...watermarks.values());
    if (Math.min(...watermarks.values()) === now) return now;
    await prepareSchedules(session, { ...context, leaseMs, watermarks, now, signal });
    signal?.throwIfAborted();
    const { lost, stored } = await runBatch(session, context, now);
    if (lost.length > 0)
      throw new Error(`the backfill lost shards ${lost.join(', ')}: their leases have run out or were taken`);
    if (stored === undefined) await sleep(PAUSE_MS, undefined, { signal });
  }
}
