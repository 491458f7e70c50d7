import { EVENT_TYPES, EventType, NONE, type EventColumns } from '../events/columns';
import { HOUR_MS, MINUTE_MS } from './day';
import { MIX } from './event-mix';
import { ViewRules, type Report } from './view-rules';

/** A rule that a row of events breaks. */
export interface Violation {
  readonly row: number;
  readonly rule: string;
}

const E = EventType;

/** State before a session and between two. */
export const OUTSIDE = -1;
const VIEW_ENDS = [E.lesson_completed, E.abandoned];
const PLAYING = [E.heartbeat, E.paused, E.seeked, E.buffered, ...VIEW_ENDS];

/** The state machine of a session: which event may follow which. `enrolled` and `unenrolled` stand outside of sessions. */
export const FOLLOWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [OUTSIDE, [E.session_started]],
  [E.session_started, [E.lesson_started, E.session_ended]],
  [E.lesson_started, PLAYING],
  [E.heartbeat, PLAYING],
  [E.paused, [E.resumed, ...VIEW_ENDS]],
  [E.resumed, PLAYING],
  [E.seeked, PLAYING],
  [E.buffered, PLAYING],
  [E.lesson_completed, [E.lesson_started, E.session_ended]],
  [E.abandoned, [E.lesson_started, E.session_ended]],
]);

export const stateName = (state: number): string => (state === OUTSIDE ? 'no session' : EVENT_TYPES[state]);

/**
 * Checks the events of one student in order, over any number of days: the state machine, and the identities between the columns.
 * One instance follows one student from the student's first event on.
 */
export class SessionRules {
  private readonly view = new ViewRules();
  private readonly lessons = new Set<number>();
  private state = OUTSIDE;
  private student = NONE;
  private session = NONE;
  private device = NONE;
  private lastAt = -Infinity;
  private endedAt = -Infinity;
  private begun = false;
  private left = false;

  /** @param lengthOf length of a lesson in seconds, undefined for an unknown one */
  constructor(private readonly lengthOf: (lessonId: number) => number | undefined) {}

  /** Whether a session is open after the last row. */
  get open(): boolean {
    return this.state !== OUTSIDE;
  }

  /** Every rule that a row breaks; the rows follow those of the calls before. */
  check(events: EventColumns): Violation[] {
    const found: Violation[] = [];
    for (let row = 0; row < events.length; row++) this.checkRow(events, row, (rule) => found.push({ row, rule }));
    return found;
  }

  private checkRow(events: EventColumns, row: number, report: Report): void {
    const type = events.eventType[row];
    this.checkTimes(events, row, report);
    if (this.student !== NONE && events.studentId[row] !== this.student) report('event of another student');
    if (this.left) report('event after the withdrawal');
    if (type === E.enrolled || type === E.unenrolled) this.checkEnrolment(events, row, report);
    else this.checkSession(events, row, type, report);
    this.student = events.studentId[row];
    this.lastAt = events.occurredAt[row];
    this.begun = true;
  }

  private checkTimes(events: EventColumns, row: number, report: Report): void {
    const occurredAt = events.occurredAt[row];
    const delay = events.receivedAt[row] - occurredAt;
    if (!Number.isInteger(occurredAt) || !Number.isInteger(delay)) report('time is not in whole milliseconds');
    if (occurredAt <= this.lastAt) report('time does not ascend');
    if (delay < 0) report('received before it occurred');
    if (delay > MIX.offlineAtMostHours * HOUR_MS) report('received more than 72 h late');
  }

  private checkEnrolment(events: EventColumns, row: number, report: Report): void {
    const enrols = events.eventType[row] === E.enrolled;
    if (enrols && this.begun) report('enrolled after another event');
    if (this.state !== OUTSIDE) report('enrolment inside a session');
    if (events.receivedAt[row] !== events.occurredAt[row]) report('enrolment is not received when it occurs');
    if (events.sessionStartedAt[row] !== NONE || events.device[row] !== NONE)
      report('enrolment with a session or device');
    this.checkPlain(events, row, report);
    if (!enrols) this.left = true;
  }

  private checkSession(events: EventColumns, row: number, type: number, report: Report): void {
    const allowed = FOLLOWERS.get(this.state)!;
    if (!allowed.includes(type)) report(`${stateName(this.state)} → ${stateName(type)}`);
    if (type === E.session_started) this.beginSession(events, row, report);
    if (events.sessionStartedAt[row] !== this.session) report('event does not name its session');
    if (events.device[row] !== this.device || this.device === NONE) report('device changes within the session');
    if (type === E.session_started || type === E.session_ended) this.checkPlain(events, row, report);
    else {
      if (type === E.lesson_started) this.beginView(events, row, report);
      this.view.check(events, row, report);
    }
    this.state = type === E.session_ended ? OUTSIDE : type;
    if (type === E.session_ended) this.endedAt = events.occurredAt[row];
  }

  private beginSession(events: EventColumns, row: number, report: Report): void {
    this.session = events.occurredAt[row];
    this.device = events.device[row];
    this.lessons.clear();
    if (this.session - this.endedAt < MIX.sessionGapMinutes * MINUTE_MS)
      report('less than 30 minutes after the session before');
  }

  private beginView(events: EventColumns, row: number, report: Report): void {
    const lessonId = events.lessonId[row];
    const length = this.lengthOf(lessonId);
    if (length === undefined) report('lesson is unknown');
    if (this.lessons.has(lessonId)) report('lesson starts twice in a session');
    this.lessons.add(lessonId);
    this.view.begin(lessonId, length ?? 0, events.occurredAt[row]);
  }

  /** Events outside of a view carry nothing of one. */
  private checkPlain(events: EventColumns, row: number, report: Report): void {
    const bare = events.lessonId[row] === NONE && events.positionSeconds[row] === NONE;
    if (!bare || events.watchedSeconds[row] !== 0 || events.stalledMs[row] !== 0)
      report('lesson figures outside of a view');
  }
}
