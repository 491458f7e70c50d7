import type { Panel } from '../../../dashboards/lib/model';
import type { AnnotationMark, ResolvedVariable } from '../data/dashboard-data';
import type { Frame } from '../data/database';

/** A panel as the browser gets it: without its queries. */
export type PanelView = Omit<Panel, 'targets' | 'source'> & {
  readonly colours: Readonly<Record<string, string>>;
  /** What the panel needs that is not here; undefined if it can be drawn. */
  readonly needs?: string;
};

export interface DashboardView {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly audience: 'educators' | 'operations';
  readonly range: { readonly from: string; readonly to: string };
  readonly panels: readonly PanelView[];
}

/** First line of an answer: what the figures are of. */
export interface DashboardHead {
  readonly kind: 'head';
  /** Milliseconds since 1970-01-01Z. */
  readonly from: number;
  readonly to: number;
  /** IANA zone in which times are shown: the chosen cohort's. */
  readonly timeZone: string;
  readonly variables: readonly ResolvedVariable[];
  readonly annotations: readonly AnnotationMark[];
}

export interface PanelResult {
  readonly kind: 'panel';
  readonly key: string;
  /** Start of the range that the panel shows; its own look-back may begin earlier than the dashboard's. */
  readonly from: number;
  readonly frames: readonly Frame[];
}

export interface PanelFailure {
  readonly kind: 'failure';
  readonly key: string;
  readonly message: string;
}

export type AnswerLine = DashboardHead | PanelResult | PanelFailure;

/** What a figure is drawn for. */
export interface Surroundings {
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
  readonly annotations: readonly AnnotationMark[];
  readonly theme: 'light' | 'dark';
  /** Width of the drawing in pixels. */
  readonly width: number;
}
