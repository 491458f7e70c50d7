import { EventColumns } from '../events/columns';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Day } from './day';
import type { Stream } from './stream';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor, max, min } = Math;

/** No event arrives later than this after it occurred. */
export const LATEST_MS = 72 * HOUR_MS;
/** Whatever is not late has arrived this long after the end of its stream day. */
const PROMPT_MS = MINUTE_MS;

/** When the sessions of one cohort, shard and stream day arrive, ascending by first arrival. */
interface DayArrivals {
  /** Index into the cohort's list of students. */
  readonly slot: Uint32Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
  /** Longest time from the first to the last arrival of a session. */
  readonly longest: number;
  /** Arrivals before it were left out, because nobody asked for them. */
  readonly since: number;
}

/** The arrivals of one shard: made per cohort and stream day when an interval first needs them. */
export class Arrivals {
  private readonly students: readonly Int32Array[];
  private readonly seen: readonly Uint32Array[];
  private readonly known: readonly Map<Day, DayArrivals>[];
  private readonly enrolments: { at: Float64Array; studentId: Int32Array; leaves: Uint8Array };
  private visit = 0;

  constructor(
    private readonly stream: Stream,
    shard: number,
  ) {
    const lists = new Map<number, number[]>(stream.cohorts.map(({ cohortId }) => [cohortId, []]));
    const changes: [number, number, number][] = [];
    for (const studentId of stream.studentIds(shard)) {
      const { cohortId, enrolledAt, unenrolledAt } = stream.student(studentId);
      lists.get(cohortId)!.push(studentId);
      changes.push([enrolledAt, studentId, 0]);
      if (unenrolledAt !== null) changes.push([unenrolledAt, studentId, 1]);
    }
    this.students = stream.cohorts.map(({ cohortId }) => Int32Array.from(lists.get(cohortId)!));
    this.seen = this.students.map((list) => new Uint32Array(list.length));
    this.known = stream.cohorts.map(() => new Map());
    changes.sort((a, b) => a[0] - b[0]);
    this.enrolments = {
      at: Float64Array.from(changes, ([at]) => at),
      studentId: Int32Array.from(changes, ([, studentId]) => studentId),
      leaves: Uint8Array.from(changes, ([, , leaves]) => leaves),
    };
  }

  /** Calls `found` once for every student day that may have an arrival in (fromMs, toMs]. */
  forEachDue(fromMs: number, toMs: number, found: (studentId: number, day: Day) => void): void {
    this.forEachDay(fromMs, toMs, (cohort, day) => this.forEachDueOfDay(cohort, day, fromMs, toMs, found));
  }

  /** Makes what {@link forEachDue} needs for an interval, so that it takes no time there. */
  prepare(fromMs: number, toMs: number): void {
    this.forEachDay(fromMs, toMs, (cohort, day) => this.arrivalsOf(cohort, day, fromMs));
  }

  /** The stream days of all cohorts that may have an arrival in (fromMs, toMs]. */
  private forEachDay(fromMs: number, toMs: number, found: (cohort: number, day: Day) => void): void {
    this.stream.cohorts.forEach(({ cohortId }, cohort) => {
      const earliest = max(this.stream.firstDay, floor((fromMs - LATEST_MS) / DAY_MS) - 2);
      for (let day = earliest; day <= floor(toMs / DAY_MS) + 1; day++) {
        const { startsAt, endsAt } = this.stream.streamDay(cohortId, day);
        if (startsAt <= toMs && endsAt + LATEST_MS > fromMs) found(cohort, day);
      }
    });
  }

  /** Forgets the days whose last event has arrived by an instant. */
  forget(arrivedMs: number): void {
    this.stream.cohorts.forEach(({ cohortId }, cohort) => {
      for (const day of this.known[cohort].keys())
        if (this.stream.streamDay(cohortId, day).endsAt + LATEST_MS <= arrivedMs) this.known[cohort].delete(day);
    });
  }

  collectEnrolments(fromMs: number, toMs: number, enrolled: [number, number][], unenrolled: [number, number][]): void {
    const { at, studentId, leaves } = this.enrolments;
    for (let row = firstAfter(at, fromMs); row < at.length && at[row] <= toMs; row++)
      (leaves[row] ? unenrolled : enrolled).push([at[row], studentId[row]]);
  }

  private forEachDueOfDay(
    cohort: number,
    day: Day,
    fromMs: number,
    toMs: number,
    found: (studentId: number, day: Day) => void,
  ): void {
    const { slot, first, last, longest } = this.arrivalsOf(cohort, day, fromMs);
    const seen = this.seen[cohort];
    const visit = (this.visit = (this.visit + 1) >>> 0);
    for (let row = firstAfter(first, fromMs - longest - 1); row < first.length && first[row] <= toMs; row++) {
      if (last[row] <= fromMs || seen[slot[row]] === visit) continue;
      seen[slot[row]] = visit;
      found(this.students[cohort][slot[row]], day);
    }
  }

  private arrivalsOf(cohort: number, day: Day, fromMs: number): DayArrivals {
    let arrivals = this.known[cohort].get(day);
    if (arrivals === undefined || arrivals.since > fromMs) {
      arrivals = this.make(cohort, day, fromMs);
      this.known[cohort].set(day, arrivals);
    }
    return arrivals;
  }

  /** Once a day is over only its late sessions matter, which the plans know: nothing else is made then. */
  private make(cohort: number, day: Day, fromMs: number): DayArrivals {
    const over = this.stream.streamDay(this.stream.cohorts[cohort].cohortId, day).endsAt + PROMPT_MS;
    const since = fromMs >= over ? over : -Infinity;
    const rows: [number, number, number][] = [];
    this.students[cohort].forEach((studentId, slot) => {
      if (fromMs >= over && !this.stream.hasOfflineSession(studentId, day)) return;
      scratch.clear();
      this.stream.appendStudentDay(studentId, day, scratch);
      for (let row = 0; row < scratch.length;) {
        const session = scratch.sessionStartedAt[row];
        let first = Infinity;
        let last = -Infinity;
        for (; row < scratch.length && scratch.sessionStartedAt[row] === session; row++) {
          first = min(first, scratch.receivedAt[row]);
          last = max(last, scratch.receivedAt[row]);
        }
        if (last > since) rows.push([first, last, slot]);
      }
    });
    rows.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
    return {
      first: Float64Array.from(rows, ([first]) => first),
      last: Float64Array.from(rows, ([, last]) => last),
      slot: Uint32Array.from(rows, ([, , slot]) => slot),
      longest: rows.reduce((longest, [first, last]) => max(longest, last - first), 0),
      since,
    };
  }
}

const scratch = new EventColumns(4096);

/** Index of the first element greater than `bound` in ascending numbers. */
function firstAfter(sorted: Float64Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
