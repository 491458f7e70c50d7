import type { Panel, Target } from './model';
import { SOURCES, type SourceName } from './sources';

type Given<K extends keyof Panel> = Omit<Panel, 'kind' | 'targets' | 'source' | 'unit' | K> & {
  readonly unit?: Panel['unit'];
} & Partial<Pick<Panel, K>>;

/** A query and how its rows are read. */
interface Query {
  readonly source: SourceName;
  /** One query, or one per series. */
  readonly query: string | readonly Target[];
  readonly legend?: string;
}

const REF_IDS = 'ABCDEFGHIJ';

function targets(query: Query, format: Target['format'], instant = false): readonly Target[] {
  if (typeof query.query !== 'string') return query.query;
  return [{ refId: 'A', query: query.query.trim(), format, legend: query.legend, instant: instant || undefined }];
}

/** One target per query; PromQL's legends come with it. */
export function queries(...list: readonly Omit<Target, 'refId' | 'format'>[]): readonly Target[] {
  return list.map((target, i) => ({ refId: REF_IDS[i], format: 'time_series', ...target }));
}

type Drawn = Given<'fields'> & Query;

function panel(kind: Panel['kind'], given: Drawn, format: Target['format'], instant = false): Panel {
  const { query, legend, ...rest } = given;
  // Of several series of Prometheus a table shows one at a time, unless they come as one table. Loki has no format: it makes a table of
  // every instant query.
  const { type } = SOURCES[given.source];
  const shape = type === 'grafana-postgresql-datasource' || kind === 'table' ? format : 'time_series';
  return {
    unit: 'none',
    fields: [],
    ...rest,
    kind,
    targets: targets({ source: given.source, query, legend }, shape, instant),
  };
}

/** One or a few figures of one row. */
export const stat = (given: Drawn): Panel => panel('stat', given, 'table', true);
/** Lines over time; the query returns `time` and one column per series, or `time`, `metric` and `value`. */
export const timeseries = (given: Drawn): Panel => panel('timeseries', given, 'time_series');
/** Lines over a number. */
export const trend = (given: Drawn & { readonly x: string }): Panel => panel('trend', given, 'table');
/** Bars over names. */
export const bars = (given: Drawn & { readonly x: string }): Panel => panel('bars', given, 'table');
export const table = (given: Drawn): Panel => panel('table', given, 'table', true);
/** The first field names the row, each other field is a column of figures. */
export const matrix = (given: Drawn): Panel => panel('matrix', given, 'table');
/** A state per series over time. */
export const states = (given: Drawn): Panel => panel('states', given, 'time_series');
export const logs = (given: Drawn): Panel => panel('logs', given, 'table');

/** A text in Markdown: paragraphs, lists, bold, links. */
export function text(
  given: Pick<Panel, 'key' | 'title' | 'description' | 'size'> & { readonly content: string },
): Panel {
  return { ...given, kind: 'text', noData: '', targets: [], fields: [], unit: 'none' };
}
