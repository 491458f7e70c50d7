import { Session } from '../simulator/src/database/session';
import { CopyEncoder } from '../simulator/src/events/copy-encoder';
import type { EventColumns } from '../simulator/src/events/columns';
import { SHARDS } from '../simulator/src/events/event-id';
import { AcknowledgedWatermarks } from '../simulator/src/ingest/acknowledged';
import { runBatch, type BatchContext } from '../simulator/src/ingest/batch';
import { BatchWindow, type Window } from '../simulator/src/ingest/batch-window';
import { EventSource, type EnrolmentChanges } from '../simulator/src/ingest/event-source';
import { readExclusions } from '../simulator/src/ingest/exclusions';
import { Leases, type LockedShard } from '../simulator/src/ingest/leases';
import type { Stream } from '../simulator/src/model/stream';
import { seconds } from './pairs';
import { rewind } from './stage';
import { ALL_SHARDS, rowsOf, type Batch } from './workload';
import type { BenchDatabase } from './server';

const LEASE_MS = 600_000;

/** Hands out batches that were made before, in place of making them: generating is measured on its own. */
class PreparedSource extends EventSource {
  private readonly byStart: ReadonlyMap<number, Batch>;

  constructor(stream: Stream, batches: readonly Batch[]) {
    super(stream, batches[0].from - 1);
    this.byStart = new Map(batches.map((batch) => [batch.from, batch]));
  }

  override received(_shards: readonly number[], from: number): EventColumns {
    return this.batch(from).events;
  }

  /** The students of a workload are there from the beginning: the references know no enrolments. */
  override enrolmentChanges(): EnrolmentChanges {
    return { enrolled: [], unenrolled: [] };
  }

  batch(from: number): Batch {
    const batch = this.byStart.get(from);
    if (batch === undefined) throw new Error(`no batch was prepared from ${new Date(from).toISOString()} on`);
    return batch;
  }
}

/** Takes the prepared batches as they are. */
class PreparedWindow extends BatchWindow {
  constructor(private readonly source: PreparedSource) {
    super(Infinity);
  }

  override next(locked: readonly LockedShard[]): Window {
    if (locked.length !== SHARDS) throw new Error(`the run holds ${locked.length} of ${SHARDS} shards`);
    const { from, to } = this.source.batch(locked[0].watermark);
    return { shards: ALL_SHARDS, from, to };
  }
}

/** Stores prepared batches by the ingest's own code: leases, set check, COPY, ledger, watermarks, one transaction per batch. */
export class IngestRun {
  private next = 0;

  private constructor(
    private readonly session: Session,
    private readonly context: BatchContext,
    private readonly batches: readonly Batch[],
  ) {}

  /** Opens a session and takes all shards of a database whose watermarks stand where the first batch begins. */
  static async open(database: BenchDatabase, stream: Stream, batches: readonly Batch[]): Promise<IngestRun> {
    const session = await Session.open(database.config(), 'bench ingest');
    const leases = new Leases('bench', LEASE_MS);
    await leases.announce(session);
    await leases.acquire(session, SHARDS, 'wait');
    const source = new PreparedSource(stream, batches);
    const context = {
      leases,
      window: new PreparedWindow(source),
      encoder: new CopyEncoder(),
      acknowledged: new AcknowledgedWatermarks(),
      source,
      exclusions: await readExclusions(session),
    };
    return new IngestRun(session, context, batches);
  }

  /**
   * Stores the next batches.
   * @param count @default all that are left
   */
  async store(count = this.batches.length - this.next): Promise<void> {
    for (const { to } of this.batches.slice(this.next, this.next + count)) {
      const result = await runBatch(this.session, this.context, to);
      if (result.watermark !== to) throw new Error(`the watermark is ${result.watermark} after the batch up to ${to}`);
      this.next++;
    }
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Checks that a run stored what it was given. @throws Error otherwise */
export async function requireRows({ admin }: BenchDatabase, expected: number): Promise<void> {
  const { rows } = await admin.query<{ events: number }>(
    'select count(*)::float8 as events from edtech.streaming_logs',
  );
  if (rows[0].events !== expected)
    throw new Error(`${rows[0].events} of ${expected} rows are stored: the run measured something else`);
}

/** Rows per second of the ingest, into an empty table. */
export async function ingestSpeed(database: BenchDatabase, stream: Stream, batches: readonly Batch[]): Promise<number> {
  await rewind(database, batches[0].from);
  const run = await IngestRun.open(database, stream, batches);
  const time = await seconds(() => run.store());
  await run.close();
  await requireRows(database, rowsOf(batches));
  return rowsOf(batches) / time;
}
