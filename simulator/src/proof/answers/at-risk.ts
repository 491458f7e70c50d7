/**
 * The at-risk rule of docs/analytics.md on integers: what a student did, compared with the student's own earlier weeks and
 * with the class. Knows nothing of the model: whoever is called at risk is so by events, calendar and enrolment alone.
 */

/** Days before and including the run's day that the rule looks at. */
export const RISK_WINDOW_DAYS = 56;
export const RECENT_DAYS = 14;
export const COMPLETION_DAYS = 28;
/** A student is assessed from this many hours after enrolment. */
export const MIN_ENROLLED_MS = 7 * 24 * 3_600_000;

/** Every threshold and weight of the rule. Lengths in school days, shares in per mille. */
export const RISK_RULE = Object.freeze({
  minRecentSchoolDays: 5,
  minEarlierSchoolDays: 8,
  minEarlierWatchedSeconds: 1_800,
  minViews: 5,
  minClassmates: 5,
  pointsPerInactiveDay: 5,
  maxInactivityPoints: 40,
  declinePoints: 25,
  completionPoints: 35,
  inactiveDays: 7,
  watchTimePermille: 400,
  completionPermille: 500,
  watchScore: 12,
  riskScore: 20,
});

/** What the rule reads of one student, sums over the rows inside the cut. */
export interface RiskInputs {
  /** School days after the last active day. */
  readonly inactiveSchoolDays: number;
  /** First of these days; null without any. */
  readonly sinceDay: number | null;
  readonly recentWatchedSeconds: number;
  readonly recentSchoolDays: number;
  readonly earlierWatchedSeconds: number;
  readonly earlierSchoolDays: number;
  /** Lessons started and completed in the last {@link COMPLETION_DAYS} days. */
  readonly views: number;
  readonly completions: number;
}

export type RiskReason = 'inactive' | 'watch_time_fell' | 'completion_low';

export interface RiskAssessment {
  /** 0 … 100 points. */
  readonly score: number;
  /** 0 none, 1 watch, 2 at risk. */
  readonly level: 0 | 1 | 2;
  readonly completionPermille: number | null;
  readonly classCompletionPermille: number | null;
  readonly reasons: readonly RiskReason[];
}

const quotient = (dividend: number, divisor: number): number => Math.floor(dividend / divisor);

/** Completed of started lessons in per mille; null where too few were started. */
export function completionPermille(inputs: RiskInputs): number | null {
  if (inputs.views < RISK_RULE.minViews) return null;
  return Math.min(1_000, quotient(1_000 * inputs.completions, inputs.views));
}

/** Nearest-rank median of the class; null where too few students have a value. */
export function classMedian(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length < RISK_RULE.minClassmates ? null : known[Math.ceil(known.length / 2) - 1];
}

/** Recent against earlier watch time, each per school day, in per mille; null without enough of either. */
function watchTimePermille(inputs: RiskInputs): number | null {
  const { recentSchoolDays: recentDays, earlierSchoolDays: earlierDays } = inputs;
  if (recentDays < RISK_RULE.minRecentSchoolDays || earlierDays < RISK_RULE.minEarlierSchoolDays) return null;
  if (inputs.earlierWatchedSeconds < RISK_RULE.minEarlierWatchedSeconds) return null;
  const now = 1_000 * inputs.recentWatchedSeconds * earlierDays;
  return Math.min(1_000, quotient(now, inputs.earlierWatchedSeconds * recentDays));
}

/** Assesses the students of one classroom; the result has the order of `students`. */
export function assessClassroom(students: readonly RiskInputs[]): RiskAssessment[] {
  const completion = students.map(completionPermille);
  const median = classMedian(completion);
  return students.map((inputs, index) => assess(inputs, completion[index], median));
}

function assess(inputs: RiskInputs, completion: number | null, median: number | null): RiskAssessment {
  const watched = watchTimePermille(inputs);
  const againstClass =
    completion === null || median === null || median === 0
      ? null
      : Math.min(1_000, quotient(1_000 * completion, median));
  const score =
    Math.min(RISK_RULE.maxInactivityPoints, RISK_RULE.pointsPerInactiveDay * inputs.inactiveSchoolDays) +
    (watched === null ? 0 : quotient(RISK_RULE.declinePoints * (1_000 - watched), 1_000)) +
    (againstClass === null ? 0 : quotient(RISK_RULE.completionPoints * (1_000 - againstClass), 1_000));
  const reasons: RiskReason[] = [];
  if (inputs.inactiveSchoolDays >= RISK_RULE.inactiveDays) reasons.push('inactive');
  if (watched !== null && watched < RISK_RULE.watchTimePermille) reasons.push('watch_time_fell');
  if (againstClass !== null && againstClass < RISK_RULE.completionPermille) reasons.push('completion_low');
  const level = score >= RISK_RULE.riskScore ? 2 : score >= RISK_RULE.watchScore || reasons.length > 0 ? 1 : 0;
  return { score, level, completionPermille: completion, classCompletionPermille: median, reasons };
}
