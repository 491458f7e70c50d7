import { mix32, pick, poissonQuantile, Purpose, thresholds, unit, hash32 } from '../random';
import type { CohortDays } from './cohort-days';
import { HOUR_LIMITS } from './cohort-days';
import { COHORTS } from './cohorts';
import type { Day } from './day';
import { MIX } from './event-mix';
import { PERSONA, TermTrend } from './motivation';
import { pickDevice, type Population } from './population';
import { termStart } from './term-calendar';

const DAY_SALT = 0x9e3779b1;
const SESSION_SALT = 0x85ebca6b;
const SESSIONS_AT_MOST = 12;

/** Lessons of a session, 1 to 8. */
const lessonLimits = thresholds(
  Array.from({ length: MIX.lessonsAtMost }, (_, n) =>
    n + 1 < MIX.lessonsAtMost ? MIX.lessonEnds * power(1 - MIX.lessonEnds, n) : power(1 - MIX.lessonEnds, n),
  ),
);

/** Number of repeat views among 1 to 8 lessons: binomial thresholds by share and number. */
const repeatLimits = new Map<number, Uint32Array[]>();

/** The sessions planned for one student and stream day; one instance is filled again and again. */
export class DaySessions {
  count = 0;
  /** Lessons of the student's term that were begun (or skipped) before the day. */
  progress = 0;
  /** How far the student's motivation has fallen in the term. */
  fallen = 0;
  readonly startsAt = new Float64Array(SESSIONS_AT_MOST);
  readonly lessons = new Uint8Array(SESSIONS_AT_MOST);
  readonly repeats = new Uint8Array(SESSIONS_AT_MOST);
  /** Lessons of the term left out before the session's first new one: 0 or 1. */
  readonly skipped = new Uint8Array(SESSIONS_AT_MOST);
  readonly device = new Uint8Array(SESSIONS_AT_MOST);
  readonly offline = new Uint8Array(SESSIONS_AT_MOST);
  /** Bits that seed what happens in the session. */
  readonly salt = new Uint32Array(SESSIONS_AT_MOST);
}

/**
 * Plans of a student's term, a pure function of (seed, student, term): how many sessions each day has, how many lessons each session
 * and how many of them are new. What a student has begun before a day is counted again from the start of the term, never carried.
 */
export class TermPlan {
  private readonly trend: TermTrend;

  constructor(
    private readonly seed: number,
    private readonly population: Population,
    private readonly days: readonly CohortDays[],
  ) {
    this.trend = new TermTrend(seed);
  }

  /** The student's motivation on a day. */
  motivation(index: number, day: Day): number {
    const cohort = this.population.cohortIndex(index);
    const { term } = this.days[cohort].plan(day);
    const motivation = this.population.motivation[index];
    this.trend.draw(index, this.population.segment(index), term, termStart(COHORTS[cohort], term), motivation);
    return motivation - this.trend.fallen(day);
  }

  /** Plans a day; the sessions are ascending by start. */
  fill(index: number, day: Day, out: DaySessions): void {
    const { population } = this;
    const cohort = population.cohortIndex(index);
    const segment = population.segment(index);
    const days = this.days[cohort];
    const plan = days.plan(day);
    const key = hash32(this.seed, Purpose.termPlan, index, plan.term);
    const start = termStart(COHORTS[cohort], plan.term);
    this.trend.draw(index, segment, plan.term, start, population.motivation[index]);
    out.fallen = this.trend.fallen(day);
    out.count = this.sessions(key, day, this.rate(index, day) * plan.share[segment]);
    if (out.count === 0) return;
    out.progress = this.progressBefore(key, index, segment, start, day);
    const bits = mix32(key + Math.imul(day, DAY_SALT));
    const { hours } = days.clock(day);
    for (let session = 0; session < out.count; session++) {
      const salt = mix32(bits + Math.imul(session + 1, SESSION_SALT));
      const lessons = 1 + pick(lessonLimits, salt);
      const repeats = repeatViews(lessons, plan.rewatch, salt, out.progress);
      const hour = pick(HOUR_LIMITS[segment], mix32(salt ^ 0x2c1b3c6d));
      const start = Math.floor(hours[hour] + unit(mix32(salt ^ 0x297a2d39)) * (hours[hour + 1] - hours[hour]));
      const device = this.device(index, segment, mix32(salt ^ 0x165667b1));
      insert(out, session, start, lessons, repeats, device, isOffline(device, mix32(salt ^ 0x27d4eb2f)), salt);
    }
  }

