import { SHARDS } from '../../events/event-id';
import { Checksums } from '../../events/row-hash';
import { formatDay, type Day } from '../../model/day';
import type { Snapshot } from '../snapshot';
import type { Differences, Tally, TextRow } from './differences';
import { eventText } from './event-text';
import type { ExpectedEvents } from './expected-events';
import { storedRows, sumsByStudent } from './stored-events';

/**
 * Names the rows of a UTC day that differ, given the shards whose checksums do. First by student, then row by row for the
 * students that differ: in memory are counters of the shards' students and one student's rows.
 */
export async function drillDown(
  snapshot: Snapshot,
  expected: ExpectedEvents,
  day: Day,
  shards: ReadonlySet<number>,
  differences: Differences,
  tally: Tally,
): Promise<void> {
  const students = await differingStudents(snapshot, expected, day, shards);
  const stored = storedRows(snapshot.client, day, students);
  const known = new Set(expected.students(shards));
  const name = formatDay(day);
  let next = await stored.next();
  for (const studentId of students) {
    const wanted = known.has(studentId) ? expectedRows(expected, studentId, day) : [];
    let index = 0;
    while (next.done !== true && Number(next.value[4]) === studentId) {
      const actual: TextRow = next.value;
      const order = index < wanted.length ? compareIds(wanted[index], actual) : 1;
      if (order < 0) differences.addLost(wanted[index++], tally, name);
      else if (order > 0) differences.addExtra(actual, tally, name);
      else {
        const row = wanted[index++];
        if (row.some((value, column) => value !== actual[column])) differences.addChanged(row, actual, tally, name);
      }
      if (order >= 0) next = await stored.next();
    }
    for (; index < wanted.length; index++) differences.addLost(wanted[index], tally, name);
  }
}

/** Ascending. */
async function differingStudents(
  snapshot: Snapshot,
  expected: ExpectedEvents,
  day: Day,
  shards: ReadonlySet<number>,
): Promise<number[]> {
  const stored = await sumsByStudent(snapshot.client, day, shards);
  const differing: number[] = [];
  for (const studentId of expected.students(shards)) {
    const sums = new Checksums(1);
    expected.forEach(studentId, (events, row, rowDay) => {
      if (rowDay === day) sums.add(0, events, row);
    });
    const found = stored.get(studentId);
    stored.delete(studentId);
    if ((found?.events ?? 0) !== sums.count(0) || (found?.checksum ?? 0n) !== sums.sum(0)) differing.push(studentId);
  }
  // Whoever is left has rows but is no student of the stream.
  return [...differing, ...stored.keys()].sort((a, b) => a - b);
}

function expectedRows(expected: ExpectedEvents, studentId: number, day: Day): TextRow[] {
  const rows: TextRow[] = [];
  expected.forEach(studentId, (events, row, rowDay) => {
    if (rowDay === day) rows.push(eventText(events, row));
  });
  return rows;
}

function compareIds(a: TextRow, b: TextRow): number {
  const difference = BigInt(a[0] ?? 0) - BigInt(b[0] ?? 0);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Shards of a day whose stored count or checksum is not the expected one. */
export function differingShards(
  expected: ExpectedEvents,
  sums: Checksums,
  stored: ReadonlyMap<number, { events: number; checksum: bigint }>,
  day: Day,
): Set<number> {
  const differing = new Set<number>();
  for (let shard = 0; shard < SHARDS; shard++) {
    const bucket = expected.bucket(day, shard);
    const found = stored.get(shard);
    if ((found?.events ?? 0) !== sums.count(bucket) || (found?.checksum ?? 0n) !== sums.sum(bucket))
      differing.add(shard);
  }
  return differing;
}
