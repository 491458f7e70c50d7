import type { Client } from 'pg';
import { DEVICES, EVENT_TYPES, EventColumns, NONE } from '../../../simulator/src/events/columns';
import { eventId, SHARDS, shardOf } from '../../../simulator/src/events/event-id';
import { configHash, type StreamVersion } from '../../../simulator/src/model/config';
import { DAY_MS, formatDay } from '../../../simulator/src/model/day';
import { Stream } from '../../../simulator/src/model/stream';

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
const orNull = (value: number): number | null => (value === NONE ? null : value);

/** Inserts rows given as an array of columns' values through `unnest`. */
async function insert(client: Client, table: string, types: Record<string, string>, rows: unknown[][]): Promise<void> {
  const names = Object.keys(types);
  const arrays = names.map((_, column) => rows.map((row) => row[column]));
  const parameters = Object.values(types).map((type, index) => `$${index + 1}::text[]::${type}[]`);
  await client.query(
    `insert into ${table} (${names.join(', ')}) select * from unnest(${parameters.join(', ')})`,
    arrays.map((values) => values.map((value) => (value === null ? null : String(value)))),
  );
}

/**
 * Fills a fresh database with exactly what a stream has at one instant: dimensions, the rows received by then, a ledger row
 * for each UTC day, watermarks. Written for tests: independent of the ingest and slower.
 * @param until ms since 1970, a whole second
 */
export async function loadStream(client: Client, versions: readonly StreamVersion[], until: number): Promise<Stream> {
  const stream = new Stream(versions);
  for (const { validFromDay, modelVersion, seed, config } of versions) {
    await client.query('insert into ingest.stream_versions values ($1, $2, $3, $4, $5)', [
      formatDay(validFromDay),
      modelVersion,
      seed,
      JSON.stringify(config),
      configHash(config),
    ]);
  }
  await loadDimensions(client, stream, until);
  await loadEvents(client, stream, until);
  await client.query('update ingest.shards set watermark = $1', [iso(until)]);
  return stream;
}

async function loadDimensions(client: Client, stream: Stream, until: number): Promise<void> {
  const cohorts = stream.cohorts.map((cohort) => [cohort.cohortId, cohort.name, cohort.timeZone]);
  await insert(client, 'edtech.cohorts', { cohort_id: 'smallint', name: 'text', time_zone: 'text' }, cohorts);
  await insert(
    client,
    'edtech.classrooms',
    { classroom_id: 'integer', cohort_id: 'smallint', segment: 'edtech.segment', name: 'text' },
    stream.classrooms().map((room) => [room.classroomId, room.cohortId, room.segment, room.name]),
  );
  await insert(
    client,
    'edtech.lessons',
    {
      lesson_id: 'integer',
      segment: 'edtech.segment',
      sequence: 'integer',
      subject: 'text',
      title: 'text',
      length_seconds: 'integer',
    },
    stream.lessons.map((l) => [l.lessonId, l.segment, l.sequence, l.subject, l.title, l.lengthSeconds]),
  );
  const days: unknown[][] = [];
  for (const { cohortId } of stream.cohorts) {
    for (let day = stream.firstDay; day <= Math.floor(until / DAY_MS) + 2; day++) {
      const { startsAt, endsAt, kind } = stream.schoolDay(cohortId, day);
      days.push([cohortId, formatDay(day), iso(startsAt), iso(endsAt), kind]);
    }
  }
  await insert(
    client,
    'edtech.school_days',
    { cohort_id: 'smallint', day: 'date', starts_at: 'timestamptz', ends_at: 'timestamptz', kind: 'edtech.day_kind' },
    days,
  );
  const students = [...stream.studentIds()].map((id) => stream.student(id)).filter((s) => s.enrolledAt <= until);
  await insert(
    client,
    'edtech.students',
    {
      student_id: 'integer',
      classroom_id: 'integer',
      cohort_id: 'smallint',
      seat: 'smallint',
      display_name: 'text',
      email: 'text',
      enrolled_at: 'timestamptz',
      unenrolled_at: 'timestamptz',
    },
    students.map((s) => {
      const { displayName, email } = stream.profile(s.studentId);
      const left = s.unenrolledAt !== null && s.unenrolledAt <= until ? s.unenrolledAt : null;
      return [s.studentId, s.classroomId, s.cohortId, s.seat, displayName, email, iso(s.enrolledAt), isoOrNull(left)];
    }),
  );
}

const EVENT_TYPES_OF_COLUMNS = {
  event_id: 'bigint',
  occurred_at: 'timestamptz',
  received_at: 'timestamptz',
  session_id: 'bigint',
  student_id: 'integer',
  lesson_id: 'integer',
  event_type: 'edtech.event_type',
  position_seconds: 'integer',
  watched_seconds: 'integer',
  stalled_ms: 'integer',
  device: 'edtech.device',
};

async function loadEvents(client: Client, stream: Stream, until: number): Promise<void> {
  const from = stream.firstDay - 1;
  const to = Math.floor(until / DAY_MS);
  await client.query('select ops.ensure_partitions($1, $2)', [formatDay(from), formatDay(to)]);
  const byDay = new Map<number, { rows: unknown[][]; min: number; max: number }>();
  const events = new EventColumns();
  for (let shard = 0; shard < SHARDS; shard++) {
    for (const studentId of stream.studentIds(shard)) {
      for (let day = stream.firstDay; day <= to + 1; day++) {
        events.clear();
        stream.appendStudentDay(studentId, day, events);
        for (let row = 0; row < events.length; row++) {
          if (events.receivedAt[row] > until) continue;
          const at = events.occurredAt[row];
          const utcDay = Math.floor(at / DAY_MS);
          const found = byDay.get(utcDay) ?? { rows: [], min: at, max: at };
          byDay.set(utcDay, { rows: found.rows, min: Math.min(found.min, at), max: Math.max(found.max, at) });
          found.rows.push(eventRow(events, row));
        }
      }
    }
  }
  for (const [utcDay, { rows, min, max }] of [...byDay].sort(([a], [b]) => a - b)) {
    await insert(client, 'edtech.streaming_logs', EVENT_TYPES_OF_COLUMNS, rows);
    await client.query(
      `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
       values ('load', 'backfill', -1, $1, $2, $3, $4, $5, $6)`,
      [iso(from * DAY_MS), iso(until), formatDay(utcDay), iso(min), iso(max), rows.length],
    );
  }
}

/** One event as values of the table's columns. */
export function eventRow(events: EventColumns, row: number): unknown[] {
  const studentId = events.studentId[row];
  const session = events.sessionStartedAt[row];
  const device = events.device[row];
  return [
    eventId(events.occurredAt[row], studentId),
    iso(events.occurredAt[row]),
    iso(events.receivedAt[row]),
    session === NONE ? null : eventId(session, studentId),
    studentId,
    orNull(events.lessonId[row]),
    EVENT_TYPES[events.eventType[row]],
    orNull(events.positionSeconds[row]),
    events.watchedSeconds[row],
    events.stalledMs[row],
    device === NONE ? null : DEVICES[device],
  ];
}

/** Every shard that has a student of the stream. */
export const shardsOf = (stream: Stream): Set<number> => new Set([...stream.studentIds()].map(shardOf));
