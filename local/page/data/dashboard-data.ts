import { bindQuery, type QueryContext } from '../../../dashboards/lib/macros';
import type { Dashboard, Panel } from '../../../dashboards/lib/model';
import { isDatabaseSource } from '../../../dashboards/lib/sources';
import type { Cell, DashboardDatabase, Frame } from './database';
import { lengthMs, lookBack, type TimeRange } from './time-range';

/** One choice of a variable. */
export interface Option {
  readonly value: string;
  readonly text: string;
}

export interface ResolvedVariable {
  readonly name: string;
  readonly label: string;
  readonly options: readonly Option[];
  /** The chosen value: the one asked for if it is an option, else the first; undefined if there is none. */
  readonly value: string | undefined;
}

export interface AnnotationMark {
  readonly name: string;
  readonly time: number;
  readonly timeEnd: number | null;
  readonly text: string;
  readonly colour: string;
}

/** Points that fit side by side: one for every two or three pixels of a wide panel. */
const POINTS = 400;

/**
 * Options and values of the variables, in their order: each may use those before it.
 * @param wanted values asked for; one that is not among the options is replaced by the first option
 */
export async function resolveVariables(
  database: DashboardDatabase,
  dashboard: Dashboard,
  range: TimeRange,
  wanted: Readonly<Record<string, string>>,
): Promise<ResolvedVariable[]> {
  const resolved: ResolvedVariable[] = [];
  for (const { name, label, source, query } of dashboard.variables) {
    const values = valuesOf(resolved);
    const missing = resolved.some(({ value }) => value === undefined);
    const frame =
      missing || !isDatabaseSource(source)
        ? undefined
        : await database.run(source, name, bindQuery(query, { ...range, intervalMs: 0, variables: values }));
    const options = frame?.rows.map(([value, text]) => ({ value: String(value), text: String(text) })) ?? [];
    const chosen = options.find(({ value }) => value === wanted[name]) ?? options[0];
    resolved.push({ name, label, options, value: chosen?.value });
  }
  return resolved;
}

export function valuesOf(variables: readonly ResolvedVariable[]): Record<string, string> {
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** What a panel's queries are run for: its own range, and the time between two points. */
export function panelContext(
  panel: Panel,
  range: TimeRange,
  relative: boolean,
  variables: Readonly<Record<string, string>>,
): QueryContext {
  const own = panel.timeFrom && relative ? lookBack(range, panel.timeFrom) : range;
  const least = panel.interval ? lengthMs(panel.interval) : 1_000;
  const wide = Math.ceil((own.to.getTime() - own.from.getTime()) / POINTS);
  return { ...own, intervalMs: Math.max(least, wide), variables };
}

/** Runs the queries of a panel, whose source must be one of the platform's own. */
export async function runPanel(database: DashboardDatabase, panel: Panel, context: QueryContext): Promise<Frame[]> {
  const { source } = panel;
  if (source === undefined || !isDatabaseSource(source)) {
    throw new Error(`panel ${panel.key} has the source ${source ?? 'none'}, which is not the platform's database`);
  }
  return Promise.all(panel.targets.map(({ refId, query }) => database.run(source, refId, bindQuery(query, context))));
}

/** The marks on the time axis of a dashboard. */
export async function runAnnotations(
  database: DashboardDatabase,
  dashboard: Dashboard,
  context: QueryContext,
): Promise<AnnotationMark[]> {
  const marks = dashboard.annotations.map(async ({ name, source, query, colour }): Promise<AnnotationMark[]> => {
    if (!isDatabaseSource(source)) return [];
    const frame = await database.run(source, 'annotation', bindQuery(query, context));
    const at = (row: readonly Cell[], column: string): Cell =>
      row[frame.columns.findIndex((candidate) => candidate.name === column)];
    return frame.rows.map((row) => ({
      name,
      colour,
      time: Number(at(row, 'time')),
      timeEnd: at(row, 'timeend') === null ? null : Number(at(row, 'timeend')),
      text: String(at(row, 'text')),
    }));
  });
  return (await Promise.all(marks)).flat();
}
