import { DEVICES, EVENT_TYPES, NONE, type EventColumns } from '../../events/columns';
import { eventId } from '../../events/event-id';
import type { TextRow } from './differences';

/** Columns of `streaming_logs`, in the order of the table; instants in microseconds since 1970. */
export const EVENT_COLUMNS = [
  'event_id',
  'occurred_at',
  'received_at',
  'session_id',
  'student_id',
  'lesson_id',
  'event_type',
  'position_seconds',
  'watched_seconds',
  'stalled_ms',
  'device',
] as const;

/** What names an event, and what finds it again under another key: its id, the student's instant. */
export const EVENT_KEYS = [[0], [4, 1]] as const;

/** Select list that reads a stored event as a {@link TextRow}. */
export const EVENT_SELECT = EVENT_COLUMNS.map((column) =>
  column.endsWith('_at') ? `(extract(epoch from ${column}) * 1000000)::bigint::text` : `${column}::text`,
).join(', ');

const orNull = (value: number): string | null => (value === NONE ? null : String(value));

/** What the database must hold of row `row`. */
export function eventText(events: EventColumns, row: number): TextRow {
  const studentId = events.studentId[row];
  const session = events.sessionStartedAt[row];
  const device = events.device[row];
  return [
    String(eventId(events.occurredAt[row], studentId)),
    String(events.occurredAt[row] * 1_000),
    String(events.receivedAt[row] * 1_000),
    session === NONE ? null : String(eventId(session, studentId)),
    String(studentId),
    orNull(events.lessonId[row]),
    EVENT_TYPES[events.eventType[row]],
    orNull(events.positionSeconds[row]),
    String(events.watchedSeconds[row]),
    String(events.stalledMs[row]),
    device === NONE ? null : DEVICES[device],
  ];
}
