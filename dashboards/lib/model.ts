import type { Colour } from './palette';
import type { SourceName } from './sources';

/**
 * A dashboard as we write it: one definition that is rendered to Grafana's JSON, drawn by the local page and printed in
 * reports. It holds what all three can show and nothing else.
 */
export interface Dashboard {
  /** Stable: links and bookmarks use it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly audience: 'educators' | 'operations';
  readonly tags: readonly string[];
  /** Grafana's relative times, such as `now-14d`. */
  readonly range: { readonly from: string; readonly to: string };
  /** Automatic refresh such as `30s`; none if left out. */
  readonly refresh?: string;
  readonly variables: readonly Variable[];
  readonly annotations: readonly Annotation[];
  readonly links: readonly DashboardLink[];
  readonly panels: readonly Panel[];
}

/** A choice above the panels. Its query returns `__value` (an id) and `__text` (what is shown). */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly source: SourceName;
  readonly query: string;
}

/** Marks on the time axis: columns `time`, `timeend` (may be null), `text`. */
export interface Annotation {
  readonly name: string;
  readonly source: SourceName;
  readonly query: string;
  readonly colour: Colour;
}

export interface DashboardLink {
  readonly title: string;
  readonly uid: string;
}

export type PanelKind =
  | 'stat' // one or a few figures
  | 'timeseries' // lines over time
  | 'trend' // lines over a numeric x, such as the position in a lesson
  | 'bars' // bars over named categories
  | 'table'
  | 'matrix' // rows by columns of a figure, coloured by size, such as weekday by hour
  | 'states' // a state per member over time
  | 'logs'
  | 'text';

export interface Panel {
  readonly kind: PanelKind;
  /** Unique in the dashboard and stable: links to one panel and the exceptions of the tests use it. */
  readonly key: string;
  /** The question that the panel answers. */
  readonly title: string;
  /** How the figure is defined and what to do about it. */
  readonly description: string;
  /** What the panel says when its queries return nothing. */
  readonly noData: string;
  /** Columns of the grid's 24, and rows of about 30 pixels. */
  readonly size: { readonly w: number; readonly h: number };
  /** Undefined for a text. */
  readonly source?: SourceName;
  readonly targets: readonly Target[];
  readonly fields: readonly Field[];
  /** Unit of the fields that have none of their own. */
  readonly unit: Unit;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: Thresholds;
  /** Words in place of values for panels without fields: their series have names that only the data knows. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly colour: Colour }>>;
  /** Markdown of a text panel. */
  readonly content?: string;
  /** Own relative range that replaces the dashboard's where that one is relative, such as `14d`. */
  readonly timeFrom?: string;
  /** Over the day of the cohort so far. Grafana does not know where that begins: there it is the last 24 hours. */
  readonly ofToday?: boolean;
  /** Shortest time between two points, such as `1m`: the grain of the table behind the panel. */
  readonly interval?: string;
  readonly link?: PanelLink;
  /** Stacks the series of bars or lines. */
  readonly stacked?: boolean;
  /** Name of the column with the x value of `trend` and `bars`. */
  readonly x?: string;
}

export interface Target {
  readonly refId: string;
  /** SQL with Grafana's macros, PromQL or LogQL, by the panel's source. */
  readonly query: string;
  readonly format: 'table' | 'time_series';
  /** PromQL and LogQL only. */
  readonly legend?: string;
  /** PromQL: only the newest value. */
  readonly instant?: boolean;
  /** Colour of this query's only series, where its name is known only to the data. */
  readonly colour?: Colour;
  /** Unit of this query's series where it is not the panel's: they get an axis of their own, and the panel's thresholds are not theirs. */
  readonly unit?: Unit;
}

/** A column of a result. Columns that are not declared fail the tests, and so do declared ones that are missing. */
export interface Field {
  /** Column of the query. */
  readonly name: string;
  /** What people read. */
  readonly label: string;
  readonly unit?: Unit;
  readonly decimals?: number;
  readonly colour?: Colour;
  /** `dotted` and `dashed` lines say without colour what they are; `low` and `high` are the two edges of a band. */
  readonly style?: 'solid' | 'dotted' | 'dashed' | 'low' | 'high' | 'points';
  /** In the result, for a link or a label, but not drawn. */
  readonly hidden?: boolean;
  readonly link?: PanelLink;
  /** Width in a table, in pixels. */
  readonly width?: number;
  /** Words in place of values. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly state: State }>>;
  readonly thresholds?: Thresholds;
}

export type State = 'good' | 'watch' | 'bad' | 'none';

/** From `value` on the figure is in `state`; below the first step it is in `base`. */
export interface Thresholds {
  readonly base: State;
  readonly steps: readonly { readonly value: number; readonly state: State }[];
  /** Why these values: part of the panel's description. */
  readonly reason: string;
}

/** A link to a dashboard; whether the range goes along is `keepsRange`'s to say. */
export interface PanelLink {
  readonly title: string;
  readonly uid: string;
  /** Variables of the other dashboard: `$name` is the value of ours, anything else a column of the same row. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Units, named as in Grafana. */
export type Unit =
  | 'none'
  | 'short'
  | 'string'
  | 'percentunit'
  | 'percent'
  | 'points'
  | 's'
  | 'm'
  | 'h'
  | 'd'
  | 'ms'
  | 'dtdurations'
  | 'bytes'
  | 'Bps'
  | 'cps'
  | 'dateTimeAsIso'
  | 'dateTimeFromNow';
