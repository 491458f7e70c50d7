import { EventType, type EventColumns } from '../events/columns';
import { PLAYBACK_RATES } from './event-mix';
import { isReached } from './view';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { max } = Math;

const FASTEST = max(...PLAYBACK_RATES);

/** Reports that a row breaks a rule. */
export type Report = (rule: string) => void;

/** The identities of one lesson view, from `lesson_started` to its end. */
export class ViewRules {
  private lessonId = -1;
  private length = 0;
  private position = 0;
  private furthest = 0;
  private lastAt = 0;
  private pauses = 0;
  private resumes = 0;
  private stalls = 0;

  /** Follows a new view of a lesson of `length` seconds. */
  begin(lessonId: number, length: number, occurredAt: number): void {
    this.lessonId = lessonId;
    this.length = length;
    this.furthest = -1;
    this.lastAt = occurredAt;
    this.pauses = 0;
    this.resumes = 0;
    this.stalls = 0;
  }

  check(events: EventColumns, row: number, report: Report): void {
    const type = events.eventType[row];
    const position = events.positionSeconds[row];
    const watched = events.watchedSeconds[row];
    if (events.lessonId[row] !== this.lessonId) report('lesson of the event is not the one of its view');
    if (position < 0 || position > this.length) report('position outside of the lesson');
    this.checkWatched(type, position, watched, events.occurredAt[row], report);
    this.checkCounts(type, report);
    this.checkStall(type, events.stalledMs[row], report);
    this.furthest = max(this.furthest, position);
    if (type === EventType.lesson_completed && !isReached(this.furthest, this.length))
      report('completed without 95 % reached');
    if (type === EventType.abandoned && isReached(this.furthest, this.length))
      report('abandoned although 95 % were reached');
    this.position = position;
    this.lastAt = events.occurredAt[row];
  }

  private checkWatched(type: number, position: number, watched: number, occurredAt: number, report: Report): void {
    if (type === EventType.lesson_started) {
      if (watched !== 0) report('watched before the start');
      return;
    }
    if (watched < 0) report('watched less than nothing');
    if (watched > ((occurredAt - this.lastAt) / 1000) * FASTEST + 1) report('watched more than the time allows');
    if (type === EventType.resumed && watched !== 0) report('watched during a pause');
    if (type !== EventType.seeked && position !== this.position + watched)
      report('position is not the last one plus what was watched');
  }

  private checkCounts(type: number, report: Report): void {
    if (type === EventType.paused) this.pauses++;
    if (type === EventType.resumed && ++this.resumes > this.pauses) report('more resumes than pauses');
    if (type === EventType.buffered && ++this.stalls > 1) report('buffered twice in a view');
  }

  private checkStall(type: number, stalledMs: number, report: Report): void {
    const waits = type === EventType.lesson_started || type === EventType.buffered;
    if (waits ? stalledMs <= 0 : stalledMs !== 0)
      report(waits ? 'stall without a duration' : 'stalled outside of startup and buffering');
  }
}
