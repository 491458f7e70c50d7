import type { Client } from 'pg';
import { SHARDS } from '../../events/event-id';
import { DAY_MS, formatDay, type Day } from '../../model/day';
import { EVENT_SELECT } from './event-text';
import type { TextRow } from './differences';

/** Count of a set of stored rows, and checksum of those that {@link TOLD_BY_HASH} leaves in. */
export interface StoredSum {
  readonly events: number;
  readonly checksum: bigint;
}

interface SumRow {
  id: number;
  events: string;
  checksum: string;
}

/** Instants as literals: the partition is known when the statement is planned. */
const within = (day: Day): string =>
  `occurred_at >= '${new Date(day * DAY_MS).toISOString()}' and occurred_at < '${new Date((day + 1) * DAY_MS).toISOString()}'`;

/**
 * False for rows that have what no event has and the row hash cannot tell from what belongs there: -1 for a null, as which the hash
 * codes it (as a bigint, 4294967295 hashes the same), and milliseconds of received_at taken for microseconds. The sum leaves these
 * rows out, so it differs, and the comparison of the rows names the column. `ops.partition_checksum` does the same.
 *
 * Other columns are looked at only where position_seconds is a null, which takes half the time of looking at all three in every
 * row: a row that should have a position and has none is seen by its hash.
 */
const TOLD_BY_HASH = `coalesce(position_seconds, lesson_id, case when session_id in (-1, 4294967295) then -1 else 0 end) >= 0
  and received_at >= occurred_at`;

/** Not `%`, which makes the shard of a negative number a negative one that is none. */
const SHARD = `(student_id & ${SHARDS - 1})`;

async function sumsBy(client: Client, key: string, condition: string): Promise<Map<number, StoredSum>> {
  const { rows } = await client.query<SumRow>(
    `select ${key} as id, count(*)::text as events,
       coalesce(sum(ops.row_hash(s)) filter (where ${TOLD_BY_HASH}), 0)::text as checksum
     from edtech.streaming_logs s where ${condition} group by 1`,
  );
  return new Map(rows.map((row) => [row.id, { events: Number(row.events), checksum: BigInt(row.checksum) }]));
}

/**
 * Every row of a UTC day by shard. Rows are not filtered by the watermark: rows and watermark are written in one
 * transaction, so a row beyond it is one too many.
 */
export const sumsByShard = (client: Client, day: Day): Promise<Map<number, StoredSum>> =>
  sumsBy(client, SHARD, within(day));

/** The rows of a UTC day and some shards by student. */
export const sumsByStudent = (client: Client, day: Day, shards: Iterable<number>): Promise<Map<number, StoredSum>> =>
  sumsBy(client, 'student_id', `${within(day)} and ${SHARD} in (${[...shards].join(', ')})`);

const FETCH_ROWS = 4_000;

/** The rows of some students on a UTC day, ascending by student and event id, read batch by batch. */
export async function* storedRows(client: Client, day: Day, studentIds: readonly number[]): AsyncGenerator<TextRow> {
  const cursor = `rows_${formatDay(day).replaceAll('-', '')}`;
  await client.query(
    `declare ${cursor} no scroll cursor for select ${EVENT_SELECT} from edtech.streaming_logs s
     where ${within(day)} and student_id = any ('{${studentIds.join(',')}}') order by s.student_id, s.event_id, s.occurred_at`,
  );
  for (;;) {
    const { rows } = await client.query<(string | null)[]>({
      text: `fetch ${FETCH_ROWS} from ${cursor}`,
      rowMode: 'array',
    });
    yield* rows;
    if (rows.length < FETCH_ROWS) break;
  }
  await client.query(`close ${cursor}`);
}
