import { thresholds } from '../random';
import type { Cohort } from './cohorts';
import { SCHOOL, SEGMENTS } from './cohorts';
import type { StreamConfig } from './config';
import { parseDay, type Day } from './day';
import { SEGMENT_MIX } from './event-mix';
import type { Scenario } from './scenario';
import type { DayKind } from './term-calendar';

/** Hours of a stream day begin at 04:00. */
export const STREAM_DAY_HOUR = 4;

/** Figures of the scenarios. J, shaped by the plain mix. */
export const SCENARIO_MIX = {
  offlineMorning: { untilHour: 16, tabletShare: 0.75, offlineShare: 0.6, syncMinutes: 10 },
  /** The rate falls by 12 % a day (8 % would miss the −30 % of weekly active students in week 2), and comes back by 6 % a day. */
  churnWave: { perDay: Math.log(0.88), back: -Math.log(0.94), leaving: 5 },
  /** 1.6 times the sessions would bring a quarter more students a day and not half of them more; most come already. */
  examWeek: { arrivals: 2.1, rewatch: 0.6, pauses: 1.3, eveningHours: 1.5 },
  snowDay: { arrivals: 1.3, mobile: 0.15, offline: 1.6 },
  slowWifi: { fromHour: 8, untilHour: 15 },
  /** Share of a segment's views that turn to the lesson on the first day; half of it on the next. Its hazard of leaving. */
  viralLesson: { views: 0.4, leaving: 1.6 },
  /** Newcomers by the size of a classroom; the share of their views that turn to the first lesson of the term. */
  termStart: { arrivals: 1.4, newcomers: 0.3, firstLesson: 0.7 },
} as const;

/** What the scenarios in force do to a day of a cohort; neutral without any. */
export interface DayEffects {
  /** Factor on the sessions, by segment. */
  readonly arrivals: readonly number[];
  /** Start hours from 04 on as cumulated thresholds, by segment. */
  readonly hours: readonly Uint32Array[];
  /** Least share of repeat views. */
  readonly rewatch: number;
  readonly pauses: number;
  /** Shift of everybody's motivation. */
  readonly mood: number;
  /** Share of the school's sessions that move to a mobile, factor on offline sessions. */
  readonly mobile: number;
  readonly offline: number;
  /** Tablets are offline until 16:00. */
  readonly offlineMorning: boolean;
  /** Classroom index with poor network from 08:00 to 15:00, or −1. */
  readonly slowRoom: number;
  /** The lesson that everybody wants to see, or null. */
  readonly viral: WantedLesson | null;
  /** Kind of the day where it is not the calendar's. */
  readonly kind: DayKind | null;
  /** First day of the term start under way, from which newcomers are told; or null. */
  readonly termStart: Day | null;
}

/** A lesson to which views turn: its number, the share of the views, the factor on the hazard of leaving it. */
export interface WantedLesson {
  readonly lessonId: number;
  readonly views: number;
  readonly leaving: number;
}

const plainHours = SEGMENT_MIX.map(({ hours }) => hourThresholds(hours));
const eveningHours = SEGMENT_MIX.map(({ hours }) =>
  hourThresholds(hours.map((share, hour) => (hour >= 19 ? share * SCENARIO_MIX.examWeek.eveningHours : share))),
);
const flatHours = hourThresholds(Array.from({ length: 24 }, (_, hour) => (hour >= 10 && hour < 20 ? 1 : 0)));

const PLAIN: DayEffects = {
  arrivals: SEGMENTS.map(() => 1),
  hours: plainHours,
  rewatch: 0,
  pauses: 1,
  mood: 0,
  mobile: 0,
  offline: 1,
  offlineMorning: false,
  slowRoom: -1,
  viral: null,
  kind: null,
  termStart: null,
};

/** The effects of the settings in force on a day. */
export function effectsOf(config: StreamConfig, cohort: Cohort, day: Day): DayEffects {
  return config.scenarios
    .filter((scenario) => scenario.cohort === undefined || scenario.cohort === cohort.cohortId)
    .reduce((effects, scenario) => ({ ...effects, ...effectOf(scenario, day, effects) }), PLAIN);
}

function effectOf(scenario: Scenario, day: Day, before: DayEffects): Partial<DayEffects> {
  const since = day - parseDay(scenario.start);
  const lasts = parseDay(scenario.end) - parseDay(scenario.start) + 1;
  if (since < 0) return {};
  if (scenario.name === 'churn-wave') return { mood: before.mood + churnMood(since, lasts) };
  if (since >= lasts) return {};
  const mix = SCENARIO_MIX;
  switch (scenario.name) {
    case 'offline-morning':
      return { offlineMorning: true };
    case 'exam-week':
      return {
        arrivals: before.arrivals.map((factor) => factor * mix.examWeek.arrivals),
        hours: eveningHours,
        rewatch: mix.examWeek.rewatch,
        pauses: mix.examWeek.pauses,
      };
    case 'snow-day':
      return {
        arrivals: before.arrivals.map((factor, segment) =>
          segment === SCHOOL ? factor * mix.snowDay.arrivals : factor,
        ),
        hours: before.hours.map((hours, segment) => (segment === SCHOOL ? flatHours : hours)),
        mobile: mix.snowDay.mobile,
        offline: mix.snowDay.offline,
      };
    case 'slow-wifi':
      return { slowRoom: scenario.classroom! - 1 };
    case 'viral-lesson':
      return {
        viral: {
          lessonId: scenario.lesson!,
          views: mix.viralLesson.views / 2 ** since,
          leaving: mix.viralLesson.leaving,
        },
      };
    case 'holiday-week':
      return { kind: 'holiday' };
    case 'term-start':
      return {
        arrivals: before.arrivals.map((factor) => factor * mix.termStart.arrivals),
        termStart: parseDay(scenario.start),
      };
    case 'outage':
      return {};
  }
}

/** Falls day by day while the wave lasts, then comes back at half the speed. */
function churnMood(since: number, lasts: number): number {
  const { perDay, back } = SCENARIO_MIX.churnWave;
  const falling = Math.min(since + 1, lasts) * perDay;
  return Math.min(0, falling + Math.max(0, since + 1 - lasts) * back);
}

function hourThresholds(shares: readonly number[]): Uint32Array {
  return thresholds([...shares.slice(STREAM_DAY_HOUR), ...shares.slice(0, STREAM_DAY_HOUR)]);
}
