import { DEVICES, EVENT_TYPES, NONE, type EventColumns } from '../simulator/src/events/columns';
import { eventId } from '../simulator/src/events/event-id';

const orNull = (value: number): number | null => (value === NONE ? null : value);

/** One event as parameters of an INSERT, in the order of the columns that COPY writes. */
export function eventValues(events: EventColumns, row: number): unknown[] {
  const studentId = events.studentId[row];
  const session = events.sessionStartedAt[row];
  const device = events.device[row];
  return [
    eventId(events.occurredAt[row], studentId).toString(),
    new Date(events.occurredAt[row]).toISOString(),
    new Date(events.receivedAt[row]).toISOString(),
    session === NONE ? null : eventId(session, studentId).toString(),
    studentId,
    orNull(events.lessonId[row]),
    EVENT_TYPES[events.eventType[row]],
    orNull(events.positionSeconds[row]),
    events.watchedSeconds[row],
    events.stalledMs[row],
    device === NONE ? null : DEVICES[device],
  ];
}
