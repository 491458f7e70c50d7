import type { Field } from './model';

/**
 * Columns of a query with their labels. Columns that need no more than a label are left out of `special`.
 * @param labels label of each column, in the order of the query
 */
export function columns<L extends Readonly<Record<string, string>>>(
  labels: L,
  special: { readonly [K in keyof L]?: Omit<Field, 'name' | 'label'> } = {},
): Field[] {
  return Object.entries(labels).map(([name, label]) => ({ name, label, ...special[name] }));
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
