import { timestamp, type Session } from '../database/session';
import type { CopyEncoder } from '../events/copy-encoder';
import { SHARDS } from '../events/event-id';
import { LATEST_MS } from '../model/arrivals';
import type { Stream } from '../model/stream';
import { DayRowsMaker, type TimeSlices } from './day-rows';
import { insertStudents, withdrawStudents } from './dimensions';
import type { Leases } from './leases';
import { type DayTotals, type Exclusions, type RejectedDay, writeLedger, writeRejected } from './ledger';
import { holdsRows, loadDay, utcDay } from './load-day';

/** Most rows held in memory at once: about 100 MB. */
const MAX_ROWS_IN_MEMORY = 1_500_000;

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

export interface HistoryProgress {
  /** UTC day under way, days since 1970-01-01. */
  readonly day: number;
  /** Share of all days that is done, 0 to 1. */
  readonly share: number;
  /** Events stored so far. */
  readonly events: number;
  readonly eventsPerSecond: number;
}

export interface HistoryOptions {
  readonly session: Session;
  /** Takes every other day: rows of one day are copied while the server builds the keys of the one before it. */
  readonly second: Session;
  readonly leases: Leases;
  readonly stream: Stream;
  readonly encoder: CopyEncoder;
  readonly exclusions: Exclusions;
  /** Watermark of all shards; what was received later, up to `to`, is loaded. */
  readonly from: number;
  readonly to: number;
  readonly onProgress?: (progress: HistoryProgress) => void;
  /** Called after each commit. */
  readonly onDay?: () => void;
  /** Ends the load at the next day. */
  readonly signal?: AbortSignal;
}

/**
 * Loads the events received in (from, to], one UTC day and transaction after the other, each with its ledger row; the watermarks
 * move at the very end. A day whose ledger row stands there already is left out, so an interrupted load goes on where it stopped.
 */
export function loadHistory(options: HistoryOptions): Promise<{ events: number; days: number }> {
  return new HistoryLoader(options).load();
}

class HistoryLoader {
  private readonly maker: DayRowsMaker;
  private readonly students: number[];
  private readonly rejected: RejectedDay[] = [];
  private readonly started = performance.now();
  private events = 0;
  private days = 0;
  /** The transactions of the last two days; they commit in the order of the days. */
  private storing: Promise<void> = Promise.resolve();
  private storingBefore: Promise<void> = Promise.resolve();
  private readonly sessions: [Session, Session];

  constructor(private readonly options: HistoryOptions) {
    const { stream, exclusions } = options;
    this.maker = new DayRowsMaker(stream);
    this.sessions = [options.session, options.second];
    this.students = [...stream.studentIds()].filter((id) => !exclusions.forgottenStudents.has(id));
  }

  async load(): Promise<{ events: number; days: number }> {
    await this.enrol();
    const done = await this.daysDone();
    try {
      await this.loadDays(done);
    } finally {
      // Whoever gives the sessions back, or uses them, finds no transaction under way.
      await Promise.allSettled([this.storingBefore, this.storing]);
    }
    await this.finish(done.size + this.days === 0);
    this.report(utcDay(this.options.to), 1);
    return { events: this.events, days: this.days };
  }

  private async loadDays(done: ReadonlySet<number | null>): Promise<void> {
    const { stream, from, to, signal } = this.options;
    const first = Math.max(utcDay(from - LATEST_MS), stream.firstDay - 1);
    const last = utcDay(to);
    for (let day = first; day <= last; day++) {
      signal?.throwIfAborted();
      const onTurn = (share: number): void => this.report(day, (day - first + share) / (last - first + 1));
      if (!done.has(day)) await this.loadDay(day, onTurn);
    }
    await this.storing;
  }

