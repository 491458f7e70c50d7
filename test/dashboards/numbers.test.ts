import { buildDashboards } from '../../dashboards';
import { panelContext, runPanel } from '../../local/page/data/dashboard-data';
import { DashboardDatabase, type Cell, type Frame } from '../../local/page/data/database';
import { resolveRange } from '../../local/page/data/time-range';
import { runAnswerKey, type AnswerKeyResult } from '../../simulator/src/proof/answer-key';
import type { TestDatabase } from '../support/database';
import { MINIMUM } from './support/days';
import * as ofClass from './support/expected-class';
import * as ofCohort from './support/expected-cohort';
import * as ofParts from './support/expected-parts';
import * as ofRisk from './support/expected-risk';
import * as ofStudent from './support/expected-student';
import * as ofTerm from './support/expected-term';
import type { Choice, Expected } from './support/expected-class';
import { createFilledDatabase, NOW } from './support/filled-database';
import { groupBy, readTables, sum, type Row, type Tables } from './support/tables';
import { databaseAt } from '../support/database';

const dashboards = buildDashboards({ minimumGroup: MINIMUM }).filter(({ audience }) => audience === 'educators');

interface Check {
  readonly expected: Expected;
  /** Columns that are compared; all if left out. */
  readonly columns?: readonly string[];
  /** Rows of equal rank come in any order: the words of the database's collation are not compared. */
  readonly anyOrder?: boolean;
  /** Rows that are shown at most; which of equal rank is the panel's choice. */
  readonly limit?: number;
}

/** Panels that are computed again, without SQL, from tables that the answer key proves. */
const CHECKS: Readonly<Record<string, Check>> = {
  'edu-class/active': { expected: ofClass.active },
  'edu-class/completions': { expected: ofClass.completions },
  'edu-class/attention': { expected: ofClass.attention },
  'edu-class/watch': { expected: ofClass.watch, columns: ['p25', 'p50', 'p75'] },
  'edu-class/usual': { expected: ofClass.usual },
  'edu-class/rhythm': { expected: ofClass.rhythm },
  'edu-class/lessons': { expected: ofClass.lessons, anyOrder: true, limit: 50 },
  'edu-class/days': { expected: ofClass.days },
  'edu-class/network': { expected: ofClass.network },
  'edu-lesson/need': { expected: ofCohort.need, anyOrder: true, limit: 100 },
  'edu-lesson/completion': { expected: ofCohort.completionOverTime },
  'edu-lesson/drop-off': { expected: ofCohort.dropOff },
  'edu-lesson/pauses': { expected: ofCohort.pauses },
  'edu-lesson/repeats': { expected: ofCohort.repeats },
  'edu-lesson/length': { expected: ofParts.length },
  'edu-lesson/devices': { expected: ofParts.devices },
  'edu-lesson/time': { expected: ofParts.time },
  'edu-lesson/compared': { expected: ofParts.compared },
  'edu-student/seen': { expected: ofStudent.seen },
  'edu-student/network': { expected: ofStudent.network },
  'edu-student/weeks': { expected: ofStudent.weeks },
  'edu-student/risk': { expected: ofStudent.risk, anyOrder: true },
  'edu-student/lessons': { expected: ofStudent.lessons, anyOrder: true, limit: 200 },
  'edu-student/calendar': { expected: ofStudent.calendar },
  'edu-student/rhythm': { expected: ofStudent.rhythm },
  'edu-risk/list': { expected: ofRisk.list, anyOrder: true },
  'edu-risk/change': { expected: ofRisk.change },
  'edu-risk/excluded': { expected: ofRisk.excluded },
  'edu-risk/reasons': { expected: ofRisk.reasons, anyOrder: true },
  'edu-risk/trend': { expected: ofRisk.trend },
  'edu-risk/quality': { expected: ofRisk.quality },
  'edu-cohort/completion': { expected: ofCohort.completionByCohort },
  'edu-cohort/funnel': { expected: ofTerm.funnel },
  'edu-cohort/enrolment': { expected: ofTerm.enrolment },
  'edu-cohort/term': { expected: ofTerm.term },
  'edu-cohort/quality': { expected: ofTerm.quality, anyOrder: true },
};

/** Panels with one query per cohort: by place in the list of names. */
const BY_PLACE: Readonly<Record<string, (t: Tables, c: Choice, place: number) => unknown[][]>> = {
  'edu-cohort/active': ofCohort.activeWeekly,
  'edu-cohort/watch': ofCohort.watchWeekly,
  'edu-cohort/late': ofCohort.lateDaily,
};

