import { seatOf } from '../../events/event-id';
import type { Day } from '../../model/day';
import {
  assessClassroom,
  COMPLETION_DAYS,
  MIN_ENROLLED_MS,
  RECENT_DAYS,
  RISK_WINDOW_DAYS,
  type RiskAssessment,
  type RiskInputs,
} from './at-risk';
import type { StudentHistory } from './history';
import type { ExpectedRow } from './tables';

/** Lengths of `classroom_window` in days. */
const WINDOWS = [7, 30];

/** Reads the inputs of the at-risk rule at a cut. */
export function riskInputs(history: StudentHistory, day: Day, asOf: number): RiskInputs {
  const { calendar, student } = history;
  const inputs = {
    inactiveSchoolDays: 0,
    sinceDay: null as Day | null,
    recentWatchedSeconds: 0,
    recentSchoolDays: 0,
    earlierWatchedSeconds: 0,
    earlierSchoolDays: 0,
    views: 0,
    completions: 0,
  };
  for (let d = Math.max(day - RISK_WINDOW_DAYS + 1, calendar.first); d <= day; d++) {
    const totals = history.dayTotals(d, asOf);
    const schoolDay = calendar.isSchoolDay(d) && calendar.endsAt(d) > student.enrolledAt ? 1 : 0;
    if (totals.active) {
      inputs.inactiveSchoolDays = 0;
      inputs.sinceDay = null;
    } else if (schoolDay === 1) {
      inputs.inactiveSchoolDays++;
      inputs.sinceDay ??= d;
    }
    if (d > day - RECENT_DAYS) {
      inputs.recentWatchedSeconds += totals.watchedSeconds;
      inputs.recentSchoolDays += schoolDay;
    } else {
      inputs.earlierWatchedSeconds += totals.watchedSeconds;
      inputs.earlierSchoolDays += schoolDay;
    }
    if (d > day - COMPLETION_DAYS) {
      inputs.views += totals.views;
      inputs.completions += totals.completions;
    }
  }
  return inputs;
}

/** Whether the rule says anything of the student on a day that ends at `endsAt`. */
export const isAssessed = (history: StudentHistory, endsAt: number): boolean =>
  history.enrolledAt(endsAt) && history.student.enrolledAt <= endsAt - MIN_ENROLLED_MS;

class Window {
  rows = 0;
  mask = 0n;
  active = 0;
  readonly sums = [0, 0, 0, 0];

  add(history: StudentHistory, day: Day, asOf: number, days: number): void {
    let active = false;
    for (let d = Math.max(day - days + 1, history.calendar.first); d <= day; d++) {
      const totals = history.dayTotals(d, asOf);
      if (totals.rows === 0) continue;
      this.rows += totals.rows;
      active ||= totals.active;
      this.sums[0] += totals.sessions;
      this.sums[1] += totals.views;
      this.sums[2] += totals.completions;
      this.sums[3] += totals.watchedSeconds;
    }
    if (!active) return;
    this.active++;
    this.mask |= 1n << BigInt(seatOf(history.student.studentId));
  }
}

/** One student's assessment. */
export interface AssessedStudent extends RiskAssessment {
  readonly studentId: number;
  readonly inputs: RiskInputs;
}

/** Gathers `classroom_window` and `at_risk` of one classroom and day, student after student. */
export class RiskSnapshot {
  private readonly windows = WINDOWS.map(() => new Window());
  private readonly students: { studentId: number; inputs: RiskInputs }[] = [];

  constructor(
    private readonly day: Day,
    private readonly asOf: number,
  ) {}

  add(history: StudentHistory): void {
    this.windows.forEach((window, index) => window.add(history, this.day, this.asOf, WINDOWS[index]));
    if (!isAssessed(history, history.calendar.endsAt(this.day))) return;
    const inputs = riskInputs(history, this.day, this.asOf);
    this.students.push({ studentId: history.student.studentId, inputs });
  }

  assess(): AssessedStudent[] {
    const assessments = assessClassroom(this.students.map(({ inputs }) => inputs));
    return this.students.map((student, index) => ({ ...student, ...assessments[index] }));
  }

  windowRows(classroomId: number, cohortId: number): ExpectedRow[] {
    return this.windows
      .map((window, index) => ({ window, days: WINDOWS[index] }))
      .filter(({ window }) => window.rows > 0)
      .map(({ window, days }) => ({
        keys: [classroomId, this.day, days],
        values: [cohortId, window.mask, window.active, ...window.sums],
      }));
  }

  riskRows(cohortId: number, assessed: readonly AssessedStudent[]): ExpectedRow[] {
    return assessed.map(({ studentId, inputs, ...result }) => ({
      keys: [studentId, this.day],
      values: [
        cohortId,
        result.score,
        result.level,
        inputs.inactiveSchoolDays,
        inputs.recentWatchedSeconds,
        inputs.earlierWatchedSeconds,
        result.completionPermille,
        result.classCompletionPermille,
        result.reasons.join(','),
        inputs.sinceDay,
      ],
    }));
  }
}
