import { SEATS } from '../events/event-id';
import { mix32, pick, poissonQuantile, Purpose, thresholds, unit, hash32 } from '../random';
import type { CohortDays, DayPlan } from './cohort-days';
import { SCHOOL } from './cohorts';
import type { Day } from './day';
import { DaySessions, insert, OFFLINE, OFFLINE_MORNING, ONLINE, SESSIONS_AT_MOST } from './day-sessions';
import { SCENARIO_MIX, type DayEffects } from './effects';
import { MIX } from './event-mix';
import { PERSONA, TermTrend } from './motivation';
import { pickDevice, type Population } from './population';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { exp, floor, imul, max, min } = Math;

const TERM_SALT = 0xc2b2ae35;
const DAY_SALT = 0x9e3779b1;
const SESSION_SALT = 0x85ebca6b;

const TABLET = 1;
const MOBILE = 2;
/** Lessons of a session, 1 to 8. */
const lessonLimits = thresholds(
  Array.from({ length: MIX.lessonsAtMost }, (_, n) =>
    n + 1 < MIX.lessonsAtMost ? MIX.lessonEnds * power(1 - MIX.lessonEnds, n) : power(1 - MIX.lessonEnds, n),
  ),
);

/**
 * Plans of a student's term, a pure function of (seed, student, term): how many sessions each day has, how many lessons each session
 * and how many of them are new. What a student has begun before a day is counted again from the start of the term, never carried.
 */
export class TermPlan {
  private readonly trend: TermTrend;
  /** Of the student's term that was begun last. */
  private key = 0;
  private readonly termSeed: number;
  private dueDay: Day = 0;

  constructor(
    seed: number,
    private readonly population: Population,
    private readonly days: readonly CohortDays[],
  ) {
    this.trend = new TermTrend(seed);
    this.termSeed = hash32(seed, Purpose.termPlan);
  }

  /** The student's motivation on a day. */
  motivation(index: number, day: Day): number {
    const plan = this.days[this.population.cohortIndex(index)].plan(day);
    this.begin(index, plan);
    return this.population.motivation[index] + this.mood(plan, day);
  }

  /** The number of sessions planned for a day. */
  count(index: number, day: Day): number {
    const plan = this.days[this.population.cohortIndex(index)].plan(day);
    this.begin(index, plan);
    return this.sessions(index, this.population.segment(index), plan, day);
  }

  /** Plans a day; the sessions are ascending by start. */
  fill(index: number, day: Day, out: DaySessions): void {
    const { population } = this;
    const segment = population.segment(index);
    const days = this.days[population.cohortIndex(index)];
    const plan = days.plan(day);
    this.begin(index, plan);
    out.mood = this.mood(plan, day);
    out.count = this.sessions(index, segment, plan, day);
    if (out.count === 0) return;
    out.progress = this.progressBefore(index, segment, plan, day);
    const { effects } = plan;
    const bits = mix32(this.key + imul(day, DAY_SALT));
    const { hours, afternoon } = days.clock(day);
    for (let session = 0; session < out.count; session++) {
      const salt = mix32(bits + imul(session + 1, SESSION_SALT));
      const lessons = 1 + pick(lessonLimits, salt);
      const repeats = repeatViews(plan, lessons, salt, out.progress);
      // Each session takes its own part of the day's curve: together they follow it, and seldom two collide.
      const part = (session + unit(mix32(salt ^ 0x2c1b3c6d))) / out.count;
      const hour = pick(effects.hours[segment], part * 2 ** 32);
      const start = floor(hours[hour] + unit(mix32(salt ^ 0x297a2d39)) * (hours[hour + 1] - hours[hour]));
      const place = insert(out, session, start);
      out.lessons[place] = lessons;
      out.repeats[place] = repeats;
      out.skipped[place] = skips(salt);
      out.salt[place] = salt;
      this.equip(out, place, index, segment, effects, start < afternoon);
    }
  }

