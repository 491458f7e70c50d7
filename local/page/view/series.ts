import type { Field } from '../../../dashboards/lib/model';
import { SERIES_COLOURS, type Colour } from '../../../dashboards/lib/palette';
import type { Cell, Frame } from '../data/database';
import type { PanelView } from './types';

/** One line or set of bars. */
export interface Series {
  readonly name: string;
  readonly field: Field;
  readonly colour: Colour;
  readonly points: readonly (readonly [Cell, Cell])[];
}

/** Whether the points of a drawing over time are days, or weeks by their first day: they stand at noon UTC of their date. */
export const isOfDays = ({ kind, interval }: PanelView): boolean =>
  kind === 'timeseries' && /^\d+d$/.test(interval ?? '');

/** Column of a frame by name. */
export function columnOf(frame: Frame, name: string): readonly Cell[] {
  const index = frame.columns.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`result has no column ${name}, only ${frame.columns.map((c) => c.name).join(', ')}`);
  return frame.rows.map((row) => row[index]);
}

/** Fields that are drawn, with their colour: their own, or the next one of the palette. */
export function drawnFields(panel: PanelView): { field: Field; colour: Colour }[] {
  const drawn = panel.fields.filter(({ name, hidden }) => !hidden && name !== 'time' && name !== panel.x);
  return drawn.map((field, i) => ({ field, colour: field.colour ?? SERIES_COLOURS[i % SERIES_COLOURS.length] }));
}

/** The series of a panel over its x column (`time` for time series). */
export function seriesOf(panel: PanelView, frames: readonly Frame[]): Series[] {
  const x = panel.x ?? 'time';
  if (panel.fields.some(({ name }) => name === 'metric')) return namedByData(panel, frames, x);
  return frames.flatMap((frame) => {
    const xs = columnOf(frame, x);
    return drawnFields(panel).map(({ field, colour }) => {
      const ys = columnOf(frame, field.name);
      return { name: field.label, field, colour, points: xs.map((value, i) => [value, ys[i]] as const) };
    });
  });
}

/** Series whose names are in column `metric`: one per name, with the colour of the query that it comes from. */
function namedByData(panel: PanelView, frames: readonly Frame[], x: string): Series[] {
  const field = panel.fields.find(({ name }) => name === 'value')!;
  const series: Series[] = [];
  for (const frame of frames) {
    const [xs, names, ys] = [columnOf(frame, x), columnOf(frame, 'metric'), columnOf(frame, 'value')];
    for (const name of new Set(names)) {
      const points = xs.flatMap((value, i) => (names[i] === name ? [[value, ys[i]] as const] : []));
      const colour = (panel.colours[frame.refId] as Colour) ?? SERIES_COLOURS[series.length % SERIES_COLOURS.length];
      series.push({ name: String(name), field, colour, points });
    }
  }
  return series;
}

/** Whether there is anything to draw. */
export function isEmpty(panel: PanelView, frames: readonly Frame[]): boolean {
  if (frames.every(({ rows }) => rows.length === 0)) return true;
  if (panel.kind === 'timeseries' || panel.kind === 'trend' || panel.kind === 'bars') {
    return seriesOf(panel, frames).every(({ points }) => points.every(([, y]) => y === null));
  }
  return false;
}
