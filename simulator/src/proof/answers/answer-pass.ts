import type { Client } from 'pg';
import { EVENT_EPOCH_MS, shardOf } from '../../events/event-id';
import { DAY_MS, formatDay, type Day } from '../../model/day';
import type { Snapshot } from '../snapshot';
import { Breather, type OnProgress } from '../progress';
import { CohortCalendar } from './calendar';
import { ClassroomPass, RunTables } from './classroom-pass';
import { CohortDay } from './class-tables';
import { TableComparison, type Findings } from './comparison';
import { StudentHistory } from './history';
import type { RiskOutcomes } from './outcome';
import { madeAgain, type PendingBatches, type Run } from './published';
import { RollUps } from './roll-ups';
import * as tables from './tables';

/** What stands in the database at the snapshot, apart from the tables themselves. */
export interface AnswerContext {
  readonly snapshot: Snapshot;
  readonly runs: readonly Run[];
  readonly snapshotRuns: readonly Run[];
  readonly pending: PendingBatches;
  readonly findings: Findings;
  readonly outcomes: RiskOutcomes;
}

type Comparisons = Record<string, TableComparison>;

/** Compares all tables for some days in one pass over all students: local days of daily tables, UTC days of roll-ups. */
export async function answerDays(context: AnswerContext, from: Day, to: Day, onProgress: OnProgress): Promise<void> {
  const { snapshot, findings } = context;
  const { stream } = snapshot;
  const within = ({ day }: Run): boolean => day >= from && day <= to;
  const lessons = new Map(stream.lessons.map((lesson) => [lesson.lessonId, lesson]));
  const runs = context.runs.filter(within).map((run) => new RunTables(run, lessons));
  const snapshotRuns = context.snapshotRuns.filter(within);
  const calendars = new Map(
    stream.cohorts.map(({ cohortId }) => [cohortId, new CohortCalendar(stream, cohortId, stream.firstDay, to + 2)]),
  );
  const compare = openComparisons(snapshot.client, findings, from, to);
  const rollUps = newRollUps(context, from, to);
  const history = new StudentHistory(stream);
  const breather = new Breather();
  const students = [...stream.studentIds()];
  for (let next = 0; next < students.length;) {
    const { classroomId, cohortId } = stream.student(students[next]);
    const calendar = calendars.get(cohortId);
    if (calendar === undefined)
      throw new Error(`classroom ${classroomId} is of cohort ${cohortId}, which has no calendar`);
    const ofCohort = (run: Run): boolean => run.cohortId === cohortId;
    const classRuns = runs.filter(({ run }) => ofCohort(run));
    const pass = new ClassroomPass({ classroomId, cohortId }, calendar, classRuns, snapshotRuns.filter(ofCohort));
    for (; next < students.length && stream.student(students[next]).classroomId === classroomId; next++) {
      const studentId = students[next];
      // Local days of the east reach into the next UTC day, which roll-ups are compared by.
      history.load(studentId, calendar, to + 1);
      const erasedAt = snapshot.forgotten.get(studentId);
      if (erasedAt !== undefined) {
        const wasDropped = (day: Day): boolean => (snapshot.droppedDays.get(day)?.droppedAt ?? Infinity) < erasedAt;
        pass.addErased(history, wasDropped);
        rollUps.add(history, wasDropped);
        continue;
      }
      await compare.studentLessonDay.expect(pass.add(history));
      rollUps.add(history);
      const { studentDay, lessonViews } = rollUps.takeStudent(studentId);
      await compare.studentDay.expect(studentDay);
      await compare.lessonViews.expect(lessonViews);
      if (!breather.due) continue;
      onProgress({ phase: `${formatDay(from)} …`, done: next, total: students.length });
      await breather.pause();
    }
    await compare.classroomDay.expect(pass.classroomRows());
    await compare.classroomHour.expect(rollUps.takeClassroom(classroomId));
    await compare.classroomWindow.expect(pass.windowRows());
    const judge = judgeOf(context);
    await compare.atRisk.expect(pass.riskRows(judge));
  }
  await compareTotals(compare, runs, calendars, stream.cohorts.length);
  await compare.minute.expect(rollUps.minuteRows());
  await compare.lessonHour.expect(rollUps.lessonHourRows());
  for (const comparison of Object.values(compare)) await comparison.finish();
  onProgress({ phase: `${formatDay(from)} …`, done: students.length, total: students.length });
}

