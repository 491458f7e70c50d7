import { thresholds } from '../random';
import { SEGMENTS, type Cohort } from './cohorts';
import type { Day } from './day';
import { MIX, SEGMENT_MIX } from './event-mix';
import { LocalCalendar } from './local-calendar';
import { dayKind, isExamWeek, termOf, type DayKind } from './term-calendar';
import { weekdayOf } from './day';

/** A stream day begins at 04:00 local; its sessions end by 03:30 of the next morning. */
export const STREAM_DAY_HOUR = 4;
const LAST_HOUR = 27.5;
/** Leaving a view and closing the session take a while after the last moment of watching. */
export const CLOSING_MS = 120_000;

/** The instants of a stream day. */
export interface DayClock {
  /** 04:00 local. */
  readonly startsAt: number;
  /** 04:00 local of the next day. */
  readonly endsAt: number;
  /** Nobody watches after it; sessions end by 03:30. */
  readonly limit: number;
  /** Instant of the wall-clock hours 04 to 27, and of the end of the last one. */
  readonly hours: Float64Array;
}

/** What a day does to the plans of students: by segment. */
export interface DayPlan {
  readonly term: number;
  readonly kind: DayKind;
  /** Share of a week's sessions that fall on this day, with every factor of the calendar. */
  readonly share: Float64Array;
  readonly rewatch: number;
}

/** Start hours, 04 first, as cumulated thresholds, by segment. */
export const HOUR_LIMITS: readonly Uint32Array[] = SEGMENT_MIX.map(({ hours }) =>
  thresholds([...hours.slice(STREAM_DAY_HOUR), ...hours.slice(0, STREAM_DAY_HOUR)]),
);

/** The days of one cohort: plans and clocks, made when first asked for and kept. */
export class CohortDays {
  readonly calendar: LocalCalendar;
  private readonly plans = new Map<Day, DayPlan>();
  private readonly clocks = new Map<Day, DayClock>();

  constructor(readonly cohort: Cohort) {
    this.calendar = new LocalCalendar(cohort.timeZone);
  }

  plan(day: Day): DayPlan {
    let plan = this.plans.get(day);
    if (plan === undefined) {
      plan = this.makePlan(day);
      this.plans.set(day, plan);
    }
    return plan;
  }

  clock(day: Day): DayClock {
    let clock = this.clocks.get(day);
    if (clock === undefined) {
      clock = this.makeClock(day);
      this.clocks.set(day, clock);
    }
    return clock;
  }

  private makePlan(day: Day): DayPlan {
    const kind = dayKind(this.cohort, day);
    const exam = isExamWeek(this.cohort, day);
    const share = Float64Array.from(SEGMENTS, (_, segment) => {
      const mix = SEGMENT_MIX[segment];
      const weekday = mix.weekdays[weekdayOf(day)] / 1000;
      const factor = kind === 'break' ? mix.breakWeek : kind === 'holiday' ? mix.holiday : exam ? MIX.examArrivals : 1;
      return weekday * factor;
    });
    return { term: termOf(this.cohort, day), kind, share, rewatch: exam ? MIX.rewatchExam : MIX.rewatch };
  }

  private makeClock(day: Day): DayClock {
    const hours = Float64Array.from({ length: 25 }, (_, hour) =>
      this.calendar.instantOf(day, Math.min(STREAM_DAY_HOUR + hour, LAST_HOUR - 0.25)),
    );
    return {
      startsAt: hours[0],
      endsAt: this.calendar.instantOf(day + 1, STREAM_DAY_HOUR),
      limit: this.calendar.instantOf(day + 1, LAST_HOUR - 24) - CLOSING_MS,
      hours,
    };
  }
}
