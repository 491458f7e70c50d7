import { describeMachine, type Machine } from './machine';
import { reached, type Figure, type Goal } from './pairs';
import type { SectionName } from './options';

/** The figures of one section and what they were measured on. */
export interface SectionResult {
  readonly section: SectionName;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** Three digits that count, without an exponent. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}

export function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

const spread = ({ quartiles: [low, high] }: Figure): string => `${number(low)} … ${number(high)}`;
const unit = (figure: Figure): string => (figure.unit === 'ratio' ? '' : ` ${figure.unit}`);
const absolute = (figure: Figure): string =>
  Object.entries(figure.absolute ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
const verdict = (figure: Figure): string => (figure.goal === undefined ? '' : reached(figure) ? 'yes' : 'NO');

const HEAD = ['Figure', 'Median', 'Quartiles', 'Goal', 'Reached', 'Rounds', 'On this machine'];

const cells = (figure: Figure): string[] => [
  figure.name,
  number(figure.value) + unit(figure),
  spread(figure),
  goalText(figure.goal),
  verdict(figure),
  String(figure.rounds),
  absolute(figure),
];

/** The table of the terminal. */
export function terminalTable(results: readonly SectionResult[]): string {
  const rows = [HEAD, ...results.flatMap(({ figures }) => figures.map(cells))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  const machines = new Set(results.map(({ machine }) => describeMachine(machine)));
  return [...lines, ...machines].join('\n');
}

/** The same as Markdown, one table per section. */
export function markdownTables(results: readonly SectionResult[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return results
    .map(({ section, machine, figures }) =>
      [
        `### ${section[0].toUpperCase()}${section.slice(1)}`,
        '',
        line(HEAD),
        line(HEAD.map(() => '---')),
        ...figures.map((figure) => line(cells(figure))),
        '',
        `Measured on: ${describeMachine(machine)}.`,
      ].join('\n'),
    )
    .join('\n\n');
}

/** The figures that miss their goals. */
export function missed(results: readonly SectionResult[]): Figure[] {
  return results.flatMap(({ figures }) => figures.filter((figure) => !reached(figure)));
}
