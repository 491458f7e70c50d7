import { hash32, poissonQuantile, Purpose, Random, unit } from '../random';
import { SEATS } from '../events/event-id';
import { EVENING, SCHOOL, type Cohort } from './cohorts';
import type { StreamVersion } from './config';
import { parseDay, type Day } from './day';
import { SCENARIO_MIX } from './effects';
import { PRESETS, type SegmentMix } from './event-mix';
import { SCENARIOS, type ScenarioName } from './scenario';
import { termOf, termStart } from './term-calendar';

/** A day that never comes. */
export const NEVER = 0x7fffffff;

/** Terms ahead for which newcomers are planned (ten years), as long as a classroom has seats. */
const TERMS_AHEAD = 40;
/** Share of the students of the first day who began in the running term; the others in one before it, and so on. J. */
const BEGAN_THIS_TERM = 0.3;
/** Mean days until the students of a classroom that a later version opens have enrolled. J. */
const OPENING_DAYS = 3;

/** OU: quantiles of the days from registration to the start of the course. */
const UNIVERSITY_LAGS: readonly (readonly [number, number])[] = [
  [0, -200],
  [0.05, -156],
  [0.25, -100],
  [0.5, -57],
  [0.75, -29],
  [0.95, -15],
  [1, -1],
];

export interface Enrolled {
  readonly day: Day;
  /** Day from which weeks of leaving are counted: start of the term enrolled for, or the enrolment if it comes later. */
  readonly since: Day;
}

/** When students come and go: a function of seed, classroom and seat. */
export class Enrolment {
  private readonly random = new Random();
  private readonly mix: readonly SegmentMix[];

  constructor(
    private readonly seed: number,
    private readonly versions: readonly StreamVersion[],
  ) {
    this.mix = PRESETS[versions[0].config.preset].segments;
  }

  /** The enrolments of a classroom by seat: those it begins with, then the newcomers of each later term. */
  room(room: number, cohort: Cohort, segment: number, size: number, version: number): Enrolled[] {
    const from = this.versions[version].validFromDay;
    const begun = termOf(cohort, from);
    const random = this.random.seed(this.seed, Purpose.enrolment, room, 0);
    const enrolled: Enrolled[] = [];
    for (let seat = 0; seat < size; seat++)
      enrolled.push(version === 0 ? beginner(random, cohort, segment, begun) : opener(random, from));
    for (let term = begun + 1; term <= begun + TERMS_AHEAD && enrolled.length < SEATS; term++) {
      const newcomers = poissonQuantile(
        size * lossPerTerm(this.mix[segment]),
        unit(hash32(this.seed, Purpose.newcomers, room, term)),
        20,
      );
      for (let n = 0; n < newcomers && enrolled.length < SEATS; n++) {
        const newcomer = enrol(random, cohort, segment, term);
        // Whoever would have come before the first day is one of the students that the classroom begins with.
        if (newcomer.day > from) enrolled.push(newcomer);
      }
    }
    for (const day of this.termStarters(room, cohort, size, from)) seatEarly(enrolled, { day, since: day });
    return enrolled;
  }

  /** Days on which term starts of the scenarios bring further students into a classroom, ascending. */
  private termStarters(room: number, cohort: Cohort, size: number, opened: Day): Day[] {
    const days = scenarioDays(this.versions, cohort, 'term-start').flatMap(({ from, until, start }) => {
      const mean = (size * SCENARIO_MIX.termStart.newcomers) / SCENARIOS['term-start'].days;
      return Array.from({ length: until - from }, (_, offset) => from + offset).flatMap((day) => {
        const draw = unit(hash32(this.seed, Purpose.newcomers, room, day, start));
        return Array<Day>(day < opened ? 0 : poissonQuantile(mean, draw, size)).fill(day);
      });
    });
    return days.sort((a, b) => a - b);
  }

