import type { Session } from '../database/session';
import type { CopyEncoder } from '../events/copy-encoder';
import type { AcknowledgedWatermarks } from './acknowledged';
import type { BatchWindow, Window } from './batch-window';
import { insertStudents, withdrawStudents } from './dimensions';
import type { EventSource } from './event-source';
import type { Leases, LockedShard } from './leases';
import { type Exclusions, writeLedger, writeRejected } from './ledger';
import { copyRows, countTypes, splitByDay } from './store-events';

/** Shards that begin in one transaction. */
const BEGINNERS = 4;

/** What a batch works with. */
export interface BatchContext {
  readonly leases: Leases;
  readonly window: BatchWindow;
  readonly encoder: CopyEncoder;
  readonly acknowledged: AcknowledgedWatermarks;
  readonly source: EventSource;
  readonly exclusions: Exclusions;
}

/** What a batch stored. */
export interface Stored {
  readonly window: Window;
  /** Events by code of their kind. */
  readonly types: readonly number[];
  /** Events of days that retention has dropped. */
  readonly rejected: number;
}

/** What a committed batch did. */
export interface BatchResult {
  /** Shards that turned out to be no longer ours. */
  readonly lost: readonly number[];
  /** Undefined when there was nothing to receive; the leases were renewed all the same. */
  readonly stored?: Stored;
  /** Oldest watermark of the shards held, ms since 1970-01-01Z; undefined without any. */
  readonly watermark?: number;
}

/**
 * One transaction: fence, enrolments, rows, ledger, watermarks. Either all of it is there or nothing, and the watermark says
 * which: after any failure, an unanswered COMMIT included, the next batch begins where the watermarks stand.
 * @param now stream time up to which events are received
 */
export async function runBatch(session: Session, context: BatchContext, now: number): Promise<BatchResult> {
  const { locked, lost, stored } = await session.transaction(async () => {
    const { locked, lost } = await context.leases.lock(session);
    const stored = await receive(session, context, locked, now);
    const { shards = [], to = now } = stored?.window ?? {};
    if (locked.length > 0) await context.leases.renew(session, locked, shards, to);
    return { locked, lost, stored };
  });
  for (const shard of stored?.window.shards ?? []) context.acknowledged.acknowledge(shard, stored!.window.to);
  return { lost, stored, watermark: oldest(locked, stored?.window) };
}

async function receive(
  session: Session,
  { leases, window: sizing, encoder, source, exclusions }: BatchContext,
  locked: readonly LockedShard[],
  now: number,
): Promise<Stored | undefined> {
  for (;;) {
    const window = sizing.next(fewBeginners(locked, source.origin), now);
    if (window === undefined) return undefined;
    const { shards, from, to } = window;
    const events = source.received(shards, from, to);
    if (!sizing.accept(window, events.length)) continue;
    const { enrolled, unenrolled } = source.enrolmentChanges(shards, from, to);
    const known = (id: number): boolean => !exclusions.forgottenStudents.has(id);
    // Before COPY switches the foreign keys off: a student's classroom is checked by the declared key.
    await insertStudents(session, source.stream, enrolled.filter(known), to);
    await withdrawStudents(session, source.stream, unenrolled.filter(known));
    const batch = splitByDay(events, exclusions);
    await copyRows(session, encoder, batch.stored);
    const entry = { replica: leases.replica, kind: 'live' as const, shards, receivedFrom: from, receivedTo: to };
    await writeLedger(
      session,
      entry,
      batch.stored.map(({ totals }) => totals),
    );
    await writeRejected(session, batch.rejected);
    return {
      window,
      types: countTypes(batch.stored),
      rejected: batch.rejected.reduce((sum, { events }) => sum + events, 0),
    };
  }
}

/** The first batch of a shard inserts its students, whose names take time: with all shards at once a lease could run out. */
function fewBeginners(locked: readonly LockedShard[], origin: number): LockedShard[] {
  const beginners = locked.filter(({ watermark }) => watermark <= origin);
  return [...beginners.slice(0, BEGINNERS), ...locked.filter(({ watermark }) => watermark > origin)];
}

function oldest(locked: readonly LockedShard[], window?: Window): number | undefined {
  if (locked.length === 0) return undefined;
  const moved = new Set(window?.shards);
  return Math.min(...locked.map(({ shard, watermark }) => (moved.has(shard) ? window!.to : watermark)));
}
