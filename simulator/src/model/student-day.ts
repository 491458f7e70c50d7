import { EventType, type EventColumns } from '../events/columns';
import { SEATS } from '../events/event-id';
import { Purpose, Random } from '../random';
import { CLOSING_MS, type CohortDays, type DayClock } from './cohort-days';
import type { StreamConfig } from './config';
import type { Curriculum } from './curriculum';
import { MINUTE_MS, SECOND_MS, type Day } from './day';
import { DaySessions, OFFLINE, ONLINE } from './day-sessions';
import { deliverAt, deliverLate, deliverPromptly } from './delivery';
import { SCENARIO_MIX, type DayEffects, type WantedLesson } from './effects';
import { MIX, PRESETS } from './event-mix';
import { isAtRisk, PERSONA } from './motivation';
import type { Population } from './population';
import { SessionLessons, termCourse } from './session-lessons';
import { TermPlan } from './term-plan';
import { ViewWriter, type SessionTraits } from './view';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { ceil, exp, floor, min } = Math;

/** Index of the worst network class. */
const POOR = 2;

/** Writes the sessions of one student and stream day. Holds scratch state only: the same day always comes out the same. */
export class StudentDayWriter {
  private readonly random = new Random();
  private readonly sessions = new DaySessions();
  private readonly plans: TermPlan;
  private readonly lessons: SessionLessons;
  private readonly traits: SessionTraits = {
    studentId: 0,
    sessionStartedAt: 0,
    device: 0,
    network: 0,
    playback: 0,
    leavingMix: PRESETS.campus.leaving,
    leaving: 1,
    pauses: 1,
    heartbeatSeconds: 30,
    limit: 0,
  };
  private readonly view = new ViewWriter(this.random, this.traits);

  constructor(
    private readonly seed: number,
    private readonly population: Population,
    private readonly curriculum: Curriculum,
    private readonly days: readonly CohortDays[],
  ) {
    this.plans = new TermPlan(seed, population, days);
    this.lessons = new SessionLessons(this.random, curriculum.lessonsPerSegment);
  }

  /** Sessions of the day between two instants (the enrolment and the withdrawal, or the day's own ends). */
  append(index: number, day: Day, config: StreamConfig, from: number, to: number, out: EventColumns): void {
    const { population, sessions, traits, random } = this;
    this.plans.fill(index, day, sessions);
    if (sessions.count === 0) return;
    const days = this.days[population.cohortIndex(index)];
    const segment = population.segment(index);
    const { term, effects } = days.plan(day);
    const clock = days.clock(day);
    const course = termCourse(term, config.lessonsPerSegment);
    traits.studentId = index + SEATS;
    traits.playback = population.playback[index];
    traits.pauses = effects.pauses;
    traits.leavingMix = PRESETS[config.preset].leaving;
    traits.leaving = exp(-PERSONA.onLeavingView * (population.motivation[index] + sessions.mood));
    traits.heartbeatSeconds = config.heartbeatSeconds;
    traits.limit = min(clock.limit, to - CLOSING_MS);
    const wanted = this.newcomersLesson(index, segment, course, effects) ?? effects.viral;
    let progress = sessions.progress;
    let free = from;
    for (let session = 0; session < sessions.count; session++) {
      let start = sessions.startsAt[session];
      random.seed(this.seed ^ Purpose.session, index, day, sessions.salt[session]);
      // A session that would begin before the student is back from the one before it begins later.
      if (start >= from && start < free)
        start = free + floor(random.exponential() * MIX.sessionGapMoreMinutes * MINUTE_MS);
      if (start >= from && start < traits.limit - MINUTE_MS) {
        traits.network = isSlow(effects, clock, index, start) ? POOR : population.network[index];
        this.lessons.begin(segment, course, sessions.progress, progress + sessions.skipped[session], wanted);
        const first = out.length;
        this.appendSession(session, start, segment, out);
        this.deliver(sessions.offline[session], clock.afternoon, first, out);
        free = ceil(this.view.now) + MIX.sessionGapMinutes * MINUTE_MS;
      }
      progress += sessions.lessons[session] - sessions.repeats[session] + sessions.skipped[session];
    }
  }

  /** Whether a session planned for the day is offline. */
  hasOffline(index: number, day: Day): boolean {
    this.plans.fill(index, day, this.sessions);
    return this.sessions.offline.subarray(0, this.sessions.count).some((connection) => connection !== ONLINE);
  }

  atRisk(index: number, day: Day): boolean {
    return isAtRisk(this.plans.motivation(index, day), this.population.segment(index));
  }

  /** Who enrolled at a term start watches the term's first lesson again and again. */
  private newcomersLesson(index: number, segment: number, course: number, effects: DayEffects): WantedLesson | null {
    if (effects.termStart === null || this.population.enrolledDay[index] < effects.termStart) return null;
    const lessonId = this.curriculum.lessonId(segment, course + 1);
    return { lessonId, views: SCENARIO_MIX.termStart.firstLesson, leaving: 1 };
  }

  private appendSession(session: number, start: number, segment: number, out: EventColumns): void {
    const { random, view, traits, sessions, curriculum, lessons } = this;
    traits.sessionStartedAt = start;
    traits.device = sessions.device[session];
    view.begin(start);
    view.emitSession(EventType.session_started, out);
    let repeats = sessions.repeats[session];
    for (let left = sessions.lessons[session]; left > 0; left--) {
      const repeat = random.below(left) < repeats;
      if (repeat) repeats--;
      lessons.advance(repeat);
      const lesson = curriculum.lessonIndex(segment, lessons.sequence);
      const length = curriculum.lengthSeconds[lesson];
      const from = lessons.repeat ? random.below(floor(length * MIX.repeatStartsBefore)) : 0;
      const hazard = curriculum.difficulty[lesson] * (lessons.wanted?.leaving ?? 1);
      const idle = view.now;
      view.now += random.logNormal(MIX.gapMedianSeconds, MIX.gapSpread) * SECOND_MS;
      if (!view.write(curriculum.lessonId(segment, lessons.sequence), length, hazard, from, lessons.repeat, out)) {
        // Too late for another lesson: the student stops right away.
        view.now = idle;
        break;
      }
    }
    view.now += random.logNormal(MIX.closingMedianSeconds, MIX.closingSpread) * SECOND_MS;
    view.emitSession(EventType.session_ended, out);
  }

  /** Sets when the events of a session arrive. */
  private deliver(connection: number, afternoon: number, first: number, out: EventColumns): void {
    if (connection === ONLINE) deliverPromptly(this.random, first, out);
    else if (connection === OFFLINE) deliverLate(this.random, first, out);
    else deliverAt(afternoon, this.random, first, out);
  }
}

const isSlow = (effects: DayEffects, { slow }: DayClock, index: number, start: number): boolean =>
  effects.slowRoom === floor(index / SEATS) && start >= slow.from && start < slow.until;
