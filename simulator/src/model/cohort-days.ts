import { SEGMENTS, type Cohort } from './cohorts';
import { versionAt, type StreamVersion } from './config';
import { weekdayOf, type Day } from './day';
import { effectsOf, SCENARIO_MIX, STREAM_DAY_HOUR, type DayEffects } from './effects';
import { MIX, SEGMENT_MIX } from './event-mix';
import { LocalCalendar } from './local-calendar';
import { dayKind, isExamWeek, termOf, termStart, type DayKind } from './term-calendar';

/** The sessions of a stream day end by 03:30 of the next morning. */
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
  /** End of the morning in which tablets can be offline, 16:00. */
  readonly afternoon: number;
  /** When the network of a slow classroom is poor. */
  readonly slow: { readonly from: number; readonly until: number };
}

/** What a day does to the plans of students. */
export interface DayPlan {
  readonly term: number;
  readonly termStart: Day;
  readonly kind: DayKind;
  /** Share of a week's sessions that fall on this day with every factor of calendar and scenarios, by segment. */
  readonly share: Float64Array;
  /** Share of repeat views. */
  readonly rewatch: number;
  /** Whether classrooms have due dates: in lesson weeks. */
  readonly due: boolean;
  readonly effects: DayEffects;
}

/** The days of one cohort: plans and clocks, made when first asked for and kept. */
export class CohortDays {
  readonly calendar: LocalCalendar;
  private readonly plans = new Map<Day, DayPlan>();
  private readonly clocks = new Map<Day, DayClock>();

  constructor(
    readonly cohort: Cohort,
    private readonly versions: readonly StreamVersion[],
  ) {
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
    const effects = effectsOf(versionAt(this.versions, day).config, this.cohort, day);
    const share = Float64Array.from(SEGMENTS, (_, segment) => {
      const mix = SEGMENT_MIX[segment];
      const weekday = mix.weekdays[weekdayOf(day)] / 1000;
      const factor = kind === 'break' ? mix.breakWeek : kind === 'holiday' ? mix.holiday : exam ? MIX.examArrivals : 1;
      return weekday * factor * effects.arrivals[segment];
    });
    const term = termOf(this.cohort, day);
    return {
      term,
      termStart: termStart(this.cohort, term),
      kind,
      share,
      rewatch: Math.max(effects.rewatch, exam ? MIX.rewatchExam : MIX.rewatch),
      due: !exam && kind !== 'break',
      effects,
    };
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
      afternoon: hours[SCENARIO_MIX.offlineMorning.untilHour - STREAM_DAY_HOUR],
      slow: {
        from: hours[SCENARIO_MIX.slowWifi.fromHour - STREAM_DAY_HOUR],
        until: hours[SCENARIO_MIX.slowWifi.untilHour - STREAM_DAY_HOUR],
      },
    };
  }
}
