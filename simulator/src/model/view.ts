import { EventType, NONE, type EventColumns } from '../events/columns';
import type { Random } from '../random';
import { SECOND_MS } from './day';
import { MIX, NETWORKS, PLAYBACK_RATES, type LeavingMix } from './event-mix';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor, max, min, round, sqrt } = Math;

/** What is the same for all views of a session. */
export interface SessionTraits {
  studentId: number;
  sessionStartedAt: number;
  device: number;
  network: number;
  playback: number;
  /** How soon views are left, and the factor of the student on it. */
  leavingMix: LeavingMix;
  leaving: number;
  /** Factor on the rate of pauses. */
  pauses: number;
  heartbeatSeconds: number;
  /** Nothing happens after this instant. */
  limit: number;
}

const NEVER = Infinity;
const LEAVES = 0;
const ENDS = 1;
const BUFFERS = 2;
const PAUSES = 3;
const SEEKS = 4;
const BEATS = 5;

/**
 * One lesson view as events. Time of the player runs in `watched` content seconds: position = `base` + `watched`, where `base` is a
 * whole number that only a seek changes, so positions and watched seconds always add up.
 */
export class ViewWriter {
  /** Instant reached so far. */
  now = 0;
  /** Instant of the last event. */
  private last = 0;
  private watched = 0;
  private reported = 0;
  private base = 0;
  private length = 0;
  private reached = false;
  private lessonId = NONE;

  constructor(
    private readonly random: Random,
    private readonly traits: SessionTraits,
  ) {}

  begin(now: number): void {
    this.now = now;
    this.last = now - 1;
  }

  /** An event outside of a view. */
  emitSession(type: number, out: EventColumns): void {
    const { traits } = this;
    const at = this.tick();
    out.push(at, at, traits.sessionStartedAt, traits.studentId, NONE, type, NONE, 0, 0, traits.device);
  }

  /** A view from the startup of the player to `lesson_completed` or `abandoned`; false if the day ends before it begins. */
  write(
    lessonId: number,
    length: number,
    difficulty: number,
    start: number,
    repeat: boolean,
    out: EventColumns,
  ): boolean {
    const { random, traits } = this;
    this.lessonId = lessonId;
    this.length = length;
    this.base = start;
    this.watched = 0;
    this.reported = 0;
    this.reached = false;
    const network = NETWORKS[traits.network];
    const startup = round(random.logNormal(network.startupMs, MIX.startupSpread));
    if (this.now + startup >= traits.limit) return false;
    this.now += startup;
    this.emit(EventType.lesson_started, startup, out);
    const impatience = (MIX.startupLeavePerSecond * (startup - MIX.startupPatienceMs)) / SECOND_MS;
    if (random.unit() < impatience) {
      this.now += random.logNormal(MIX.leaveMedianSeconds, 0.5) * SECOND_MS;
      this.emit(EventType.abandoned, 0, out);
      return true;
    }
    this.play(length, difficulty, start, repeat, network.buffered, network.stalledShare, out);
    return true;
  }