  /** Days from the start of a term to the first due date of the student's class. */
  dueOffset(index: number, term: number): number {
    return (floor(index / SEATS) + term) % MIX.dueDates.length;
  }

  /** Key and trend of a student's term. */
  private begin(index: number, plan: DayPlan): void {
    const { population } = this;
    this.key = mix32(mix32(this.termSeed ^ index) + imul(plan.term, TERM_SALT));
    this.dueDay = plan.termStart + this.dueOffset(index, plan.term);
    this.trend.draw(index, population.segment(index), plan.term, plan.termStart, population.motivation[index]);
  }

  /** Change of motivation since the start of the term. */
  private mood(plan: DayPlan, day: Day): number {
    return plan.effects.mood - this.trend.fallen(day);
  }

  /** Device and connection of a session. */
  private equip(
    out: DaySessions,
    place: number,
    index: number,
    segment: number,
    effects: DayEffects,
    morning: boolean,
  ): void {
    const salt = out.salt[place];
    const chance = unit(mix32(salt ^ 0x27d4eb2f));
    const deviceBits = mix32(salt ^ 0x165667b1);
    let device = this.device(index, segment, deviceBits);
    if (effects.mobile > 0 && segment === SCHOOL && unit(mix32(deviceBits ^ salt)) < effects.mobile) device = MOBILE;
    let offline = chance < MIX.offline[device] * effects.offline ? OFFLINE : ONLINE;
    if (effects.offlineMorning && morning) {
      if (unit(mix32(deviceBits ^ salt)) < SCENARIO_MIX.offlineMorning.tabletShare) device = TABLET;
      if (device === TABLET) offline = chance < SCENARIO_MIX.offlineMorning.offlineShare ? OFFLINE_MORNING : ONLINE;
    }
    out.device[place] = device;
    out.offline[place] = offline;
  }

  /** Lessons begun or skipped in the term before a day. */
  private progressBefore(index: number, segment: number, { term, termStart }: DayPlan, day: Day): number {
    const plans = this.days[this.population.cohortIndex(index)].term(term);
    const start = max(termStart, this.population.enrolledDay[index]);
    let progress = 0;
    for (let earlier = start; earlier < day; earlier++) {
      const plan = plans[earlier - termStart];
      const count = this.sessions(index, segment, plan, earlier);
      if (count === 0) continue;
      const bits = mix32(this.key + imul(earlier, DAY_SALT));
      const before = progress;
      for (let session = 0; session < count; session++) {
        const salt = mix32(bits + imul(session + 1, SESSION_SALT));
        const lessons = 1 + pick(lessonLimits, salt);
        progress += lessons - repeatViews(plan, lessons, salt, before) + skips(salt);
      }
    }
    return progress;
  }

  /** Number of sessions that a student begins on a day. */
  private sessions(index: number, segment: number, plan: DayPlan, day: Day): number {
    let mean = this.population.rate[index] * plan.share[segment];
    const mood = this.mood(plan, day);
    if (mood !== 0) mean *= exp(PERSONA.trendOnRate * mood);
    if (plan.due) mean *= MIX.dueDates[(day - this.dueDay + MIX.dueDates.length) % MIX.dueDates.length];
    return poissonQuantile(mean, unit(mix32((this.key ^ 0x68e31da4) + imul(day, DAY_SALT))), SESSIONS_AT_MOST);
  }

  private device(index: number, segment: number, bits: number): number {
    if (unit(bits) < MIX.mainDevice) return this.population.device[index];
    return pickDevice(segment, mix32(bits));
  }
}

/** Whether the session begins with one lesson left out. */
const skips = (salt: number): number => (unit(mix32(salt ^ 0x3c6ef372)) < MIX.skip ? 1 : 0);

/** Repeat views of a session; never more than the lessons that were begun before the day. */
const repeatViews = ({ repeats }: DayPlan, lessons: number, salt: number, progress: number): number =>
  min(progress, pick(repeats[lessons], mix32(salt ^ 0x5bd1e995)));

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result *= base;
  return result;
}
