import { EventType, type EventColumns } from '../events/columns';
import { SEATS } from '../events/event-id';
import { Purpose, Random } from '../random';
import { CLOSING_MS, type CohortDays } from './cohort-days';
import type { StreamConfig } from './config';
import { termCourse, repeatPlace, sequenceOf } from './course';
import type { Curriculum } from './curriculum';
import { MINUTE_MS, SECOND_MS, type Day } from './day';
import { deliverLate, deliverPromptly } from './delivery';
import { MIX } from './event-mix';
import { isAtRisk, PERSONA } from './motivation';
import type { Population } from './population';
import { DaySessions, TermPlan } from './term-plan';
import { ViewWriter, type SessionTraits } from './view';

/** Writes the sessions of one student and stream day. Holds scratch state only: the same day always comes out the same. */
export class StudentDayWriter {
  private readonly random = new Random();
  private readonly sessions = new DaySessions();
  private readonly plans: TermPlan;
  private readonly traits: SessionTraits = {
    studentId: 0,
    sessionStartedAt: 0,
    device: 0,
    network: 0,
    playback: 0,
    leaving: 1,
    heartbeatSeconds: 30,
    limit: 0,
  };
  private readonly view = new ViewWriter(this.random, this.traits);
  private readonly used: number[] = [];

  constructor(
    private readonly seed: number,
    private readonly population: Population,
    private readonly curriculum: Curriculum,
    private readonly days: readonly CohortDays[],
  ) {
    this.plans = new TermPlan(seed, population, days);
  }

  /** Sessions of the day between two instants (the enrolment and the withdrawal, or the day's own ends). */
  append(index: number, day: Day, config: StreamConfig, from: number, to: number, out: EventColumns): void {
    const { population, sessions, traits, random } = this;
    this.plans.fill(index, day, sessions);
    if (sessions.count === 0) return;
    const days = this.days[population.cohortIndex(index)];
    const course = termCourse(days.plan(day).term, config.lessonsPerSegment);
    traits.studentId = index + SEATS;
    traits.network = population.network[index];
    traits.playback = population.playback[index];
    traits.leaving = Math.exp(-PERSONA.onLeavingView * (population.motivation[index] - sessions.fallen));
    traits.heartbeatSeconds = config.heartbeatSeconds;
    traits.limit = Math.min(days.clock(day).limit, to - CLOSING_MS);
    let progress = sessions.progress;
    let free = from;
    for (let session = 0; session < sessions.count; session++) {
      const fresh = sessions.lessons[session] - sessions.repeats[session];
      let start = sessions.startsAt[session];
      random.seed(this.seed ^ Purpose.session, index, day, sessions.salt[session]);
      // A session that would begin before the student is back from the one before it begins later.
      if (start >= from && start < free)
        start = free + Math.floor(random.exponential() * MIX.sessionGapMoreMinutes * MINUTE_MS);
      if (start >= from && start < traits.limit - MINUTE_MS) {
        this.appendSession(session, start, population.segment(index), course, progress, out);
        free = Math.ceil(this.view.now) + MIX.sessionGapMinutes * MINUTE_MS;
      }
      progress += fresh + sessions.skipped[session];
    }
  }

  /** Whether a session planned for the day is offline. */
  hasOffline(index: number, day: Day): boolean {
    this.plans.fill(index, day, this.sessions);
    return this.sessions.offline.subarray(0, this.sessions.count).includes(1);
  }

  atRisk(index: number, day: Day): boolean {
    return isAtRisk(this.plans.motivation(index, day), this.population.segment(index));
  }

  private appendSession(
    session: number,
    start: number,
    segment: number,
    course: number,
    progress: number,
    out: EventColumns,
  ): void {
    const { random, view, traits, sessions, curriculum, used } = this;
    const first = out.length;
    const perSegment = curriculum.lessonsPerSegment;
    traits.sessionStartedAt = start;
    traits.device = sessions.device[session];
    view.begin(start);
    view.emitSession(EventType.session_started, out);
    let repeats = sessions.repeats[session];
    let fresh = sessions.lessons[session] - repeats;
    let next = progress + sessions.skipped[session];
    used.length = 0;
    while (repeats + fresh > 0) {
      const repeat = random.below(repeats + fresh) < repeats;
      const place = repeat ? repeatPlace(random, sessions.progress, perSegment, used) : next++;
      if (repeat) repeats--;
      else fresh--;
      used.push(place);
      const sequence = sequenceOf(course, place, perSegment);
      const lesson = curriculum.lessonIndex(segment, sequence);
      const length = curriculum.lengthSeconds[lesson];
      const from = repeat ? random.below(Math.floor(length * MIX.repeatStartsBefore)) : 0;
      view.now += random.logNormal(MIX.gapMedianSeconds, MIX.gapSpread) * SECOND_MS;
      if (!view.write(curriculum.lessonId(segment, sequence), length, curriculum.difficulty[lesson], from, repeat, out))
        break;
    }
    view.now += random.logNormal(MIX.closingMedianSeconds, MIX.closingSpread) * SECOND_MS;
    view.emitSession(EventType.session_ended, out);
    if (sessions.offline[session]) deliverLate(random, first, out);
    else deliverPromptly(random, first, out);
  }
}
