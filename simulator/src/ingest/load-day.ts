import { dateText, type Session } from '../database/session';
import { COPY_COLUMNS, type CopyEncoder } from '../events/copy-encoder';
import { DAY_MS } from '../model/day';
import type { TimeSlices } from './day-rows';
import type { DayTotals, Exclusions } from './ledger';
import { copyRows, splitByDay, type DayRows } from './store-events';

/** Building the keys of a large day takes its time. */
const FINISH_TIMEOUT_MS = 600_000;

/** Whether a UTC day has a partition with rows. */
export async function holdsRows(session: Session, day: number): Promise<boolean> {
  const { rows } = await session.query<{ holds: boolean }>(
    `select exists (select from edtech.streaming_logs where occurred_at >= ops.utc_start($1) and occurred_at < ops.utc_start($1 + 1)) as holds`,
    [dateText(day)],
  );
  return rows[0].holds;
}

export interface DayLoad {
  readonly session: Session;
  readonly encoder: CopyEncoder;
  /** UTC day, days since 1970-01-01. */
  readonly day: number;
  readonly parts: AsyncIterable<TimeSlices>;
  /** Whether the day holds rows already. */
  readonly filled: boolean;
  /** Called when the last row is with the server: the slices may be used again while keys are built. */
  readonly onCopied: () => void;
  /**
   * End of the day before, after which the keys are built: that and the ledger row hold the lock on all partitions until the commit, and
   * days commit in their order.
   */
  readonly dayBefore: Promise<void>;
}

/**
 * Stores the rows of one UTC day in the caller's transaction: an empty day by the bulk path (bare table, keys afterwards), a
 * day that holds rows like a batch.
 */
export async function loadDay(load: DayLoad): Promise<DayTotals | undefined> {
  const { session, encoder, day, parts, filled, onCopied, dayBefore } = load;
  let table: string | undefined;
  let copied = 0;
  const total = { day, rows: 0, firstOccurredAt: Infinity, lastOccurredAt: -Infinity };
  for await (const slices of parts) {
    const rows = ordered(slices, total);
    if (filled) {
      await copyRows(session, encoder, [...rows]);
    } else if (slices.some(({ length }) => length > 0)) {
      table ??= await beginBulk(session, day);
      copied += await session.copy(
        `copy ${table} (${COPY_COLUMNS}) from stdin with (format binary, freeze)`,
        encoder.encode(rows),
      );
    }
  }
  onCopied();
  if (table !== undefined) {
    if (copied !== total.rows) throw new Error(`COPY stored ${copied} of ${total.rows} rows`);
    await dayBefore;
    await session.query('select ingest.bulk_finish($1)', [dateText(day)], FINISH_TIMEOUT_MS);
  }
  return total.rows > 0 ? total : undefined;
}

/** The maker of the rows leaves out dropped days and forgotten students by itself. */
const NOTHING_EXCLUDED: Exclusions = { droppedDays: new Set(), forgottenStudents: new Set() };

async function beginBulk(session: Session, day: number): Promise<string> {
  const { rows } = await session.query<{ table: string }>('select ingest.bulk_begin($1) as table', [dateText(day)]);
  return rows[0].table;
}

/** Orders slice by slice, each just before it is written, and adds it to `total`. */
function* ordered(slices: TimeSlices, total: Mutable<DayTotals>): Generator<DayRows> {
  for (const events of slices) {
    if (events.length === 0) continue;
    const [rows] = splitByDay(events, NOTHING_EXCLUDED).stored;
    total.rows += rows.totals.rows;
    total.firstOccurredAt = Math.min(total.firstOccurredAt, rows.totals.firstOccurredAt);
    total.lastOccurredAt = Math.max(total.lastOccurredAt, rows.totals.lastOccurredAt);
    yield rows;
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** UTC day (since 1970-01-01) of an instant. */
export const utcDay = (ms: number): number => Math.floor(ms / DAY_MS);
