import { EventColumns, EventType } from '../../../src/events/columns';
import { SEATS } from '../../../src/events/event-id';
import { COHORTS, SEGMENTS } from '../../../src/model/cohorts';
import { MODEL_VERSION, parseStreamConfig, type StreamVersion } from '../../../src/model/config';
import { MINUTE_MS, parseDay, weekdayOf, type Day } from '../../../src/model/day';
import { isHoliday } from '../../../src/model/holidays';
import { LocalCalendar } from '../../../src/model/local-calendar';
import { Population } from '../../../src/model/population';
import { Stream } from '../../../src/model/stream';
import { termOf, termStart } from '../../../src/model/term-calendar';
import { mix32 } from '../../../src/random';

/** Weeks of lessons before the exams. */
export const LESSON_WEEKS = 10;

/** One lesson view, put together from its events. */
export interface View {
  student: number;
  segment: number;
  network: number;
  motivation: number;
  lesson: number;
  length: number;
  difficulty: number;
  repeat: boolean;
  completed: boolean;
  startedAt: number;
  watched: number;
  wall: number;
  startup: number;
  stalled: number;
  buffered: boolean;
  pauses: number;
  resumes: number;
  seeks: number;
  /** Left before the first picture. */
  leftAtOnce: boolean;
}

export interface SessionFacts {
  student: number;
  segment: number;
  device: number;
  startedAt: number;
  endedAt: number;
  lessons: number;
  /** Local hour 0 to 23 of the start, stream day and its weekday. */
  hour: number;
  day: Day;
  /** Whether no holiday is in its week. */
  plainWeek: boolean;
  /** Milliseconds from the end of the session to the arrival of its last event. */
  delay: number;
}

export interface Sample {
  stream: Stream;
  population: Population;
  sessions: SessionFacts[];
  views: View[];
}

export const versionOf = (firstDay: Day, seed: number, config: object = {}): StreamVersion => ({
  validFromDay: firstDay,
  modelVersion: MODEL_VERSION,
  seed,
  config: parseStreamConfig(config),
});

/** All sessions and views of the ten lesson weeks of the first full term of every cohort. */
export function drawSample(
  seed: number,
  students: number,
  weeks = LESSON_WEEKS,
  config: object = {},
  firstDay: Day = parseDay('2026-01-05'),
): Sample {
  const version = versionOf(firstDay, seed, { students, ...config });
  const stream = new Stream([version]);
  const population = new Population(mix32(seed), [version]);
  const sample: Sample = { stream, population, sessions: [], views: [] };
  const lessons = new Map(stream.lessons.map((lesson) => [lesson.lessonId, lesson]));
  const calendars = COHORTS.map(({ timeZone }) => new LocalCalendar(timeZone));
  const out = new EventColumns();
  for (const studentId of stream.studentIds()) {
    const index = studentId - SEATS;
    const cohort = population.cohortIndex(index);
    const segment = population.segment(index);
    const running = termOf(COHORTS[cohort], firstDay);
    const term = termStart(COHORTS[cohort], running) === firstDay ? firstDay : termStart(COHORTS[cohort], running + 1);
    const seen = new Set<number>();
    const weekNumbers = Array.from({ length: weeks }, (_, week) => week);
    const plain = weekNumbers.map((week) =>
      [0, 1, 2, 3, 4, 5, 6].every((d) => !isHoliday(COHORTS[cohort].country, term + 7 * week + d)),
    );
    const motivation = population.motivation[index];
    for (let day = term; day < term + 7 * weeks; day++) {
      out.clear();
      stream.appendStudentDay(studentId, day, out);
      let session: SessionFacts | undefined;
      let view: View | undefined;
      for (let row = 0; row < out.length; row++) {
        const type = out.eventType[row];
        const at = out.occurredAt[row];
        if (type === EventType.session_started) {
          const startsAt = calendars[cohort].startOf(day);
          const hour = Math.floor((at - startsAt) / (60 * MINUTE_MS)) % 24;
          const facts = {
            student: index,
            segment,
            device: out.device[row],
            startedAt: at,
            endedAt: at,
            lessons: 0,
            hour,
            day,
            plainWeek: plain[Math.floor((day - term) / 7)],
            delay: 0,
          };
          session = facts;
          sample.sessions.push(facts);
        }
        if (!session) continue;
        if (type === EventType.session_ended) {
          session.endedAt = at;
          session.delay = out.receivedAt[row] - at;
        }
        if (out.lessonId[row] < 0) continue;
        if (type === EventType.lesson_started) {
          const lesson = lessons.get(out.lessonId[row])!;
          const place = (SEGMENTS.indexOf(lesson.segment) * stream.lessons.length) / 3 + lesson.sequence - 1;
          view = {
            student: index,
            segment,
            network: population.network[index],
            motivation,
            lesson: place,
            length: lesson.lengthSeconds,
            difficulty: stream.difficultyOf(lesson.lessonId),
            repeat: seen.has(lesson.lessonId) || out.positionSeconds[row] > 0,
            completed: false,
            startedAt: at,
            watched: 0,
            wall: 0,
            startup: out.stalledMs[row],
            stalled: 0,
            buffered: false,
            pauses: 0,
            resumes: 0,
            seeks: 0,
            leftAtOnce: false,
          };
          seen.add(lesson.lessonId);
          session.lessons++;
          sample.views.push(view);
        }
        if (!view) continue;
        view.watched += out.watchedSeconds[row];
        if (type === EventType.paused) view.pauses++;
        else if (type === EventType.resumed) view.resumes++;
        else if (type === EventType.seeked) view.seeks++;
        else if (type === EventType.buffered) {
          view.buffered = true;
          view.stalled = out.stalledMs[row];
        } else if (type === EventType.lesson_completed) view.completed = true;
        if (type === EventType.lesson_completed || type === EventType.abandoned) {
          view.wall = (at - view.startedAt) / 1000;
          view.leftAtOnce = type === EventType.abandoned && view.pauses === 0;
        }
      }
    }
  }
  return sample;
}

export const weekdayOfSession = ({ day }: SessionFacts): number => weekdayOf(day);