/** Panels that are not compared, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  dashboards.map(({ uid }) => [`${uid}/banner`, 'words about freshness, no figure of students']),
);

describe('the figures of the educators’ panels', () => {
  let filled: TestDatabase;
  let database: DashboardDatabase;
  let tables: Tables;
  let choices: Choice[];
  let answered: AnswerKeyResult;
  beforeAll(async () => {
    filled = await createFilledDatabase('numbers');
    database = new DashboardDatabase({ educator: filled.url('educator'), admin: filled.url('admin') }, (error) => {
      throw error;
    });
    answered = await runAnswerKey({ database: databaseAt(filled.url('simulator')), publish: true });
    tables = await readTables(await filled.connect('superuser'));
    const viewed = tables['analytics.lesson_day'];
    choices = tables['edtech.cohorts'].map(({ cohort_id: cohort }) => {
      const classroom = tables['edtech.classrooms'].filter((r) => r.cohort_id === cohort).at(-1)!.classroom_id;
      const most = viewed.filter((r) => r.cohort_id === cohort).sort((a, b) => b.students - a.students)[0];
      const student = studentOf(classroom, cohort % 2 === 0 ? 'busy' : 'at risk');
      return { cohort, classroom, lesson: most.lesson_id, student, from: 0, to: NOW.getTime() };
    });
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await filled?.drop();
  });

  /** The student of a class who watched most, or for whom most reasons for concern were found. */
  function studentOf(classroom: number, kind: 'busy' | 'at risk'): number {
    const rows = tables[kind === 'busy' ? 'analytics.student_day' : 'analytics.at_risk'];
    const weight = (r: Row): number => (kind === 'busy' ? r.watched_seconds : r.reasons.length) as number;
    const students = groupBy(
      rows.filter((r) => Math.floor(r.student_id / 63) === classroom),
      (r) => r.student_id as number,
    );
    return [...students].sort(([, a], [, b]) => sum(b, weight) - sum(a, weight))[0][0];
  }

  it('rest on tables in which the answer key finds no difference', () => {
    expect(answered.compared).toBeGreaterThan(10_000);
    expect(answered.different).toBe(0);
    const stored = tables['analytics.at_risk_outcome'];
    expect(answered.risk).toEqual({
      truePositives: sum(stored, (r) => r.true_positives),
      falsePositives: sum(stored, (r) => r.false_positives),
      trueNegatives: sum(stored, (r) => r.true_negatives),
      falseNegatives: sum(stored, (r) => r.false_negatives),
    });
  });

  it('are all compared, or stand in the list of exceptions', () => {
    const panels = dashboards.flatMap(({ uid, panels }) =>
      panels.filter(({ kind }) => kind !== 'text').map(({ key }) => `${uid}/${key}`),
    );
    const known = [...Object.keys(CHECKS), ...Object.keys(BY_PLACE), ...Object.keys(EXCEPTIONS)];
    expect(panels.filter((panel) => !known.includes(panel))).toEqual([]);
    expect(known.filter((panel) => !panels.includes(panel.split(':')[0]))).toEqual([]);
  });

  async function framesOf(name: string, choice: Choice): Promise<{ frames: Frame[]; full: Choice }> {
    const [uid, key] = name.split('/');
    const dashboard = dashboards.find((candidate) => candidate.uid === uid)!;
    const panel = dashboard.panels.find((candidate) => candidate.key === key)!;
    const zone = tables['edtech.cohorts'].find((r) => r.cohort_id === choice.cohort)!.time_zone;
    const range = resolveRange(dashboard.range.from, dashboard.range.to, NOW, zone);
    const { cohort, classroom, lesson, student } = choice;
    const variables = { cohort: `${cohort}`, classroom: `${classroom}`, lesson: `${lesson}`, student: `${student}` };
    const frames = await runPanel(database, panel, panelContext(panel, range, true, variables));
    return { frames, full: { ...choice, from: range.from.getTime() } };
  }

  it.each(Object.entries(CHECKS))(
    '%s are those of the tables, in every cohort',
    async (name, { expected, columns, anyOrder, limit }) => {
      let rows = 0;
      for (const choice of choices) {
        const { frames, full } = await framesOf(name, choice);
        const [frame] = frames;
        const kept = frame.columns
          .map(({ name }, i) => (!columns || columns.includes(name) ? i : -1))
          .filter((i) => i >= 0);
        const found = frame.rows.map((row) => kept.map((i) => row[i]));
        let wanted = expected(tables, full);
        if (limit !== undefined) {
          const shown = new Set(found.map((row) => row.at(-1)));
          expect(shown.size).toBe(Math.min(wanted.length, limit));
          wanted = wanted.filter((row) => shown.has(row.at(-1) as Cell));
        }
        compare(anyOrder ? sorted(found) : found, anyOrder ? sorted(wanted) : wanted);
        rows += found.length;
      }
      expect(rows).toBeGreaterThan(0);
    },
  );

  it.each(Object.entries(BY_PLACE))('%s are those of the tables, for every place', async (name, expected) => {
    const { frames, full } = await framesOf(name, choices[0]);
    expect(frames).toHaveLength(6);
    frames.forEach((frame, place) => compare(frame.rows, expected(tables, full, place)));
    expect(frames.filter(({ rows }) => rows.length > 0)).toHaveLength(4);
  });
});

const sorted = (rows: readonly (readonly unknown[])[]): unknown[][] =>
  rows.map((row) => [...row]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Equal up to what floating point leaves behind. */
function compare(found: readonly (readonly unknown[])[], wanted: readonly (readonly unknown[])[]): void {
  const rounded = (rows: readonly (readonly unknown[])[]): unknown[][] =>
    rows.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toPrecision(9)) : cell)));
  expect(rounded(found)).toEqual(rounded(wanted));
}