  private play(
    length: number,
    difficulty: number,
    start: number,
    repeat: boolean,
    buffered: number,
    stalledShare: number,
    out: EventColumns,
  ): void {
    const { random, traits } = this;
    const perMs = PLAYBACK_RATES[traits.playback] / SECOND_MS;
    const pauseGap = 60 / (MIX.pausesPerMinute * traits.pauses);
    const seekGap = 60 / MIX.seeksPerMinute;
    const beat = traits.heartbeatSeconds * SECOND_MS * perMs;
    let leave = this.drawLeave(length, difficulty, repeat);
    const planned = min(leave, length - start);
    let buffer = NEVER;
    if (random.unit() < buffered) buffer = planned * random.unit();
    let pause = random.exponential() * pauseGap;
    let seek = random.exponential() * seekGap;
    let heartbeat = beat;
    for (;;) {
      const end = length - this.base;
      let what = LEAVES;
      let next = leave;
      if (end <= next) {
        what = ENDS;
        next = end;
      }
      if (buffer < next) {
        what = BUFFERS;
        next = buffer;
      }
      if (pause < next) {
        what = PAUSES;
        next = pause;
      }
      if (seek < next) {
        what = SEEKS;
        next = seek;
      }
      if (heartbeat < next) {
        what = BEATS;
        next = heartbeat;
      }
      const elapsed = (next - this.watched) / perMs;
      if (this.now + elapsed >= traits.limit) return this.cut((traits.limit - this.now) * perMs, out);
      this.now += elapsed;
      this.watched = next;
      switch (what) {
        case BEATS:
          heartbeat += beat;
          this.emit(EventType.heartbeat, 0, out);
          break;
        case PAUSES:
          pause += random.exponential() * pauseGap;
          this.emit(EventType.paused, 0, out);
          this.now +=
            1 + min(MIX.pauseAtMostSeconds, random.logNormal(MIX.pauseMedianSeconds, MIX.pauseSpread)) * SECOND_MS;
          if (this.now >= traits.limit) return this.cut(0, out);
          this.emit(EventType.resumed, 0, out);
          break;
        case SEEKS:
          seek += random.exponential() * seekGap;
          this.jump(out);
          break;
        case BUFFERS: {
          const share = MIX.stallScale * (stalledShare / buffered) * random.logNormal(MIX.stallMedian, MIX.stallSpread);
          const stalled = max(1, round((share * planned) / perMs));
          buffer = NEVER;
          this.now += stalled;
          if (this.now >= traits.limit) return this.cut(0, out);
          this.emit(EventType.buffered, stalled, out);
          // Waiting in the middle of a view costs half of it on average: leaving with 2 × loss makes the loss.
          if (random.unit() < 2 * MIX.watchLossPerStall * share) leave = this.watched;
          break;
        }
        case ENDS:
          return this.emit(EventType.lesson_completed, 0, out);
        default:
          return this.leave(out);
      }
    }
  }

  /** Content seconds after which the student leaves, if the lesson lasts as long. */
  private drawLeave(length: number, difficulty: number, repeat: boolean): number {
    const { random, traits } = this;
    const { earlyExit, perMinute, shuns } = traits.leavingMix;
    const early = repeat ? earlyExit * MIX.rewatchEarlyExit : earlyExit;
    const window = MIX.earlyExitWindow * length;
    if (random.unit() < early) return window * random.unit();
    const long = max(1, length / MIX.longLessonSeconds);
    const length9 = shuns ? long * sqrt(long) : long;
    const perSecond = (perMinute / 60) * length9 * traits.leaving * difficulty;
    return random.exponential() / perSecond;
  }

  /** Seeks by whole seconds; once 95 % are reached nobody seeks, the view is as good as done. */
  private jump(out: EventColumns): void {
    const { random } = this;
    const back = random.unit() < MIX.seekBack;
    const size = 1 + floor(random.logNormal(MIX.seekMedianSeconds, MIX.seekSpread));
    const position = this.base + floor(this.watched);
    if (isReached(position, this.length)) return;
    const target = back ? max(0, position - size) : min(this.length - 1, position + size);
    this.base += target - position;
    this.emit(EventType.seeked, 0, out);
  }

  private leave(out: EventColumns): void {
    if (this.reached || isReached(this.base + floor(this.watched), this.length))
      return this.emit(EventType.lesson_completed, 0, out);
    this.emit(EventType.paused, 0, out);
    this.now += this.random.logNormal(MIX.leaveMedianSeconds, 0.5) * SECOND_MS;
    this.emit(EventType.abandoned, 0, out);
  }

  /** The day ends: the view stops where it is. */
  private cut(more: number, out: EventColumns): void {
    this.watched = min(this.watched + max(0, more), this.length - this.base);
    this.now = max(this.now, this.traits.limit);
    const done = this.reached || isReached(this.base + floor(this.watched), this.length);
    this.emit(done ? EventType.lesson_completed : EventType.abandoned, 0, out);
  }

  private emit(type: number, stalledMs: number, out: EventColumns): void {
    const { traits } = this;
    const at = this.tick();
    const whole = floor(this.watched);
    const position = this.base + whole;
    if (isReached(position, this.length)) this.reached = true;
    out.push(
      at,
      at,
      traits.sessionStartedAt,
      traits.studentId,
      this.lessonId,
      type,
      position,
      whole - this.reported,
      stalledMs,
      traits.device,
    );
    this.reported = whole;
  }

  /** Whole milliseconds, each later than the one before. */
  private tick(): number {
    this.last = max(this.last + 1, floor(this.now));
    return this.last;
  }
}

/** A lesson counts as completed once 95 % of it were reached. */
export const isReached = (position: number, length: number): boolean => 20 * position >= 19 * length;
