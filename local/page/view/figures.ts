import type { Field, State, Thresholds } from '../../../dashboards/lib/model';
import { WARNING_MARK } from '../../../dashboards/lib/marks';
import { VIRIDIS } from '../../../dashboards/lib/palette';
import type { Cell, Frame } from '../data/database';
import { dayOf, format, MISSING } from './format';
import { html, type Html } from './html';
import { columnOf, isOfDays, seriesOf } from './series';
import type { PanelView } from './types';

/** Columns without longer words stand on one line: a date that is broken at its hyphens is hard to read. */
const UNBROKEN = 16;

/** Address of a linked dashboard with the choices that it gets; undefined where the row has no such value. */
export type LinkTarget = (uid: string, choices: Readonly<Record<string, string>>) => string;

function stateOf(value: Cell, thresholds: Thresholds): State {
  if (value === null) return 'none';
  return thresholds.steps.reduce((state, step) => (Number(value) >= step.value ? step.state : state), thresholds.base);
}

/** A value with its state in words or symbols; colour only repeats it. */
function figure(value: Cell, field: Field, panel: PanelView, timeZone: string): Html {
  const words = value === null ? undefined : field.words?.[String(value)];
  if (words) return html`<span class="state-${words.state}">${words.text}</span>`;
  const text = format(value, field.unit ?? panel.unit, timeZone, field.decimals ?? panel.decimals);
  const thresholds = field.thresholds ?? panel.thresholds;
  if (thresholds && value !== null) {
    const state = stateOf(value, thresholds);
    const mark = state === 'bad' || state === 'watch' ? `${WARNING_MARK} ` : '';
    return html`<span class="state-${state}">${mark}${text}</span>`;
  }
  if (text.startsWith(WARNING_MARK)) return html`<span class="state-watch">${text}</span>`;
  return html`${text}`;
}

/** One row of figures, each below its label. */
export function statHtml(panel: PanelView, [frame]: readonly Frame[], timeZone: string): Html {
  const row = frame.rows[0];
  const visible = panel.fields.filter(({ hidden }) => !hidden);
  const cells = visible.map((field) => {
    const value = row[frame.columns.findIndex(({ name }) => name === field.name)];
    const small = typeof value === 'string' && value.length > 9;
    return html`<div class="stat${small ? ' stat-text' : ''}">
      <dt>${field.label}</dt>
      <dd>${figure(value, field, panel, timeZone)}</dd>
    </div>`;
  });
  return html`<dl class="stats">${cells}</dl>`;
}

/** Choices that a link hands over, from the row and from the dashboard's own variables. */
function choices(field: Field, frame: Frame, row: readonly Cell[], own: Readonly<Record<string, string>>) {
  return Object.entries(field.link!.variables).flatMap(([name, from]) => {
    const value = from.startsWith('$')
      ? own[from.slice(1)]
      : row[frame.columns.findIndex((column) => column.name === from)];
    return value === undefined || value === null ? [] : [[name, String(value)] as const];
  });
}

export function tableHtml(
  panel: PanelView,
  [frame]: readonly Frame[],
  timeZone: string,
  own: Readonly<Record<string, string>>,
  linkTo?: LinkTarget,
): Html {
  const visible = panel.fields.filter(({ hidden }) => !hidden);
  const indexes = visible.map(({ name }) => frame.columns.findIndex((column) => column.name === name));
  const kinds = indexes.map((i) => {
    if (frame.columns[i].type === 'number') return 'number';
    return frame.rows.every((row) => String(row[i] ?? '').length <= UNBROKEN) ? 'words short' : 'words';
  });
  const rows = frame.rows.map((row) => {
    const cells = visible.map((field, i) => {
      const content = figure(row[indexes[i]], field, panel, timeZone);
      const linked =
        field.link && linkTo
          ? html`<a href="${linkTo(field.link.uid, Object.fromEntries(choices(field, frame, row, own)))}"
              >${content}</a
            >`
          : content;
      return html`<td class="${kinds[i]}">${linked}</td>`;
    });
    return html`<tr>
      ${cells}
    </tr>`;
  });
  const heads = visible.map(({ label }, i) => html`<th scope="col" class="${kinds[i].split(' ')[0]}">${label}</th>`);
  return html`<table>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** Rows by columns, coloured by size; every field also shows its figure. */
export function matrixHtml(panel: PanelView, [frame]: readonly Frame[], timeZone: string): Html {
  const [head, ...fields] = panel.fields;
  const columns = fields.map(({ name }) => columnOf(frame, name));
  const numbers = columns.flat().filter((value): value is number => typeof value === 'number');
  const highest = Math.max(0, ...numbers);
  const step = (value: Cell): string =>
    typeof value === 'number' ? `v${highest === 0 ? 0 : Math.round((value / highest) * (VIRIDIS.length - 1))}` : 'none';
  const names = columnOf(frame, head.name);
  const rows = names.map((name, r) => {
    const cells = columns.map((column) => {
      const text = column[r] === null ? MISSING : compact(column[r], panel, timeZone);
      return html`<td class="${step(column[r])}">${text}</td>`;
    });
    return html`<tr>
      <th scope="row">${String(name)}</th>
      ${cells}
    </tr>`;
  });
  const heads = fields.map(({ label }) => html`<th scope="col">${label}</th>`);
  return html`<table class="matrix">
    <thead>
      <tr>
        <th scope="col">${head.label}</th>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** Fields of a matrix are small: units stand in the panel's title, and a zero is a dot of ink less. */
function compact(value: Cell, panel: PanelView, timeZone: string): string {
  return value === 0 ? '0' : format(value, 'none', timeZone, Number(value) >= 10 ? 0 : panel.decimals);
}

/** The figures of a drawing as a table, for who cannot see it. */
export function chartTableHtml(panel: PanelView, frames: readonly Frame[], timeZone: string): Html {
  const series = seriesOf(panel, frames);
  const ofDays = isOfDays(panel);
  const xUnit =
    panel.kind === 'timeseries' ? 'dateTimeAsIso' : (panel.fields.find(({ name }) => name === panel.x)?.unit ?? 'none');
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))];
  if (panel.kind !== 'bars') xs.sort((a, b) => Number(a) - Number(b));
  const lookUp = series.map(({ points }) => new Map(points));
  const rows = xs.map((x) => {
    const cells = series.map(({ field }, i) => {
      const value = lookUp[i].get(x) ?? null;
      return html`<td class="number">
        ${format(value, field.unit ?? panel.unit, timeZone, field.decimals ?? panel.decimals)}
      </td>`;
    });
    return html`<tr>
      <th scope="row">${ofDays ? dayOf(Number(x)) : format(x, xUnit, timeZone)}</th>
      ${cells}
    </tr>`;
  });
  const heads = series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`);
  const overTime = ofDays ? 'day' : 'time';
  const first =
    panel.kind === 'timeseries' ? overTime : (panel.fields.find(({ name }) => name === panel.x)?.label ?? '');
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${first}</th>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
