import type { Day } from '../../model/day';
import type { SchoolDay, Stream } from '../../model/stream';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** School days of one cohort as arrays over `first … last`; a local day is looked up here and never computed from a zone. */
export class CohortCalendar {
  /** Start of each day in ms; one element more than days: the end of the last. */
  private readonly starts: Float64Array;
  private readonly schoolDays: Uint8Array;
  readonly kinds: SchoolDay['kind'][] = [];

  constructor(
    stream: Stream,
    readonly cohortId: number,
    readonly first: Day,
    readonly last: Day,
  ) {
    const days = last - first + 1;
    this.starts = new Float64Array(days + 1);
    this.schoolDays = new Uint8Array(days);
    for (let index = 0; index < days; index++) {
      const { startsAt, endsAt, kind } = stream.schoolDay(cohortId, first + index);
      this.starts[index] = startsAt;
      this.starts[index + 1] = endsAt;
      this.schoolDays[index] = kind === 'school_day' || kind === 'exam' ? 1 : 0;
      this.kinds.push(kind);
    }
  }

  startsAt(day: Day): number {
    return this.starts[day - this.first];
  }

  endsAt(day: Day): number {
    return this.starts[day - this.first + 1];
  }

  kind(day: Day): SchoolDay['kind'] {
    return this.kinds[day - this.first];
  }

  isSchoolDay(day: Day): boolean {
    return this.schoolDays[day - this.first] === 1;
  }

  /** The local day that holds an instant, searched forward from `from`: events come in ascending order. */
  dayOf(instant: number, from: Day): Day {
    let day = from;
    while (this.endsAt(day) <= instant) day++;
    return day;
  }

  /** Whole hours between the start of the day and an instant in it: 0 … 24. */
  hourOf(day: Day, instant: number): number {
    return Math.floor((instant - this.startsAt(day)) / HOUR_MS);
  }

  /** Hours after the day's end at which a row of it was received, rounded up; 0 within the day. */
  lateHours(day: Day, receivedAt: number): number {
    return Math.max(0, Math.ceil((receivedAt - this.endsAt(day)) / HOUR_MS));
  }
}
