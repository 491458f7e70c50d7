import type { ServerResponse } from 'node:http';
import type { Dashboard, Panel } from '../../dashboards/lib/model';
import { isDatabaseSource } from '../../dashboards/lib/sources';
import type { DashboardDatabase } from './data/database';
import { panelContext, resolveVariables, runAnnotations, runPanel, valuesOf } from './data/dashboard-data';
import type { ResolvedVariable } from './data/dashboard-data';
import { resolveRange, type TimeRange } from './data/time-range';
import type { AnswerLine } from './view/types';

/** What a request asks for: a range and values of variables, all of them text from an address line. */
export interface Wish {
  readonly from: string;
  readonly to: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What the figures of an answer are of. */
export interface Situation {
  readonly range: TimeRange;
  /** Whether the range ends now, so that panels may look back by themselves. */
  readonly relative: boolean;
  readonly timeZone: string;
  readonly variables: readonly ResolvedVariable[];
}

const ZONE = `select time_zone from edtech.cohorts where cohort_id = $1::smallint`;

/** Resolves range, variables and time zone; an unknown choice becomes the first one there is. */
export async function resolveWish(
  database: DashboardDatabase,
  dashboard: Dashboard,
  wish: Wish,
  now: Date,
): Promise<Situation> {
  // A day begins where the cohort is, and the cohort is known only after the variables are.
  const rough = resolveRange(wish.from, wish.to, now, 'UTC');
  const variables = await resolveVariables(database, dashboard, rough, wish.variables);
  const cohort = variables.find(({ name }) => name === 'cohort')?.value;
  const zones =
    cohort === undefined ? undefined : await database.run('admin', 'zone', { text: ZONE, values: [cohort] });
  const timeZone = String(zones?.rows[0]?.[0] ?? 'UTC');
  const range = resolveRange(wish.from, wish.to, now, timeZone);
  return { range, relative: wish.to === 'now', timeZone, variables };
}

/** Whether the panel's queries can run here. */
export function isDrawable(panel: Panel): boolean {
  return panel.source !== undefined && isDatabaseSource(panel.source) && panel.targets.length > 0;
}

/**
 * Writes the figures of a dashboard, one line of JSON per panel as soon as it is known. A panel that fails does not take the
 * others with it.
 * @param onError hears what the page only summarises
 */
export async function writeDashboard(
  response: ServerResponse,
  database: DashboardDatabase,
  dashboard: Dashboard,
  situation: Situation,
  onError: (error: unknown) => void,
): Promise<void> {
  const { range, relative, timeZone, variables } = situation;
  const values = valuesOf(variables);
  const complete = variables.every(({ value }) => value !== undefined);
  const write = (line: AnswerLine): boolean => response.write(`${JSON.stringify(line)}\n`);
  const context = { ...range, intervalMs: 0, variables: values };
  const annotations = complete ? await runAnnotations(database, dashboard, context) : [];
  const [from, to] = [range.from.getTime(), range.to.getTime()];
  write({ kind: 'head', from, to, timeZone, variables, annotations });
  const panels = complete ? dashboard.panels.filter(isDrawable) : [];
  await Promise.all(
    panels.map(async (panel) => {
      try {
        const own = panelContext(panel, range, relative, values);
        const frames = await runPanel(database, panel, own);
        write({ kind: 'panel', key: panel.key, from: own.from.getTime(), frames });
      } catch (error) {
        onError(error);
        write({ kind: 'failure', key: panel.key, message: 'The figures could not be read. The reason is in the log.' });
      }
    }),
  );
  response.end();
}