const judgeOf =
  ({ snapshot, outcomes }: AnswerContext): Parameters<ClassroomPass['riskRows']>[0] =>
  ({ cohortId, day }, { studentId, level }) =>
    outcomes.count(cohortId, day, level === 2, snapshot.stream.groundTruthAtRisk(studentId, day));

function openComparisons(client: Client, findings: Findings, from: Day, to: Day): Comparisons {
  const days = `t.day between '${formatDay(from)}' and '${formatDay(to)}'`;
  const ofCohorts = `${days} and ${madeAgain('t')}`;
  const instants = (column: string): string =>
    `t.${column} >= '${formatDay(from)} 00:00Z' and t.${column} < '${formatDay(to + 1)} 00:00Z'`;
  const firstId = (day: Day): bigint => BigInt(day * DAY_MS - EVENT_EPOCH_MS) << 22n;
  const open = (spec: tables.TableSpec, where: string): TableComparison =>
    new TableComparison(client, spec, where, findings);
  return {
    studentLessonDay: open(tables.STUDENT_LESSON_DAY, ofCohorts),
    lessonDay: open(tables.LESSON_DAY, ofCohorts),
    lessonDropoff: open(tables.LESSON_DROPOFF, ofCohorts),
    classroomDay: open(tables.CLASSROOM_DAY, ofCohorts),
    cohortDay: open(tables.COHORT_DAY, ofCohorts),
    totalDay: open(tables.TOTAL_DAY, `${days} and t.day not in (select e.day from ops.erasure_days e)`),
    classroomWindow: open(tables.CLASSROOM_WINDOW, ofCohorts),
    atRisk: open(tables.AT_RISK, ofCohorts),
    minute: open(tables.MINUTE, instants('minute')),
    lessonHour: open(tables.LESSON_HOUR, instants('hour')),
    classroomHour: open(tables.CLASSROOM_HOUR, instants('hour')),
    studentDay: open(tables.STUDENT_DAY, days),
    lessonViews: open(tables.LESSON_VIEWS, `t.event_id >= ${firstId(from)} and t.event_id < ${firstId(to + 1)}`),
  };
}

function newRollUps({ snapshot, pending }: AnswerContext, from: Day, to: Day): RollUps {
  const { watermarks } = snapshot;
  return new RollUps(
    { from: from * DAY_MS, to: (to + 1) * DAY_MS, firstDay: from, lastDay: to },
    (studentId, occurredAt, receivedAt) =>
      receivedAt <= watermarks[shardOf(studentId)] && !pending.holds(studentId, occurredAt, receivedAt),
  );
}

/** The tables by cohort, and the platform's total of the days that every cohort has published. */
async function compareTotals(
  compare: Comparisons,
  runs: readonly RunTables[],
  calendars: ReadonlyMap<number, CohortCalendar>,
  cohorts: number,
): Promise<void> {
  const byDay = new Map<Day, CohortDay[]>();
  for (const { run, cohort, lessons } of runs) {
    await compare.lessonDay.expect(lessons.lessonRows());
    await compare.lessonDropoff.expect(lessons.dropoffRows());
    const kind = calendars.get(run.cohortId)?.kind(run.day);
    if (kind === undefined)
      throw new Error(`run of ${formatDay(run.day)} is of cohort ${run.cohortId}, which the stream does not have`);
    await compare.cohortDay.expect([cohort.row(run.cohortId, run.day, kind)]);
    byDay.set(run.day, [...(byDay.get(run.day) ?? []), cohort]);
  }
  const complete = [...byDay].filter(([, found]) => found.length === cohorts).sort(([a], [b]) => a - b);
  await compare.totalDay.expect(complete.map(([day, found]) => CohortDay.total(day, found)));
}
