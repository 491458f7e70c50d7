import { EventColumns, EventType } from '../../src/events/columns';
import { eventId } from '../../src/events/event-id';
import { Checksums, hashInt8Extended, rowHash } from '../../src/events/row-hash';

const NOW = Date.UTC(2026, 2, 2, 9, 30, 15, 123);

function sampleEvents(rows: number): EventColumns {
  const events = new EventColumns(16);
  for (let row = 0; row < rows; row++) {
    const at = NOW + row * 977;
    if (row % 7 === 0) events.push(at, at, -1, 63 + row, -1, EventType.enrolled, -1, 0, 0, -1);
    else
      events.push(at, at + row * 31, at - 5_000, 4_194_303 - row, 17 + row, row % 12, row * 3, row, row * 11, row % 3);
  }
  return events;
}

/** The definition of the row hash, column by column. */
function chained(events: EventColumns, row: number): bigint {
  const session = events.sessionStartedAt[row];
  const values = [
    eventId(events.occurredAt[row], events.studentId[row]),
    BigInt(events.occurredAt[row]),
    BigInt(events.receivedAt[row]),
    session === -1 ? -1n : eventId(session, events.studentId[row]),
    ...[events.studentId, events.lessonId, events.eventType, events.positionSeconds].map((column) =>
      BigInt(column[row]),
    ),
    ...[events.watchedSeconds, events.stalledMs, events.device].map((column) => BigInt(column[row])),
  ];
  return values.reduce((hash, value) => hashInt8Extended(value, hash), 0n);
}

it('hashes known numbers to the values of PostgreSQL 17', () => {
  expect(hashInt8Extended(0n, 0n)).toBe(4154612158245552303n);
  expect(hashInt8Extended(-1n, 1n)).toBe(3987656643895367148n);
});

it('hashes a row as the chain of its columns', () => {
  const events = sampleEvents(500);
  for (let row = 0; row < events.length; row++) expect(rowHash(events, row)).toBe(chained(events, row));
});

it('sums the hashes of a bucket exactly, in any order', () => {
  const events = sampleEvents(2_000);
  const forward = new Checksums(3);
  const backward = new Checksums(3);
  const exact = [0n, 0n, 0n];
  for (let row = 0; row < events.length; row++) {
    forward.add(row % 3, events, row);
    exact[row % 3] += rowHash(events, row);
  }
  for (let row = events.length - 1; row >= 0; row--) backward.add(row % 3, events, row);
  for (let bucket = 0; bucket < 3; bucket++) {
    expect(forward.sum(bucket)).toBe(exact[bucket]);
    expect(backward.sum(bucket)).toBe(exact[bucket]);
    expect(forward.count(bucket)).toBe(backward.count(bucket));
  }
});

it('stays exact where the sum leaves 53 bits and rows come after a sum was read', () => {
  const events = sampleEvents(1);
  const sums = new Checksums(1);
  const rows = (1 << 20) + 5;
  for (let count = 0; count < rows; count++) sums.add(0, events, 0);
  expect(sums.sum(0)).toBe(rowHash(events, 0) * BigInt(rows));
  sums.add(0, events, 0);
  expect(sums.sum(0)).toBe(rowHash(events, 0) * BigInt(rows + 1));
  expect(sums.count(0)).toBe(rows + 1);
});
