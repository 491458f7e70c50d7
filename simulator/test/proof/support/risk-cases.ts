import { MODEL_VERSION, parseStreamConfig } from '../../../src/model/config';
import { parseDay, type Day } from '../../../src/model/day';
import { Stream } from '../../../src/model/stream';
import { CohortCalendar, HOUR_MS } from '../../../src/proof/answers/calendar';
import { StudentHistory } from '../../../src/proof/answers/history';
import { RiskSnapshot } from '../../../src/proof/answers/risk-tables';

/**
 * Assesses every student of a stream at the end of some weeks and prints the cases as JSON, by week. A program of its own:
 * inside jest's sandbox the generator takes many times as long.
 * Arguments: seed, then weeks.
 */
const STUDENTS = 2_000;
const FIRST = parseDay('2026-09-07');

/** One student on one day: what the rule says, and what is true. */
export interface Case {
  readonly score: number;
  readonly flagged: boolean;
  readonly atRisk: boolean;
}

function assess(seed: number, weeks: readonly number[]): Record<number, Case[]> {
  const config = parseStreamConfig({ students: STUDENTS });
  const stream = new Stream([{ validFromDay: FIRST, modelVersion: MODEL_VERSION, seed, config }]);
  const days = weeks.map((week) => FIRST + week * 7 - 1);
  const last = Math.max(...days);
  const history = new StudentHistory(stream);
  const cases: Record<number, Case[]> = Object.fromEntries(weeks.map((week) => [week, []]));
  const classrooms = new Map<number, number[]>();
  for (const id of stream.studentIds()) {
    const { classroomId } = stream.student(id);
    classrooms.set(classroomId, [...(classrooms.get(classroomId) ?? []), id]);
  }
  for (const students of classrooms.values()) {
    const { cohortId } = stream.student(students[0]);
    const calendar = new CohortCalendar(stream, cohortId, FIRST, last + 1);
    const snapshots = days.map((day) => new RiskSnapshot(day, calendar.endsAt(day) + 4 * HOUR_MS));
    for (const id of students) {
      history.load(id, calendar, last);
      for (const snapshot of snapshots) snapshot.add(history);
    }
    snapshots.forEach((snapshot, index) => collect(stream, snapshot, days[index], cases[weeks[index]]));
  }
  return cases;
}

function collect(stream: Stream, snapshot: RiskSnapshot, day: Day, cases: Case[]): void {
  for (const { studentId, score, level } of snapshot.assess()) {
    cases.push({ score, flagged: level === 2, atRisk: stream.groundTruthAtRisk(studentId, day) });
  }
}

if (require.main === module) {
  const [seed, ...weeks] = process.argv.slice(2).map(Number);
  process.stdout.write(JSON.stringify(assess(seed, weeks)));
}
