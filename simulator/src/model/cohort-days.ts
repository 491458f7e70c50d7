import { thresholds } from '../random';
import { SEGMENTS, type Cohort } from './cohorts';
import { versionAt, type StreamVersion } from './config';
import { DAY_MS, HOUR_MS, weekdayOf, type Day } from './day';
import { effectsOf, SCENARIO_MIX, STREAM_DAY_HOUR, type DayEffects } from './effects';
import { MIX, SEGMENT_MIX } from './event-mix';
import { LocalCalendar } from './local-calendar';
import { dayKind, isExamWeek, TERM_DAYS, termOf, termStart, type DayKind } from './term-calendar';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { max, min } = Math;

/** The last session begins by 03:15 of the next morning and ends by 03:30. */
const LAST_START = 27.25;
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
  /** Number of repeat views among 0 to 8 lessons, as cumulated thresholds. */
  readonly repeats: readonly Uint32Array[];
  /** Whether classrooms have due dates: in lesson weeks. */
  readonly due: boolean;
  readonly effects: DayEffects;
}

/** The days of one cohort: plans and clocks, made when first asked for and kept. */
export class CohortDays {
  readonly calendar: LocalCalendar;
  private readonly terms = new Map<number, readonly DayPlan[]>();
  private readonly clocks = new Map<Day, DayClock>();
  private readonly mornings = new Map<Day, number>();

  constructor(
    readonly cohort: Cohort,
    private readonly versions: readonly StreamVersion[],
  ) {
    this.calendar = new LocalCalendar(cohort.timeZone);
  }

  plan(day: Day): DayPlan {
    const term = termOf(this.cohort, day);
    return this.term(term)[day - termStart(this.cohort, term)];
  }

  /** The 91 days of a term, made together because whoever plans a day counts from the term's first one. */
  term(term: number): readonly DayPlan[] {
    let plans = this.terms.get(term);
    if (plans === undefined) {
      const start = termStart(this.cohort, term);
      plans = Array.from({ length: TERM_DAYS }, (_, offset) => this.makePlan(start + offset, term, start));
      this.terms.set(term, plans);
    }
    return plans;
  }

  clock(day: Day): DayClock {
    let clock = this.clocks.get(day);
    if (clock === undefined) {
      clock = this.makeClock(day);
      this.clocks.set(day, clock);
    }
    return clock;
  }

  private makePlan(day: Day, term: number, start: Day): DayPlan {
    const effects = effectsOf(versionAt(this.versions, day).config, this.cohort, day);
    const calendar = dayKind(this.cohort, day);
    // A break is quieter than a holiday in it.
    const kind = calendar === 'break' ? calendar : (effects.kind ?? calendar);
    const exam = isExamWeek(this.cohort, day);
    const share = Float64Array.from(SEGMENTS, (_, segment) => {
      const mix = SEGMENT_MIX[segment];
      const weekday = mix.weekdays[weekdayOf(day)] / 1000;
      const factor = kind === 'break' ? mix.breakWeek : kind === 'holiday' ? mix.holiday : exam ? MIX.examArrivals : 1;
      return weekday * factor * effects.arrivals[segment];
    });
    return {
      term,
      termStart: start,
      kind,
      share,
      repeats: repeatLimits(max(effects.rewatch, exam ? MIX.rewatchExam : MIX.rewatch)),
      due: !exam && kind !== 'break' && effects.kind === null,
      effects,
    };
  }

  private makeClock(day: Day): DayClock {
    const startsAt = this.morning(day);
    const endsAt = this.morning(day + 1);
    const hour = (wall: number): number => {
      const at = min(STREAM_DAY_HOUR + wall, LAST_START);
      return endsAt - startsAt === DAY_MS
        ? startsAt + (at - STREAM_DAY_HOUR) * HOUR_MS
        : this.calendar.instantOf(day, at);
    };
    const hours = Float64Array.from({ length: 25 }, (_, wall) => hour(wall));
    const { offlineMorning, slowWifi } = SCENARIO_MIX;
    return {
      startsAt,
      endsAt,
      limit: endsAt - HOUR_MS / 2 - CLOSING_MS,
      hours,
      afternoon: hours[offlineMorning.untilHour - STREAM_DAY_HOUR],
      slow: { from: hours[slowWifi.fromHour - STREAM_DAY_HOUR], until: hours[slowWifi.untilHour - STREAM_DAY_HOUR] },
    };
  }

  /** 04:00 of a day, at which its stream day begins and the one before it ends. */
  private morning(day: Day): number {
    let instant = this.mornings.get(day);
    if (instant === undefined) {
      instant = this.calendar.instantOf(day, STREAM_DAY_HOUR);
      this.mornings.set(day, instant);
    }
    return instant;
  }
}

const knownLimits = new Map<number, readonly Uint32Array[]>();

/** Binomial thresholds of the number of repeats by the number of lessons. */
function repeatLimits(share: number): readonly Uint32Array[] {
  let limits = knownLimits.get(share);
  if (limits === undefined) {
    limits = Array.from({ length: MIX.lessonsAtMost + 1 }, (_, lessons) => thresholds(binomial(lessons, share)));
    knownLimits.set(share, limits);
  }
  return limits;
}

/** Probabilities of 0 to n successes. */
function binomial(n: number, p: number): number[] {
  let none = 1;
  for (let trial = 0; trial < n; trial++) none *= 1 - p;
  const terms = [none];
  for (let k = 1; k <= n; k++) terms.push((terms[k - 1] * (n - k + 1) * p) / (k * (1 - p)));
  return terms;
}
