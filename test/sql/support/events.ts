import type { Client } from 'pg';
import type { DeviceName, EventTypeName } from '../../../simulator/src/events/columns';
import { eventId } from '../../../simulator/src/events/event-id';

/** A row of `streaming_logs`, instants in ms since 1970-01-01Z. */
export interface EventRow {
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly sessionStartedAt: number | null;
  readonly studentId: number;
  readonly lessonId: number | null;
  readonly eventType: EventTypeName;
  readonly position: number | null;
  readonly watched: number;
  readonly stalled: number;
  readonly device: DeviceName | null;
}

/** Inserts rows through the parent table; ids follow from instants and students. */
export async function insertEvents(client: Client, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return;
  const time = (ms: number): string => new Date(ms).toISOString();
  const id = (ms: number | null, student: number): string | null =>
    ms === null ? null : eventId(ms, student).toString();
  await client.query(
    `insert into edtech.streaming_logs
     select * from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::int[], $6::int[],
       $7::edtech.event_type[], $8::int[], $9::int[], $10::int[], $11::edtech.device[])`,
    [
      rows.map((row) => id(row.occurredAt, row.studentId)),
      rows.map((row) => time(row.occurredAt)),
      rows.map((row) => time(row.receivedAt)),
      rows.map((row) => id(row.sessionStartedAt, row.studentId)),
      rows.map((row) => row.studentId),
      rows.map((row) => row.lessonId),
      rows.map((row) => row.eventType),
      rows.map((row) => row.position),
      rows.map((row) => row.watched),
      rows.map((row) => row.stalled),
      rows.map((row) => row.device),
    ],
  );
}

/** One step of a script: seconds since the session's start, kind, and for lesson events position, watched seconds and stall. */
export type Step = readonly [
  second: number,
  kind: EventTypeName,
  position?: number,
  watched?: number,
  stalledMs?: number,
];

export interface SessionScript {
  readonly student: number;
  readonly start: string;
  /** Lessons with the steps of their views, in the order of time. */
  readonly views: readonly { readonly lesson: number; readonly steps: readonly Step[] }[];
  /** Seconds since the start; no end if undefined. */
  readonly end?: number;
  readonly device?: DeviceName;
  /** When all of it arrives; a second after it occurs if undefined. */
  readonly receivedAt?: string;
}

/** The rows of a session that somebody wrote by hand. */
export function session(script: SessionScript): EventRow[] {
  const { student, views, end, device = 'desktop', receivedAt } = script;
  const start = Date.parse(script.start);
  const row = (lessonId: number | null, [second, eventType, position, watched = 0, stalled = 0]: Step): EventRow => ({
    occurredAt: start + second * 1000,
    receivedAt: receivedAt === undefined ? start + second * 1000 + 1000 : Date.parse(receivedAt),
    sessionStartedAt: start,
    studentId: student,
    lessonId,
    eventType,
    position: position ?? null,
    watched,
    stalled,
    device,
  });
  return [
    row(null, [0, 'session_started']),
    ...views.flatMap(({ lesson, steps }) => steps.map((step) => row(lesson, step))),
    ...(end === undefined ? [] : [row(null, [end, 'session_ended'])]),
  ];
}

/** An enrolment event, received when it occurs. */
export function enrolment(student: number, at: string, eventType: 'enrolled' | 'unenrolled' = 'enrolled'): EventRow {
  const occurredAt = Date.parse(at);
  const nothing = { sessionStartedAt: null, lessonId: null, position: null, watched: 0, stalled: 0, device: null };
  return { ...nothing, occurredAt, receivedAt: occurredAt, studentId: student, eventType };
}

/** A complete view of a lesson of `length` seconds from `second` on: started, halfway, completed. */
export function completeView(lesson: number, second: number, length: number): SessionScript['views'][number] {
  const half = Math.floor(length / 2);
  return {
    lesson,
    steps: [
      [second, 'lesson_started', 0, 0, 500],
      [second + half, 'heartbeat', half, half],
      [second + length, 'lesson_completed', length, length - half],
    ],
  };
}
