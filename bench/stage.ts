import { readConfig, type SimulatorConfig } from '../simulator/src/config';
import { Session } from '../simulator/src/database/session';
import { SHARDS } from '../simulator/src/events/event-id';
import { insertStudents, storeDimensions, storeSchoolDays } from '../simulator/src/ingest/dimensions';
import { guardStream } from '../simulator/src/ingest/stream-versions';
import { DAY_MS, formatDay } from '../simulator/src/model/day';
import { Stream } from '../simulator/src/model/stream';
import type { BenchDatabase } from './server';

/** A Wednesday of a term week. */
export const START = Date.parse('2026-02-04T00:00:00Z');
/** Days ahead for which partitions and school days stand ready. */
const DAYS_AHEAD = 2;

/** What is put into a fresh database. */
export interface Stage {
  readonly students: number;
  /** Stream time, ms since 1970-01-01Z. @default START */
  readonly at?: number;
  /** Days before `at` at which the stream begins. @default 4, as late as an event may be and one more */
  readonly historyDays?: number;
  /** What counts as received, though no row of it is there, ms since 1970-01-01Z. @default `at` */
  readonly watermark?: number;
}

/** The configuration of the simulator for a database of the benchmark. */
export function simulatorConfig(
  database: BenchDatabase,
  students: number,
  variables: Record<string, string> = {},
): SimulatorConfig {
  return readConfig(simulatorVariables(database, students, variables));
}

/** The same as variables of the environment. */
export function simulatorVariables(
  database: BenchDatabase,
  students: number,
  variables: Record<string, string> = {},
): Record<string, string> {
  return {
    DATABASE_URL: database.url('simulator'),
    DATABASE_QUERY_TIMEOUT_MS: '600000',
    STREAM_SEED: '1',
    STREAM_STUDENTS: String(students),
    HTTP_PORT: 'off',
    LOG_LEVEL: 'warn',
    ...variables,
  };
}

/** Puts a stream into a fresh database, but for its rows: dimensions, students, school days, partitions, watermarks. */
export async function stageStream(database: BenchDatabase, stage: Stage): Promise<Stream> {
  const { students, at = START, historyDays = 4, watermark = at } = stage;
  const config = simulatorConfig(database, students);
  const session = await Session.open(config.database, 'bench stage');
  const stream = new Stream(await guardStream(session, { ...config.stream, historyDays }, at));
  await storeDimensions(session, stream);
  const end = at + DAYS_AHEAD * DAY_MS;
  await storeSchoolDays(session, stream, end);
  const enrolled = [...stream.studentIds()].filter((id) => stream.student(id).enrolledAt <= end);
  await session.transaction(() => insertStudents(session, stream, enrolled, at));
  const days = [stream.firstDay - 1, Math.floor(end / DAY_MS)].map(formatDay);
  await session.query('select ops.ensure_partitions($1, $2)', days);
  await session.close();
  // What autovacuum would have done on a database that is not a minute old.
  await database.admin.query('vacuum (analyze) edtech.students, edtech.lessons, edtech.classrooms, edtech.school_days');
  await rewind(database, watermark);
  return stream;
}

/**
 * Takes back what was stored after {@link stageStream} and has the server write everything down, so that no run pays for the
 * one before it.
 * @param watermark what counts as received, ms since 1970-01-01Z
 */
export async function rewind({ admin }: BenchDatabase, watermark = START): Promise<void> {
  await admin.query(`truncate edtech.streaming_logs, ingest.batches, ingest.replicas,
    analytics.minute, analytics.lesson_hour, analytics.classroom_hour, analytics.student_day, analytics.lesson_views`);
  const { rowCount } = await admin.query(
    `update ingest.shards set holder = null, lease_expires_at = null, watermark = $1`,
    [new Date(watermark).toISOString()],
  );
  if (rowCount !== SHARDS) throw new Error(`${rowCount} of ${SHARDS} shards were rewound`);
  await admin.query('checkpoint');
}