  /** Returns when the rows are with the server; it builds their keys while the next day is made. */
  private async loadDay(day: number, onTurn: (share: number) => void): Promise<void> {
    const { from: receivedFrom, to: receivedTo, exclusions } = this.options;
    const request = { day, students: this.students, receivedFrom, receivedTo, maxRows: MAX_ROWS_IN_MEMORY };
    const parts = this.maker.make(request, onTurn);
    if (exclusions.droppedDays.has(day)) {
      let events = 0;
      for await (const slices of parts) events += slices.reduce((sum, { length }) => sum + length, 0);
      if (events > 0) this.rejected.push({ day, events });
      return;
    }
    const first = await parts.next();
    // Its session is this day's.
    await this.storingBefore;
    await new Promise<void>((copied, failed) => {
      this.storingBefore = this.storing;
      this.storing = this.store(day, resumed(first, parts), copied);
      this.storing.catch(failed);
    });
  }

  private async store(day: number, parts: AsyncGenerator<TimeSlices>, onCopied: () => void): Promise<void> {
    const { encoder, onDay } = this.options;
    const session = this.sessions[0];
    this.sessions.reverse();
    const dayBefore = this.storingBefore;
    const filled = await holdsRows(session, day);
    // Rows that go into the parent lock it, and the day before may need it for itself.
    if (filled) await dayBefore;
    const loaded = await session.transaction(async () => {
      const loaded = await loadDay({ session, encoder, day, parts, filled, onCopied, dayBefore });
      await dayBefore;
      if (loaded === undefined) return undefined;
      await this.fence(session);
      await this.writeLedger(session, [loaded]);
      return loaded;
    });
    if (loaded === undefined) return;
    this.events += loaded.rows;
    this.days++;
    onDay?.();
  }

  /**
   * Students stand in the database before their events, as of `from`; their withdrawals are written at the end. The ledger row
   * with them says what they are there for: without it a replica that took the shards would insert them again, and fail for ever.
   */
  private async enrol(): Promise<void> {
    const { session, stream, from, to } = this.options;
    await session.transaction(async () => {
      const { rows } = await session.query<{ id: number }>('select student_id as id from edtech.students');
      const there = new Set(rows.map(({ id }) => id));
      const enrolled = this.students.filter((id) => !there.has(id) && stream.enrolsIn(id, -Infinity, to));
      await insertStudents(session, stream, enrolled, from);
      if (enrolled.length > 0) await this.writeLedger(session, []);
      await this.fence(session);
    });
  }

  private async finish(nothingLoaded: boolean): Promise<void> {
    const { session, stream, leases, from, to } = this.options;
    const withdrawn = this.students.filter((id) => stream.withdrawsIn(id, from, to));
    await session.transaction(async () => {
      await withdrawStudents(session, stream, withdrawn);
      await writeRejected(session, this.rejected);
      if (nothingLoaded) await this.writeLedger(session, []);
      await leases.renew(session, await this.fence(session), ALL_SHARDS, to);
    });
  }

  private async fence(session: Session): Promise<Awaited<ReturnType<Leases['lock']>>['locked']> {
    const { leases } = this.options;
    await leases.renewAll(session);
    const { locked } = await leases.lock(session);
    if (locked.length < SHARDS)
      throw new Error(`${SHARDS - locked.length} shards were taken by another process during the backfill`);
    return locked;
  }

  private async writeLedger(session: Session, days: readonly DayTotals[]): Promise<void> {
    const { leases, from, to } = this.options;
    const entry = {
      replica: leases.replica,
      kind: 'backfill' as const,
      shards: ALL_SHARDS,
      receivedFrom: from,
      receivedTo: to,
    };
    await writeLedger(session, entry, days);
  }

  /** Days with a ledger row; null for the row that was written with the students. */
  private async daysDone(): Promise<Set<number | null>> {
    const { rows } = await this.options.session.query<{ day: number | null }>(
      `select utc_day - date '1970-01-01' as day from ingest.batches where kind = 'backfill' and received_to = $1`,
      [timestamp(this.options.to)],
    );
    return new Set(rows.map(({ day }) => day));
  }

  private report(day: number, share: number): void {
    const seconds = (performance.now() - this.started) / 1000;
    this.options.onProgress?.({ day, share, events: this.events, eventsPerSecond: this.events / seconds });
  }
}

/** A generator whose first result was asked for already. */
async function* resumed<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
