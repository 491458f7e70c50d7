import { EventType, NONE, type EventColumns } from '../../events/columns';
import type { Day } from '../../model/day';
import type { StudentHistory } from './history';

/** An event that took longer than this to arrive is late. */
const LATE_MS = 120_000;

/** Counters shared by the tables per student and lesson, lesson, classroom and cohort. */
export interface Tally {
  firstViews: number;
  repeatViews: number;
  completions: number;
  abandons: number;
  watchedSeconds: number;
  stalledMs: number;
  startupMs: number;
  bufferedViews: number;
}

/** Counters of a student and a lesson on one day. */
export interface LessonTally extends Tally {
  readonly lessonId: number;
  pauses: number;
  resumes: number;
  seeks: number;
  furthestPosition: number;
  /** By device code. */
  readonly viewsByDevice: [number, number, number];
  readonly abandonsByDevice: [number, number, number];
}

/** The rows of one view on one day: from start to completion or abandonment, or the part of it that the day has. */
export interface View {
  readonly lessonId: number;
  /** -1 if the view did not start on this day. */
  startedAt: number;
  first: boolean;
  startPosition: number;
  furthestPosition: number;
  /** -1 if the view was not completed on this day. */
  completedAt: number;
  /** Playhead after the last row so far; -1 before the first. */
  position: number;
  /** Positions of `paused` rows and of `seeked` rows that went back. */
  readonly pausedAt: number[];
  readonly seekedBackAt: number[];
}

/** Everything the daily tables need of one student on one local day, from the rows received by the cut. */
export interface StudentDay extends Tally {
  events: number;
  active: boolean;
  sessions: number;
  enrolments: number;
  withdrawals: number;
  lateEvents: number;
  readonly lessons: Map<number, LessonTally>;
  readonly views: View[];
}

const newTally = (): Tally => ({
  firstViews: 0,
  repeatViews: 0,
  completions: 0,
  abandons: 0,
  watchedSeconds: 0,
  stalledMs: 0,
  startupMs: 0,
  bufferedViews: 0,
});

const newLessonTally = (lessonId: number): LessonTally => ({
  ...newTally(),
  lessonId,
  pauses: 0,
  resumes: 0,
  seeks: 0,
  furthestPosition: 0,
  viewsByDevice: [0, 0, 0],
  abandonsByDevice: [0, 0, 0],
});

const newView = (lessonId: number): View => ({
  lessonId,
  startedAt: -1,
  first: false,
  startPosition: 0,
  furthestPosition: 0,
  completedAt: -1,
  position: -1,
  pausedAt: [],
  seekedBackAt: [],
});

/** Computes one student's day by the definitions of docs/analytics.md. */
export function studentDay(history: StudentHistory, day: Day, asOf: number): StudentDay {
  const { events } = history;
  const result: StudentDay = {
    ...newTally(),
    events: 0,
    active: false,
    sessions: 0,
    enrolments: 0,
    withdrawals: 0,
    lateEvents: 0,
    lessons: new Map(),
    views: [],
  };
  const views = new Map<string, View>();
  const end = history.endRow(day);
  for (let row = history.firstRow(day); row < end; row++) {
    if (events.receivedAt[row] > asOf) continue;
    countRow(result, events, row);
    const lessonId = events.lessonId[row];
    if (lessonId === NONE) continue;
    const key = `${events.sessionStartedAt[row]} ${lessonId}`;
    let view = views.get(key);
    if (view === undefined) views.set(key, (view = newView(lessonId)));
    let lesson = result.lessons.get(lessonId);
    if (lesson === undefined) result.lessons.set(lessonId, (lesson = newLessonTally(lessonId)));
    const first = events.eventType[row] === EventType.lesson_started && history.isFirstView(row, asOf);
    countLessonRow(result, lesson, view, events, row, first);
  }
  result.views.push(...views.values());
  return result;
}

function countRow(result: StudentDay, events: EventColumns, row: number): void {
  const type = events.eventType[row];
  result.events++;
  result.watchedSeconds += events.watchedSeconds[row];
  result.stalledMs += events.stalledMs[row];
  if (events.receivedAt[row] > events.occurredAt[row] + LATE_MS) result.lateEvents++;
  if (events.sessionStartedAt[row] !== NONE) result.active = true;
  if (type === EventType.session_started) result.sessions++;
  else if (type === EventType.enrolled) result.enrolments++;
  else if (type === EventType.unenrolled) result.withdrawals++;
}

function countLessonRow(
  day: StudentDay,
  lesson: LessonTally,
  view: View,
  events: EventColumns,
  row: number,
  first: boolean,
): void {
  const position = events.positionSeconds[row];
  lesson.watchedSeconds += events.watchedSeconds[row];
  lesson.stalledMs += events.stalledMs[row];
  lesson.furthestPosition = Math.max(lesson.furthestPosition, position);
  view.furthestPosition = Math.max(view.furthestPosition, position);
  switch (events.eventType[row]) {
    case EventType.lesson_started:
      view.startedAt = events.occurredAt[row];
      view.startPosition = position;
      view.first = first;
      lesson.viewsByDevice[events.device[row]]++;
      for (const tally of [day, lesson]) {
        if (first) tally.firstViews++;
        else tally.repeatViews++;
        tally.startupMs += events.stalledMs[row];
      }
      break;
    case EventType.paused:
      lesson.pauses++;
      view.pausedAt.push(position);
      break;
    case EventType.resumed:
      lesson.resumes++;
      break;
    case EventType.seeked:
      lesson.seeks++;
      if (view.position !== -1 && position < view.position) view.seekedBackAt.push(position);
      break;
    case EventType.buffered:
      lesson.bufferedViews++;
      day.bufferedViews++;
      break;
    case EventType.lesson_completed:
      lesson.completions++;
      day.completions++;
      view.completedAt = events.occurredAt[row];
      break;
    case EventType.abandoned:
      lesson.abandons++;
      day.abandons++;
      lesson.abandonsByDevice[events.device[row]]++;
      break;
  }
  view.position = position;
}
