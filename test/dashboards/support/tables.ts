import { Client, types } from 'pg';

/**
 * A row as the database holds it: instants in ms since 1970, days as text, figures as numbers. The columns of fifteen tables have
 * no types here: a wrong name is undefined, makes NaN of every sum and fails the comparison.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Row = Readonly<Record<string, any>>;

/** Type id of text[]; the driver's list names scalar types only. */
const TEXT_ARRAY = 1009;

const NAMES = [
  'edtech.cohorts',
  'edtech.classrooms',
  'edtech.students',
  'edtech.lessons',
  'edtech.school_days',
  'edtech.streaming_logs',
  'analytics.classroom_hour',
  'analytics.classroom_day',
  'analytics.cohort_day',
  'analytics.lesson_day',
  'analytics.lesson_dropoff',
  'analytics.student_lesson_day',
  'analytics.student_day',
  'analytics.at_risk',
  'analytics.at_risk_outcome',
  'analytics.runs',
  'analytics.data_quality_results',
] as const;

export type Tables = Readonly<Record<(typeof NAMES)[number], readonly Row[]>>;

/** Reads whole tables without any condition: what panels make of them is computed in the tests. */
export async function readTables(client: Client): Promise<Tables> {
  const { builtins } = types;
  const parser = (type: number) => (text: string) => {
    if (type === builtins.TIMESTAMPTZ) return (types.getTypeParser(type)(text) as Date).getTime();
    if ([builtins.INT2, builtins.INT4, builtins.INT8, builtins.NUMERIC].includes(type)) return Number(text);
    return type === TEXT_ARRAY ? (types.getTypeParser(type as never)(text) as string[]) : text;
  };
  const tables: Partial<Record<(typeof NAMES)[number], Row[]>> = {};
  for (const name of NAMES) {
    // A mask has up to 63 bits, more than a number holds exactly.
    const masked = name === 'analytics.classroom_hour' ? ', active_mask::text as mask' : '';
    const { rows } = await client.query({
      text: `select *${masked} from ${name}`,
      types: { getTypeParser: (type: number) => parser(type) } as never,
    });
    tables[name] = rows as Row[];
  }
  return tables as Tables;
}

export const sum = (rows: readonly Row[], value: (row: Row) => number): number =>
  rows.reduce((s, row) => s + value(row), 0);

export function groupBy<K>(rows: readonly Row[], key: (row: Row) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

/** Two significant digits, halves away from zero. */
export function twoDigits(x: number): number {
  if (x === 0) return 0;
  const digits = 1 - Math.floor(Math.log10(Math.abs(x)));
  return (Math.sign(x) * Math.round(Math.abs(x) * 10 ** digits)) / 10 ** digits;
}

export const clamp = (x: number): number => Math.min(0.95, Math.max(0.05, x));
export const share = (k: number, n: number): number | null => (n === 0 ? null : Math.min(1, k / n));

/** Ends of the Wilson interval, written from its definition: the roots of (p − k/n)² = z²·p(1 − p)/n. */
export function wilson(k: number, n: number): [number, number] {
  const z2 = 1.959964 ** 2;
  const p = Math.min(1, k / n);
  const a = 1 + z2 / n;
  const b = 2 * p + z2 / n;
  const root = Math.sqrt(b * b - 4 * a * p * p);
  return [Math.max(0, (b - root) / (2 * a)), Math.min(1, (b + root) / (2 * a))];
}

export function percentWords(p: number): string {
  return `${p < 0.0995 ? Math.round(p * 1000) / 10 : Math.round(p * 100)} %`;
}

export function shareWords(k: number, n: number): string {
  const [low, high] = wilson(k, n);
  return `${percentWords(Math.min(1, k / n))}${n < 100 ? ` (${Math.round(low * 100)}–${Math.round(high * 100)})` : ''}`;
}
