import { createHash } from 'node:crypto';
import { EventColumns } from '../../../src/events/columns';
import type { Stream } from '../../../src/model/stream';

/** The columns of events, in the order of the row. */
export const COLUMNS = [
  'occurredAt',
  'receivedAt',
  'sessionStartedAt',
  'studentId',
  'lessonId',
  'eventType',
  'positionSeconds',
  'watchedSeconds',
  'stalledMs',
  'device',
] as const;

export type Row = Record<(typeof COLUMNS)[number], number>;

export const rowsOf = (events: EventColumns): number[][] =>
  Array.from({ length: events.length }, (_, row) => COLUMNS.map((column) => events[column][row]));

/** Events in the order (occurred, student), as comparable text. */
export const sortedRows = (events: EventColumns): string[] =>
  rowsOf(events)
    .sort((a, b) => a[0] - b[0] || a[3] - b[3])
    .map((row) => row.join(','));

/** Events from rows that a test wrote by hand. */
export function eventsOf(rows: readonly Row[]): EventColumns {
  const events = new EventColumns(16);
  for (const row of rows) events.push(...(COLUMNS.map((column) => row[column]) as Parameters<EventColumns['push']>));
  return events;
}

/** All events of a stream day. */
export function dayOfStream(
  stream: Stream,
  day: number,
  students: Iterable<number> = stream.studentIds(),
): EventColumns {
  const events = new EventColumns();
  for (const studentId of students) stream.appendStudentDay(studentId, day, events);
  return events;
}

/** Number of events and SHA-256 over all columns. */
export const checksum = (events: EventColumns): string =>
  `${events.length} ${createHash('sha256').update(sortedRows(events).join('\n')).digest('hex')}`;
