import type { Client } from 'pg';
import type { DatabaseConfig } from '../database/session';
import { SHARDS } from '../events/event-id';
import { DAY_MS, parseDay, type Day } from '../model/day';
import type { Stream } from '../model/stream';
import { withConnection } from './connection';
import { readStream } from './stored-stream';

/** A day whose partition retention has dropped, as `ops.dropped_partitions` remembers it. */
export interface DroppedDay {
  readonly events: number;
  readonly checksum: bigint;
  /** ms since 1970. */
  readonly droppedAt: number;
}

/** One state of the database: everything read through `client` belongs to the same instant. */
export interface Snapshot {
  readonly client: Client;
  readonly stream: Stream;
  /** Per shard, ms since 1970; `-Infinity` for a shard that nothing was written of. */
  readonly watermarks: Float64Array;
  /** Erased students and the instant of the erasure in ms. */
  readonly forgotten: ReadonlyMap<number, number>;
  /** UTC days that have a partition. */
  readonly heldDays: ReadonlySet<Day>;
  readonly droppedDays: ReadonlyMap<Day, DroppedDay>;
}

/** Runs `work` in one REPEATABLE READ, READ ONLY transaction. */
export function withSnapshot<T>(database: DatabaseConfig, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  return withConnection(database, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only');
    const stream = await readStream(client);
    const result = await work({
      client,
      stream,
      watermarks: await readWatermarks(client, stream.firstDay),
      forgotten: await readForgotten(client),
      heldDays: await readHeldDays(client),
      droppedDays: await readDroppedDays(client),
    });
    await client.query('commit');
    return result;
  });
}

/** A shard begins a day before the stream's first day; up to that instant nothing was written, not even a student. */
async function readWatermarks(client: Client, firstDay: Day): Promise<Float64Array> {
  const origin = (firstDay - 1) * DAY_MS;
  const watermarks = new Float64Array(SHARDS).fill(-Infinity);
  const { rows } = await client.query<{ shard: number; watermark: Date | null }>(
    'select shard, watermark from ingest.shards',
  );
  for (const { shard, watermark } of rows) {
    if (watermark !== null && watermark.getTime() > origin) watermarks[shard] = watermark.getTime();
  }
  return watermarks;
}

async function readForgotten(client: Client): Promise<Map<number, number>> {
  const { rows } = await client.query<{ student_id: number; erased_at: Date }>(
    'select student_id, erased_at from ops.forgotten_students',
  );
  return new Map(rows.map((row) => [row.student_id, row.erased_at.getTime()]));
}

async function readHeldDays(client: Client): Promise<Set<Day>> {
  const { rows } = await client.query<{ day: string }>(
    `select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'edtech.streaming_logs'::regclass`,
  );
  return new Set(rows.map(({ day }) => parseDay(day)));
}

async function readDroppedDays(client: Client): Promise<Map<Day, DroppedDay>> {
  const { rows } = await client.query<{ day: string; events: string; checksum: string; dropped_at: Date }>(
    'select utc_day::text as day, events::text, checksum::text, dropped_at from ops.dropped_partitions',
  );
  return new Map(
    rows.map((row) => [
      parseDay(row.day),
      { events: Number(row.events), checksum: BigInt(row.checksum), droppedAt: row.dropped_at.getTime() },
    ]),
  );
}

/** First and last UTC day that the stream, a partition or a dropped day has. */
export function wholeRange({ stream, watermarks, heldDays, droppedDays }: Snapshot): { from: Day; to: Day } {
  const days = [...heldDays, ...droppedDays.keys()];
  const latest = watermarks.reduce((a, b) => Math.max(a, b), -Infinity);
  if (latest !== -Infinity) days.push(Math.floor(latest / DAY_MS));
  // A cohort's first morning may be the evening before in UTC.
  days.push(stream.firstDay - 1);
  return { from: days.reduce((a, b) => Math.min(a, b)), to: days.reduce((a, b) => Math.max(a, b)) };
}
