/** The kinds of events, in the order of the enum `edtech.event_type`; the index is the code in {@link EventColumns.eventType}. */
export const EVENT_TYPES = [
  'enrolled',
  'unenrolled',
  'session_started',
  'session_ended',
  'lesson_started',
  'heartbeat',
  'paused',
  'resumed',
  'seeked',
  'buffered',
  'lesson_completed',
  'abandoned',
] as const;
export type EventTypeName = (typeof EVENT_TYPES)[number];

/** Code of each kind of event: its index in {@link EVENT_TYPES}. */
export const EventType = Object.freeze(
  Object.fromEntries(EVENT_TYPES.map((name, code) => [name, code])) as Record<EventTypeName, number>,
);

/** The devices, in the order of the enum `edtech.device`; the index is the code in {@link EventColumns.device}. */
export const DEVICES = ['desktop', 'tablet', 'mobile'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** Code for "no value" in `sessionStartedAt`, `lessonId`, `positionSeconds` and `device`. */
export const NONE = -1;

/**
 * Events as a structure of arrays: row `i` is the `i`-th element of each column. Grows by doubling; `length` rows are in use.
 * One instance is reused batch after batch, so a consumer must not keep the arrays across a `clear()`.
 */
export class EventColumns {
  length = 0;
  capacity: number;
  /** Milliseconds since 1970-01-01Z, whole; at most one event per student and millisecond. */
  occurredAt: Float64Array;
  /** Milliseconds since 1970-01-01Z, whole; never before `occurredAt`, at most 72 h after it. */
  receivedAt: Float64Array;
  /** `occurredAt` of the session's `session_started`; {@link NONE} for enrolment events. The session id is that event's id. */
  sessionStartedAt: Float64Array;
  studentId: Int32Array;
  /** {@link NONE} for session and enrolment events. */
  lessonId: Int32Array;
  eventType: Uint8Array;
  /** Playhead after the event in whole seconds; {@link NONE} where `lessonId` is. */
  positionSeconds: Int32Array;
  /** Whole content seconds watched since the previous event of this view. */
  watchedSeconds: Int32Array;
  /** Milliseconds of waiting: startup delay on `lesson_started`, rebuffering on `buffered`. */
  stalledMs: Int32Array;
  /** {@link NONE} for enrolment events. */
  device: Int8Array;

  constructor(capacity = 16_384) {
    this.capacity = capacity;
    this.occurredAt = new Float64Array(capacity);
    this.receivedAt = new Float64Array(capacity);
    this.sessionStartedAt = new Float64Array(capacity);
    this.studentId = new Int32Array(capacity);
    this.lessonId = new Int32Array(capacity);
    this.eventType = new Uint8Array(capacity);
    this.positionSeconds = new Int32Array(capacity);
    this.watchedSeconds = new Int32Array(capacity);
    this.stalledMs = new Int32Array(capacity);
    this.device = new Int8Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  push(
    occurredAt: number,
    receivedAt: number,
    sessionStartedAt: number,
    studentId: number,
    lessonId: number,
    eventType: number,
    positionSeconds: number,
    watchedSeconds: number,
    stalledMs: number,
    device: number,
  ): void {
    const row = this.length;
    if (row === this.capacity) this.grow();
    this.occurredAt[row] = occurredAt;
    this.receivedAt[row] = receivedAt;
    this.sessionStartedAt[row] = sessionStartedAt;
    this.studentId[row] = studentId;
    this.lessonId[row] = lessonId;
    this.eventType[row] = eventType;
    this.positionSeconds[row] = positionSeconds;
    this.watchedSeconds[row] = watchedSeconds;
    this.stalledMs[row] = stalledMs;
    this.device[row] = device;
    this.length = row + 1;
  }

  private grow(): void {
    const bigger = new EventColumns(this.capacity * 2);
    bigger.occurredAt.set(this.occurredAt);
    bigger.receivedAt.set(this.receivedAt);
    bigger.sessionStartedAt.set(this.sessionStartedAt);
    bigger.studentId.set(this.studentId);
    bigger.lessonId.set(this.lessonId);
    bigger.eventType.set(this.eventType);
    bigger.positionSeconds.set(this.positionSeconds);
    bigger.watchedSeconds.set(this.watchedSeconds);
    bigger.stalledMs.set(this.stalledMs);
    bigger.device.set(this.device);
    Object.assign(this, bigger, { length: this.length });
  }
}