  /** The day on which a student leaves; NEVER for one who stays for 20 years. */
  leavingDay(index: number, cohort: Cohort, segment: number, { day, since }: Enrolled, motivation: number): Day {
    const first = this.versions[0].validFromDay;
    const [early, later] = this.mix[segment].leaving.map((weekly) => -Math.log(1 - weekly) / 7);
    // The less motivated leave sooner; the mean over students stays 1.
    const frailty = Math.exp(-LEAVING_BY_MOTIVATION * motivation - LEAVING_BY_MOTIVATION ** 2 / 2);
    let left = -Math.log((hash32(this.seed, Purpose.enrolment, index, 1) + 1) / 2 ** 32) / frailty;
    const start = Math.max(day + 1, since, first + 1);
    const waves = scenarioDays(this.versions, cohort, 'churn-wave');
    const edges = [start, since + EARLY_DAYS, ...waves.flatMap(({ from, until }) => [from, until])]
      .filter((edge) => edge >= start)
      .sort((a, b) => a - b);
    for (const [piece, edge] of edges.entries()) {
      const next = edges[piece + 1] ?? Infinity;
      const wave = waves.some(({ from, until }) => edge >= from && edge < until) ? SCENARIO_MIX.churnWave.leaving : 1;
      const perDay = (edge < since + EARLY_DAYS ? early : later) * wave;
      const days = Math.floor(left / perDay);
      if (edge + days < next) return edge + days > first + STAYS_DAYS ? NEVER : edge + days;
      left -= (next - edge) * perDay;
    }
    return NEVER;
  }
}

/** Days from the start of a student's first term in which the early rate of leaving holds. */
const EARLY_DAYS = 28;
/** Whoever would leave later than twenty years after the stream's first day stays. */
const STAYS_DAYS = 20 * 365;

/** Effect of motivation on leaving. J. */
const LEAVING_BY_MOTIVATION = 0.6;

/** Share of a classroom that newcomers replace each term, so that the population keeps its size. */
const lossPerTerm = (mix: SegmentMix): number => 13 * mix.leaving[1];

/** A free seat, else that of the student who would have come last: nobody who was there before gives way. */
function seatEarly(enrolled: Enrolled[], newcomer: Enrolled): void {
  if (enrolled.length < SEATS) {
    enrolled.push(newcomer);
    return;
  }
  const last = enrolled.reduce((found, { day }, seat) => (day > enrolled[found].day ? seat : found), 0);
  if (enrolled[last].day > newcomer.day + SCENARIOS['term-start'].days) enrolled[last] = newcomer;
}

/** Days on which a scenario is in force in a cohort: `until` is the first one after it. */
function scenarioDays(
  versions: readonly StreamVersion[],
  cohort: Cohort,
  wanted: ScenarioName,
): { from: Day; until: Day; start: Day }[] {
  return versions.flatMap(({ validFromDay, config }, index) =>
    config.scenarios
      .filter(({ name, cohort: only }) => name === wanted && (only === undefined || only === cohort.cohortId))
      .map(({ start, end }) => ({
        from: Math.max(parseDay(start), validFromDay),
        until: Math.min(parseDay(end) + 1, versions[index + 1]?.validFromDay ?? Infinity),
        start: parseDay(start),
      }))
      .filter(({ from, until }) => from < until),
  );
}

/** A student of the first day: enrolled for the running term or an earlier one. */
function beginner(random: Random, cohort: Cohort, segment: number, running: number): Enrolled {
  const tenure = Math.min(12, Math.floor(random.exponential() / -Math.log(1 - BEGAN_THIS_TERM)));
  return enrol(random, cohort, segment, running - tenure);
}

function opener(random: Random, from: Day): Enrolled {
  const day = from + Math.floor(random.exponential() * OPENING_DAYS);
  return { day, since: day };
}

function enrol(random: Random, cohort: Cohort, segment: number, term: number): Enrolled {
  const start = termStart(cohort, term);
  const day = start + lag(random, segment);
  return { day, since: Math.max(start, day) };
}

/** Days from the start of the term to the enrolment. */
function lag(random: Random, segment: number): number {
  const u = random.unit();
  if (segment === SCHOOL || segment === EVENING) {
    // School: 90 % before the start, the others within weeks (J); evening students decide later.
    const before = segment === SCHOOL ? 0.9 : 0.7;
    const wait = random.exponential();
    return u < before ? -1 - Math.floor(wait * 20) : Math.floor(wait * 10);
  }
  const next = UNIVERSITY_LAGS.findIndex(([p]) => u < p);
  const [p0, lag0] = UNIVERSITY_LAGS[next - 1];
  const [p1, lag1] = UNIVERSITY_LAGS[next];
  return Math.floor(lag0 + ((u - p0) / (p1 - p0)) * (lag1 - lag0));
}
