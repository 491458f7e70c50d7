import type { Day } from '../../model/day';
import type { Classroom, Lesson } from '../../model/stream';
import { DAY_MS, type CohortCalendar } from './calendar';
import { ClassroomDay, CohortDay } from './class-tables';
import type { StudentHistory } from './history';
import { LessonTables, studentLessonRows } from './lesson-tables';
import type { Run } from './published';
import { RiskSnapshot, type AssessedStudent } from './risk-tables';
import { studentDay, type StudentDay } from './student-day';
import type { ExpectedRow } from './tables';

/** The figures of one run that grow over all classrooms of its cohort. */
export class RunTables {
  readonly cohort = new CohortDay();
  readonly lessons: LessonTables;

  constructor(
    readonly run: Run,
    lessons: ReadonlyMap<number, Lesson>,
  ) {
    this.lessons = new LessonTables(run.cohortId, run.day, lessons);
  }
}

/** Goes through one classroom, student after student, for all runs and snapshots of its cohort. */
export class ClassroomPass {
  private readonly days: ClassroomDay[];
  private readonly snapshots: RiskSnapshot[];

  constructor(
    private readonly classroom: Pick<Classroom, 'classroomId' | 'cohortId'>,
    private readonly calendar: CohortCalendar,
    private readonly runs: readonly RunTables[],
    private readonly snapshotRuns: readonly Run[],
  ) {
    this.days = runs.map(() => new ClassroomDay());
    this.snapshots = snapshotRuns.map(({ day, asOf }) => new RiskSnapshot(day, asOf));
  }

  /** Adds one student; returns the student's rows of `student_lesson_day`. */
  add(history: StudentHistory): ExpectedRow[] {
    for (const snapshot of this.snapshots) snapshot.add(history);
    return this.runs.flatMap((tables, index) => {
      const { run } = tables;
      return studentLessonRows(history.student.studentId, run.cohortId, run.day, this.addTo(index, history, false));
    });
  }

  /**
   * Adds an erased student where nothing could be made again: to the sums of days of which retention had dropped a part when
   * the student was erased.
   */
  addErased(history: StudentHistory, wasDropped: (utcDay: Day) => boolean): void {
    this.runs.forEach(({ run }, index) => {
      const first = Math.floor(this.calendar.startsAt(run.day) / DAY_MS);
      const last = Math.floor((this.calendar.endsAt(run.day) - 1) / DAY_MS);
      for (let utcDay = first; utcDay <= last; utcDay++) {
        if (!wasDropped(utcDay)) continue;
        this.addTo(index, history, true);
        return;
      }
    });
  }

  private addTo(index: number, history: StudentHistory, erased: boolean): StudentDay {
    const { run, cohort, lessons } = this.runs[index];
    const enrolled = history.enrolledAt(this.calendar.endsAt(run.day));
    const day = studentDay(history, run.day, run.asOf);
    this.days[index].add(history.student.studentId, enrolled, day, erased);
    cohort.add(enrolled, day);
    lessons.add(day);
    return day;
  }

  /** Ends the classroom: its rows of `classroom_day`. */
  classroomRows(): ExpectedRow[] {
    return this.runs.flatMap(({ run, cohort }, index) => {
      if (this.days[index].active) cohort.activeClassrooms++;
      return this.days[index].row(this.classroom.classroomId, run.cohortId, run.day);
    });
  }

  windowRows(): ExpectedRow[] {
    return this.snapshots.flatMap((snapshot) =>
      snapshot.windowRows(this.classroom.classroomId, this.classroom.cohortId),
    );
  }

  /** Rows of `at_risk`, ascending by student and day; `judge` sees each assessment. */
  riskRows(judge: (run: Run, student: AssessedStudent) => void): ExpectedRow[] {
    const rows = this.snapshots.flatMap((snapshot, index) => {
      const assessed = snapshot.assess();
      for (const student of assessed) judge(this.snapshotRuns[index], student);
      return snapshot.riskRows(this.classroom.cohortId, assessed);
    });
    return rows.sort((a, b) => a.keys[0] - b.keys[0] || a.keys[1] - b.keys[1]);
  }
}
