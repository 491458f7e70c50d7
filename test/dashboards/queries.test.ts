import { buildDashboards } from '../../dashboards';
import type { Dashboard, Panel } from '../../dashboards/lib/model';
import { isDatabaseSource, type DatabaseSource } from '../../dashboards/lib/sources';
import { bindQuery } from '../../dashboards/lib/macros';
import {
  panelContext,
  resolveVariables,
  runAnnotations,
  runPanel,
  valuesOf,
} from '../../local/page/data/dashboard-data';
import { DashboardDatabase, type Frame } from '../../local/page/data/database';
import { resolveRange } from '../../local/page/data/time-range';
import type { TestDatabase } from '../support/database';
import { createFilledDatabase, NOW } from './support/filled-database';

/** Panels that a healthy, small and young stream leaves empty, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'edu-risk/quality': 'outcomes are published by answer-key, which has not run here',
  'ops-pipeline/failures': 'no check fails',
};

/** The stream of the tests is small, so groups of two count as large enough. */
const dashboards = buildDashboards({ minimumGroup: 2 });
const cases = dashboards.flatMap((dashboard) =>
  dashboard.panels
    .filter(({ source }) => source !== undefined && isDatabaseSource(source))
    .map((panel): [string, Dashboard, Panel] => [`${dashboard.uid}/${panel.key}`, dashboard, panel]),
);

describe('the queries of the dashboards, on the migrated schema with data, as the read-only roles', () => {
  let filled: TestDatabase;
  let database: DashboardDatabase;
  beforeAll(async () => {
    filled = await createFilledDatabase('queries');
    database = new DashboardDatabase({ educator: filled.url('educator'), admin: filled.url('admin') }, fail);
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await filled?.drop();
  });

  // Restatements come up to three days after a day: the pipeline's own range of 24 hours may have none.
  const rangeOf = ({ uid, range }: Dashboard) =>
    resolveRange(uid === 'ops-pipeline' ? 'now-14d' : range.from, range.to, NOW, 'America/Los_Angeles');

  /** Values of all variables; the third classroom of the first cohort, so that the choice matters. */
  async function chosen(dashboard: Dashboard): Promise<Record<string, string>> {
    const first = await resolveVariables(database, dashboard, rangeOf(dashboard), {});
    const classroom = first.find(({ name }) => name === 'classroom')?.options.at(-1)?.value;
    const wanted: Record<string, string> = classroom === undefined ? {} : { classroom };
    return valuesOf(await resolveVariables(database, dashboard, rangeOf(dashboard), wanted));
  }

  it.each(cases)('%s returns the columns that its panel needs', async (name, dashboard, panel) => {
    const context = panelContext(panel, rangeOf(dashboard), true, await chosen(dashboard));
    const frames = await runPanel(database, panel, context);
    for (const frame of frames) {
      expect(frame.columns.map((column) => column.name)).toEqual(panel.fields.map((field) => field.name));
      checkShape(panel, frame);
      expect(frame.rows.length).toBeLessThanOrEqual(1_000);
    }
    const rows = frames.reduce((sum, frame) => sum + frame.rows.length, 0);
    if (name in EMPTY) expect(rows).toBe(0);
    else expect(rows).toBeGreaterThan(0);
  });

  it.each(dashboards.filter(({ variables }) => variables.length > 0).map((d): [string, Dashboard] => [d.uid, d]))(
    'the variables of %s have options with an id and a name',
    async (_, dashboard) => {
      const range = rangeOf(dashboard);
      const values: Record<string, string> = {};
      for (const { name, source, query } of dashboard.variables) {
        const frame = await database.run(
          source as DatabaseSource,
          name,
          bindQuery(query, { ...range, intervalMs: 0, variables: values }),
        );
        expect(frame.columns.map((column) => column.name)).toEqual(['__value', '__text']);
        expect(frame.rows.length).toBeGreaterThan(0);
        values[name] = String(frame.rows[0][0]);
      }
    },
  );

  it.each(dashboards.filter(({ annotations }) => annotations.length > 0).map((d): [string, Dashboard] => [d.uid, d]))(
    'the annotations of %s mark the calendar and restatements',
    async (_, dashboard) => {
      const range = { from: new Date(NOW.getTime() - 24 * 86_400_000), to: NOW };
      const marks = [];
      for (const cohort of ['1', '2', '3', '4']) {
        marks.push(...(await runAnnotations(database, dashboard, { ...range, intervalMs: 0, variables: { cohort } })));
      }
      const names = new Set(marks.map(({ name }) => name));
      expect([...names].sort()).toEqual(['Restatements', 'Term calendar']);
      for (const { time, timeEnd } of marks) {
        expect(time).toBeLessThan(range.to.getTime());
        expect(timeEnd).toBeGreaterThan(range.from.getTime());
      }
    },
  );
});

function fail(error: Error): never {
  throw error;
}

/** What the kind of a panel needs of its result. */
function checkShape(panel: Panel, frame: Frame): void {
  const type = (name: string): string | undefined => frame.columns.find((column) => column.name === name)?.type;
  if (panel.kind === 'timeseries') {
    expect(type('time')).toBe('time');
    const times = frame.rows.map((row) => Number(row[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { name } of panel.fields) if (name !== 'time' && name !== 'metric') expect(type(name)).toBe('number');
  }
  if (panel.kind === 'stat') expect(frame.rows.length).toBeLessThanOrEqual(1);
  if (panel.kind === 'trend') for (const { name } of panel.fields) expect(type(name)).toBe('number');
  if (panel.kind === 'bars') expect(type(panel.x!)).toBe('text');
  if (panel.kind === 'matrix') {
    expect(type(panel.fields[0].name)).toBe('text');
    for (const { name } of panel.fields.slice(1)) expect(type(name)).toBe('number');
  }
}
