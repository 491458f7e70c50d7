import type { Cell, Frame } from '../data/database';
import type { PanelView } from './types';

/** Characters that make spreadsheet programs run a cell as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell | undefined, isTime: boolean): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return isTime ? new Date(value).toISOString() : String(value);
  const text = FORMULA.test(String(value)) ? `'${String(value)}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Rows of a panel as CSV (RFC 4180, UTF-8), with the labels that people read as the first line. The figures are those of the
 * panel: what it suppresses is not in the file either, and neither are its hidden columns.
 */
export function csvOf(panel: PanelView, [frame]: readonly Frame[]): string {
  const visible = panel.fields.filter(({ hidden }) => !hidden);
  const indexes = visible.map(({ name }) => frame.columns.findIndex((column) => column.name === name));
  const lines = [
    visible.map(({ label }) => cell(label, false)),
    ...frame.rows.map((row) => indexes.map((i) => cell(row[i], frame.columns[i].type === 'time'))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
