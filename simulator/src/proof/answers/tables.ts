/** Tables that the answer key proves: keys and columns in the order of comparison, as in docs/analytics.md. */

/**
 * How a value is compared: whole numbers and text as they are, days as days since 1970, instants as ms since 1970,
 * moments (event ids) as ms since 2020, lists joined by commas.
 */
export type ValueKind = 'plain' | 'day' | 'instant' | 'moment' | 'list';

export interface TableSpec {
  /** Name in schema `analytics`. */
  readonly name: string;
  /** Numeric once read; rows are compared in the ascending order of these. */
  readonly keys: readonly (readonly [string, ValueKind])[];
  readonly columns: readonly (readonly [string, ValueKind])[];
}

/** A row that must be there. */
export interface ExpectedRow {
  readonly keys: readonly number[];
  readonly values: readonly (number | bigint | string | null)[];
}

const plain = (...names: string[]): [string, ValueKind][] => names.map((name) => [name, 'plain']);
const DAY: [string, ValueKind] = ['day', 'day'];

const SUMS = ['first_views', 'repeat_views', 'completions', 'abandons', 'watched_seconds', 'stalled_ms', 'startup_ms'];
const LESSON_SUMS = [...SUMS, 'pauses', 'resumes', 'seeks', 'buffered_views'];
const CLASS_SUMS = ['events', 'sessions', ...SUMS, 'buffered_views', 'late_events'];
const DEVICES = ['desktop', 'tablet', 'mobile'];
const QUARTILES = ['p25', 'p50', 'p75'];

export const STUDENT_LESSON_DAY: TableSpec = {
  name: 'student_lesson_day',
  keys: [...plain('student_id'), DAY, ...plain('lesson_id')],
  columns: plain('cohort_id', ...LESSON_SUMS, 'furthest_position_seconds'),
};

export const LESSON_DAY: TableSpec = {
  name: 'lesson_day',
  keys: [...plain('cohort_id'), DAY, ...plain('lesson_id')],
  columns: plain(
    'students',
    ...LESSON_SUMS,
    ...DEVICES.map((device) => `views_${device}`),
    ...DEVICES.map((device) => `abandons_${device}`),
    ...QUARTILES.map((quartile) => `complete_seconds_${quartile}`),
  ),
};

export const LESSON_DROPOFF: TableSpec = {
  name: 'lesson_dropoff',
  keys: [...plain('cohort_id'), DAY, ...plain('lesson_id', 'bucket')],
  columns: plain('first_reached', 'repeat_reached', 'pauses', 'seeks_back'),
};

export const CLASSROOM_DAY: TableSpec = {
  name: 'classroom_day',
  keys: [...plain('classroom_id'), DAY],
  columns: plain(
    'cohort_id',
    'active_mask',
    'active_students',
    'enrolled_students',
    ...CLASS_SUMS,
    ...QUARTILES.map((quartile) => `watched_seconds_${quartile}`),
  ),
};

export const COHORT_DAY: TableSpec = {
  name: 'cohort_day',
  keys: [...plain('cohort_id'), DAY],
  columns: plain(
    'kind',
    'enrolled_students',
    'active_students',
    'active_classrooms',
    'enrolments',
    'withdrawals',
    ...CLASS_SUMS,
    ...QUARTILES.map((quartile) => `watched_seconds_${quartile}`),
  ),
};

export const TOTAL_DAY: TableSpec = {
  name: 'total_day',
  keys: [DAY],
  columns: plain(
    'cohorts',
    'enrolled_students',
    'active_students',
    'active_classrooms',
    'enrolments',
    'withdrawals',
    ...CLASS_SUMS,
  ),
};

export const CLASSROOM_WINDOW: TableSpec = {
  name: 'classroom_window',
  keys: [...plain('classroom_id'), DAY, ...plain('window_days')],
  columns: plain('cohort_id', 'active_mask', 'active_students', 'sessions', 'views', 'completions', 'watched_seconds'),
};

export const AT_RISK: TableSpec = {
  name: 'at_risk',
  keys: [...plain('student_id'), DAY],
  columns: [
    ...plain(
      'cohort_id',
      'score',
      'level',
      'inactive_school_days',
      'recent_watched_seconds',
      'earlier_watched_seconds',
      'completion_permille',
      'class_completion_permille',
    ),
    ['reasons', 'list'],
    ['since_day', 'day'],
  ],
};

const ROLL_UP_SUMS = ['views', 'completions', 'abandons'];

export const MINUTE: TableSpec = {
  name: 'minute',
  keys: [['minute', 'instant'], ...plain('cohort_id')],
  columns: plain(
    'events',
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
    'watched_seconds',
    'stalled_ms',
    'startup_ms',
    'late_events',
  ),
};

export const LESSON_HOUR: TableSpec = {
  name: 'lesson_hour',
  keys: [...plain('lesson_id', 'cohort_id'), ['hour', 'instant']],
  columns: plain(
    'events',
    ...ROLL_UP_SUMS,
    'pauses',
    'seeks',
    'buffered_views',
    'watched_seconds',
    'stalled_ms',
    'startup_ms',
  ),
};

export const CLASSROOM_HOUR: TableSpec = {
  name: 'classroom_hour',
  keys: [...plain('classroom_id'), ['hour', 'instant']],
  columns: plain(
    'active_mask',
    'events',
    'sessions',
    ...ROLL_UP_SUMS,
    'buffered_views',
    'watched_seconds',
    'stalled_ms',
    'startup_ms',
    'late_events',
  ),
};

export const STUDENT_DAY: TableSpec = {
  name: 'student_day',
  keys: [...plain('student_id'), DAY, ...plain('late_hours')],
  columns: [
    ...plain('events', 'sessions', ...ROLL_UP_SUMS, 'buffered_views', 'watched_seconds', 'stalled_ms', 'active_hours'),
    ['first_event_at', 'instant'],
    ['last_event_at', 'instant'],
  ],
};

export const LESSON_VIEWS: TableSpec = {
  name: 'lesson_views',
  keys: [...plain('student_id', 'lesson_id'), ['event_id', 'moment']],
  columns: [
    ['event_id', 'plain'],
    ['received_at', 'instant'],
  ],
};
