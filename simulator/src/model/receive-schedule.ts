import { EventColumns } from '../events/columns';
import { Arrivals } from './arrivals';
import type { Stream } from './stream';

/** Shared by all schedules, each of which would otherwise hold its own: nothing stays in it between two calls. */
const scratch = new EventColumns(4096);

/**
 * Which events of some shards arrive in an interval. Remembers per stream day when whose sessions arrive, never the events: those are
 * made again for the students who have something to deliver. Any interval may be asked at any time; days that can deliver nothing any
 * more are forgotten.
 */
export class ReceiveSchedule {
  private readonly shards: readonly Arrivals[];

  constructor(
    private readonly stream: Stream,
    shards: readonly number[],
  ) {
    this.shards = shards.map((shard) => new Arrivals(stream, shard));
  }

  /** Appends exactly the events of the shards with `received_at` in (fromMs, toMs], student day by student day. */
  appendReceived(fromMs: number, toMs: number, out: EventColumns): void {
    if (toMs <= fromMs) return;
    for (const arrivals of this.shards) {
      arrivals.forget(fromMs);
      arrivals.forEachDue(fromMs, toMs, (studentId, day) => this.appendDue(studentId, day, fromMs, toMs, out));
    }
  }

  /** Makes what {@link appendReceived} needs for an interval: the longest part of the work where a day is asked for the first time. */
  prepare(fromMs: number, toMs: number): void {
    for (const arrivals of this.shards) arrivals.prepare(fromMs, toMs);
  }

  /** Students of the shards who enrol or withdraw in (fromMs, toMs], each list ascending by time. */
  enrolmentChanges(fromMs: number, toMs: number): { enrolled: number[]; unenrolled: number[] } {
    const enrolled: [number, number][] = [];
    const unenrolled: [number, number][] = [];
    for (const arrivals of this.shards) arrivals.collectEnrolments(fromMs, toMs, enrolled, unenrolled);
    const inOrder = (changes: [number, number][]): number[] =>
      changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, studentId]) => studentId);
    return { enrolled: inOrder(enrolled), unenrolled: inOrder(unenrolled) };
  }

  private appendDue(studentId: number, day: number, fromMs: number, toMs: number, out: EventColumns): void {
    scratch.clear();
    this.stream.appendStudentDay(studentId, day, scratch);
    for (let row = 0; row < scratch.length; row++) {
      const receivedAt = scratch.receivedAt[row];
      if (receivedAt > fromMs && receivedAt <= toMs) copyRow(scratch, row, out);
    }
  }
}

function copyRow(from: EventColumns, row: number, to: EventColumns): void {
  to.push(
    from.occurredAt[row],
    from.receivedAt[row],
    from.sessionStartedAt[row],
    from.studentId[row],
    from.lessonId[row],
    from.eventType[row],
    from.positionSeconds[row],
    from.watchedSeconds[row],
    from.stalledMs[row],
    from.device[row],
  );
}
