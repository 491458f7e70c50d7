import { Session } from '../simulator/src/database/session';
import { SHARDS } from '../simulator/src/events/event-id';
import { insertStudents, storeDimensions, storeSchoolDays } from '../simulator/src/ingest/dimensions';
import { guardStream } from '../simulator/src/ingest/stream-versions';
import { parseStreamConfig } from '../simulator/src/model/config';
import { DAY_MS, formatDay } from '../simulator/src/model/day';
import { Stream } from '../simulator/src/model/stream';
import type { BenchDatabase } from './server';

/** A Wednesday of a term week, with as many stream days before it as an event may be late. */
export const START = Date.parse('2026-02-04T00:00:00Z');
const DAYS_BEFORE = 4;
export const SEED = 1;

export const streamConfig = (students: number) => parseStreamConfig({ students });

/**
 * Puts a stream into a fresh database as if everything up to an instant had been received, but for the rows: dimensions,
 * students, school days, partitions, watermarks.
 * @param until ms since 1970-01-01Z
 * @param daysAhead days for which partitions stand ready
 */
export async function stageStream(
  database: BenchDatabase,
  students: number,
  until = START,
  daysAhead = 2,
): Promise<Stream> {
  const session = await Session.open(database.config(), 'bench stage');
  const settings = { seed: SEED, config: streamConfig(students), historyDays: DAYS_BEFORE };
  const stream = new Stream(await guardStream(session, settings, until));
  await storeDimensions(session, stream);
  await storeSchoolDays(session, stream, until + daysAhead * DAY_MS);
  const end = until + daysAhead * DAY_MS;
  const enrolled = [...stream.studentIds()].filter((id) => stream.student(id).enrolledAt <= end);
  await session.transaction(() => insertStudents(session, stream, enrolled, until));
  const days = [stream.firstDay - 1, Math.floor(until / DAY_MS) + daysAhead].map(formatDay);
  await session.query('select ops.ensure_partitions($1, $2)', days);
  await session.close();
  // What autovacuum would have done on a database that is not a minute old.
  await database.admin.query('vacuum (analyze) edtech.students, edtech.lessons, edtech.classrooms, edtech.school_days');
  await rewind(database, until);
  return stream;
}

/** Takes everything back that was stored after `stageStream`, and writes it down, so that no run pays for the one before it. */
export async function rewind(database: BenchDatabase, until = START): Promise<void> {
  const { admin } = database;
  const { rows } = await admin.query<{ tables: string }>(
    `select string_agg(format('analytics.%I', c.relname), ', ') as tables from pg_class c
     where c.relnamespace = 'analytics'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  await admin.query(`truncate edtech.streaming_logs, ingest.batches, ingest.replicas, ${rows[0].tables} cascade`);
  const { rowCount } = await admin.query(
    `update ingest.shards set holder = null, lease_expires_at = null, watermark = $1`,
    [new Date(until).toISOString()],
  );
  if (rowCount !== SHARDS) throw new Error(`${rowCount} of ${SHARDS} shards were rewound`);
  await admin.query('checkpoint');
}
