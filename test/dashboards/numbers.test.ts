import { buildDashboards } from '../../dashboards';
import { panelContext, runPanel } from '../../local/page/data/dashboard-data';
import { DashboardDatabase, type Cell, type Frame } from '../../local/page/data/database';
import { resolveRange } from '../../local/page/data/time-range';
import { runAnswerKey } from '../../simulator/src/proof/answer-key';
import type { TestDatabase } from '../support/database';
import * as ofClass from './support/expected-class';
import * as ofCohort from './support/expected-cohort';
import type { Choice, Expected } from './support/expected-class';
import { createFilledDatabase, NOW } from './support/filled-database';
import { readTables, type Tables } from './support/tables';

const dashboards = buildDashboards({ minimumGroup: ofCohort.MINIMUM }).filter(
  ({ audience }) => audience === 'educators',
);

interface Check {
  readonly expected: Expected;
  /** Columns that are compared; all if left out. */
  readonly columns?: readonly string[];
  /** Rows of equal rank come in any order: both sides are sorted by their first columns. */
  readonly anyOrder?: boolean;
}

/** Panels that are computed again, without SQL, from tables that the answer key proves. */
const CHECKS: Readonly<Record<string, Check>> = {
  'edu-class/active': { expected: ofClass.activeToday, columns: ['active_today', 'enrolled'] },
  'edu-class/completions': { expected: ofClass.completions },
  'edu-class/attention': { expected: ofClass.attention },
  'edu-class/watch': { expected: ofClass.watch, columns: ['p25', 'p50', 'p75'] },
  'edu-class/usual': { expected: ofClass.usual },
  'edu-class/rhythm': { expected: ofClass.rhythm },
  'edu-class/lessons': { expected: ofClass.lessons, anyOrder: true },
  'edu-class/days': { expected: ofClass.days },
  'edu-class/network': { expected: ofClass.network },
  'edu-lesson/need': { expected: ofCohort.need, anyOrder: true },
  'edu-lesson/completion': { expected: ofCohort.completionOverTime },
  'edu-lesson/drop-off': { expected: ofCohort.dropOff },
  'edu-lesson/pauses': { expected: ofCohort.pauses },
  'edu-lesson/repeats': { expected: ofCohort.repeats },
  'edu-cohort/completion': { expected: ofCohort.completionByCohort },
};

/** Panels with one query per cohort: by place in the list of names. */
const BY_PLACE: Readonly<Record<string, (t: Tables, c: Choice, place: number) => unknown[][]>> = {
  'edu-cohort/active': ofCohort.activeWeekly,
  'edu-cohort/watch': ofCohort.watchWeekly,
  'edu-cohort/late': ofCohort.lateDaily,
};

const UNCHECKED = 'its query runs in queries.test.ts, but its figures are not computed again yet';

/** Panels that are not compared, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(dashboards.map(({ uid }) => [`${uid}/banner`, 'words about freshness, no figure of students'])),
  'edu-class/active: active_now': 'raw events of the last five minutes, no roll-up or daily table holds them',
  'edu-cohort/quality': 'counts of checks, which the answer key does not know',
  'edu-risk/quality': 'needs outcomes, which answer-key --publish writes',
  'edu-lesson/length': UNCHECKED,
  'edu-lesson/devices': UNCHECKED,
  'edu-lesson/time': UNCHECKED,
  'edu-lesson/compared': UNCHECKED,
  'edu-student/seen': UNCHECKED,
  'edu-student/network': UNCHECKED,
  'edu-student/weeks': UNCHECKED,
  'edu-student/risk': UNCHECKED,
  'edu-student/lessons': UNCHECKED,
  'edu-student/calendar': UNCHECKED,
  'edu-student/rhythm': UNCHECKED,
  'edu-risk/list': UNCHECKED,
  'edu-risk/change': UNCHECKED,
  'edu-risk/excluded': UNCHECKED,
  'edu-risk/reasons': UNCHECKED,
  'edu-risk/trend': UNCHECKED,
  'edu-cohort/funnel': UNCHECKED,
  'edu-cohort/enrolment': UNCHECKED,
  'edu-cohort/term': UNCHECKED,
};

describe('the figures of the educators’ panels', () => {
  let filled: TestDatabase;
  let database: DashboardDatabase;
  let tables: Tables;
  let choices: Choice[];
  beforeAll(async () => {
    filled = await createFilledDatabase('numbers');
    database = new DashboardDatabase({ educator: filled.url('educator'), admin: filled.url('admin') }, (error) => {
      throw error;
    });
    tables = await readTables(await filled.connect('superuser'));
    const viewed = tables['analytics.lesson_day'];
    choices = tables['edtech.cohorts'].map(({ cohort_id: cohort }) => {
      const classroom = tables['edtech.classrooms'].filter((r) => r.cohort_id === cohort).at(-1)!.classroom_id;
      const most = viewed.filter((r) => r.cohort_id === cohort).sort((a, b) => b.students - a.students)[0];
      return { cohort, classroom, lesson: most.lesson_id, student: classroom * 63, from: 0, to: NOW.getTime() };
    });
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await filled?.drop();
  });

  it('rest on tables in which the answer key finds no difference', async () => {
    const { compared, different } = await runAnswerKey({ databaseUrl: filled.url('simulator') });
    expect(compared).toBeGreaterThan(10_000);
    expect(different).toBe(0);
  }, 300_000);

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
    async (name, { expected, columns, anyOrder }) => {
      let rows = 0;
      for (const choice of choices) {
        const { frames, full } = await framesOf(name, choice);
        const [frame] = frames;
        const kept = frame.columns
          .map(({ name }, i) => (!columns || columns.includes(name) ? i : -1))
          .filter((i) => i >= 0);
        const found = frame.rows.map((row) => kept.map((i) => row[i]));
        let wanted = expected(tables, full);
        if (anyOrder) {
          const shown = new Set(found.map((row) => row.at(-1)));
          expect(shown.size).toBe(Math.min(wanted.length, name === 'edu-lesson/need' ? 100 : 50));
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
  rows.map((row) => [...row]).sort((a, b) => Number(a.at(-1)) - Number(b.at(-1)));

/** Equal up to what floating point leaves behind. */
function compare(found: readonly (readonly unknown[])[], wanted: readonly (readonly unknown[])[]): void {
  const rounded = (rows: readonly (readonly unknown[])[]): unknown[][] =>
    rows.map((row) => row.map((cell) => (typeof cell === 'number' ? Number(cell.toPrecision(9)) : cell)));
  expect(rounded(found)).toEqual(rounded(wanted));
}