  /** Sessions a week that the student is good for at the day's motivation. */
  private rate(index: number, day: Day): number {
    const rate = this.population.rate[index];
    return day <= this.trend.onset ? rate : rate * Math.exp(-PERSONA.trendOnRate * this.trend.fallen(day));
  }

  /** Lessons begun or skipped in the term before a day. */
  private progressBefore(key: number, index: number, segment: number, termStart: Day, day: Day): number {
    const days = this.days[this.population.cohortIndex(index)];
    const start = Math.max(termStart, this.population.enrolledDay[index]);
    let progress = 0;
    for (let earlier = start; earlier < day; earlier++) {
      const { share, rewatch } = days.plan(earlier);
      const count = this.sessions(key, earlier, this.rate(index, earlier) * share[segment]);
      if (count === 0) continue;
      const bits = mix32(key + Math.imul(earlier, DAY_SALT));
      const before = progress;
      for (let session = 0; session < count; session++) {
        const salt = mix32(bits + Math.imul(session + 1, SESSION_SALT));
        const lessons = 1 + pick(lessonLimits, salt);
        progress += lessons - repeatViews(lessons, rewatch, salt, before) + skips(salt);
      }
    }
    return progress;
  }

  private sessions(key: number, day: Day, mean: number): number {
    return poissonQuantile(mean, unit(mix32((key ^ 0x68e31da4) + Math.imul(day, DAY_SALT))), SESSIONS_AT_MOST);
  }

  private device(index: number, segment: number, bits: number): number {
    if (unit(bits) < MIX.mainDevice) return this.population.device[index];
    return pickDevice(segment, mix32(bits));
  }
}

const isOffline = (device: number, bits: number): boolean => unit(bits) < MIX.offline[device];

/** Whether the session begins with one lesson left out. */
const skips = (salt: number): number => (unit(mix32(salt ^ 0x3c6ef372)) < MIX.skip ? 1 : 0);

/** Repeat views of a session; never more than the lessons that were begun before the day. */
function repeatViews(lessons: number, share: number, salt: number, progress: number): number {
  let limits = repeatLimits.get(share);
  if (limits === undefined) {
    limits = Array.from({ length: MIX.lessonsAtMost + 1 }, (_, n) => thresholds(binomial(n, share)));
    repeatLimits.set(share, limits);
  }
  return Math.min(progress, pick(limits[lessons], mix32(salt ^ 0x5bd1e995)));
}

function binomial(n: number, p: number): number[] {
  const terms = [power(1 - p, n)];
  for (let k = 1; k <= n; k++) terms.push((terms[k - 1] * (n - k + 1) * p) / (k * (1 - p)));
  return terms;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result *= base;
  return result;
}

/** Puts a session at its place by start. */
function insert(
  out: DaySessions,
  count: number,
  start: number,
  lessons: number,
  repeats: number,
  device: number,
  offline: boolean,
  salt: number,
): void {
  let place = count;
  while (place > 0 && out.startsAt[place - 1] > start) {
    out.startsAt[place] = out.startsAt[place - 1];
    out.lessons[place] = out.lessons[place - 1];
    out.repeats[place] = out.repeats[place - 1];
    out.skipped[place] = out.skipped[place - 1];
    out.device[place] = out.device[place - 1];
    out.offline[place] = out.offline[place - 1];
    out.salt[place] = out.salt[place - 1];
    place--;
  }
  out.startsAt[place] = start;
  out.lessons[place] = lessons;
  out.repeats[place] = repeats;
  out.skipped[place] = skips(salt);
  out.device[place] = device;
  out.offline[place] = offline ? 1 : 0;
  out.salt[place] = salt;
}
