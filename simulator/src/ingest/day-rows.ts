import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { EventColumns } from '../events/columns';
import { DAY_MS, MINUTE_MS } from '../model/day';
import type { Stream } from '../model/stream';

const SLICE_MS = 15 * MINUTE_MS;
/** Students between two turns of the event loop: leases are renewed and probes answered while a day is made. */
const STUDENTS_PER_TURN = 200;

/** Rows of one UTC day by the quarter of an hour in which they occurred: a slice fits the processor's cache when it is sorted and encoded. */
export type TimeSlices = readonly EventColumns[];

/** Which rows of a UTC day are wanted. */
export interface DayRowsRequest {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly students: ArrayLike<number>;
  /** Received in (receivedFrom, receivedTo], ms since 1970-01-01Z. */
  readonly receivedFrom: number;
  readonly receivedTo: number;
  /** Most rows to be held at once; a day with more comes in several parts. */
  readonly maxRows: number;
}

/** Makes the rows of UTC days, straight from the stream. One instance makes one day at a time: its slices are used again. */
export class DayRowsMaker {
  private readonly slices = Array.from({ length: DAY_MS / SLICE_MS }, () => new EventColumns(1024));
  private readonly scratch = new EventColumns(1024);

  constructor(private readonly stream: Stream) {}

  /**
   * Yields the day's rows in parts, the last of them may be empty.
   * @param onTurn called with the share of students that are done, from 0 to 1
   */
  async *make(request: DayRowsRequest, onTurn: (share: number) => void = () => undefined): AsyncGenerator<TimeSlices> {
    const { students, maxRows, day } = request;
    const streamDays = this.overlappingStreamDays(day);
    let rows = this.clear();
    for (let next = 0; next < students.length; next++) {
      const student = students[next];
      for (const streamDay of streamDays.get(this.stream.cohortOf(student))!)
        rows += this.append(student, streamDay, request);
      if (rows >= maxRows) {
        yield this.slices;
        rows = this.clear();
      }
      if (next % STUDENTS_PER_TURN === 0) {
        onTurn(next / students.length);
        await yieldToOthers();
      }
    }
    yield this.slices;
  }

  private clear(): number {
    for (const slice of this.slices) slice.clear();
    return 0;
  }

  /** A stream day runs from 04:00 to 04:00 local, so two of them touch a UTC day in most cohorts. */
  private overlappingStreamDays(day: number): Map<number, number[]> {
    const start = day * DAY_MS;
    const touches = (cohortId: number, streamDay: number): boolean => {
      const { startsAt, endsAt } = this.stream.streamDay(cohortId, streamDay);
      return startsAt < start + DAY_MS && endsAt > start;
    };
    return new Map(
      this.stream.cohorts.map(({ cohortId }) => [
        cohortId,
        [day - 2, day - 1, day, day + 1].filter((streamDay) => touches(cohortId, streamDay)),
      ]),
    );
  }

  private append(student: number, streamDay: number, { day, receivedFrom, receivedTo }: DayRowsRequest): number {
    const { scratch, slices } = this;
    scratch.clear();
    this.stream.appendStudentDay(student, streamDay, scratch);
    let appended = 0;
    for (let row = 0; row < scratch.length; row++) {
      const slice = Math.floor((scratch.occurredAt[row] - day * DAY_MS) / SLICE_MS);
      const receivedAt = scratch.receivedAt[row];
      if (slice < 0 || slice >= slices.length || receivedAt <= receivedFrom || receivedAt > receivedTo) continue;
      pushRow(slices[slice], scratch, row);
      appended++;
    }
    return appended;
  }
}

function pushRow(out: EventColumns, from: EventColumns, row: number): void {
  out.push(
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
