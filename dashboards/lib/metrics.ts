import type { Dashboard } from './model';

/** Words of PromQL that stand where a metric could: modifiers, set operators, aggregations without a bracket. */
const WORDS = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'offset',
  'and',
  'or',
  'unless',
]);

/**
 * Names of the metrics that a PromQL query reads, in order of appearance. Enough for the queries of the dashboards: it
 * knows no `{__name__=...}`, no `@` and no subquery.
 */
export function metricsOf(query: string): string[] {
  const names = query
    .replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .matchAll(/(?<![\w$:.])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])/g);
  return [...new Set([...names].map(([name]) => name).filter((name) => !WORDS.has(name)))];
}

/** Every metric that a panel of the dashboards reads, sorted, with the panels (`<dashboard>/<panel>`) that read it. */
export function metricsUsed(dashboards: readonly Dashboard[]): ReadonlyMap<string, readonly string[]> {
  const readers = dashboards.flatMap(({ uid, panels }) =>
    panels
      .filter(({ source }) => source === 'prometheus')
      .flatMap(({ key, targets }) =>
        [...new Set(targets.flatMap(({ query }) => metricsOf(query)))].map((name) => [name, `${uid}/${key}`] as const),
      ),
  );
  const names = [...new Set(readers.map(([name]) => name))].sort();
  return new Map(names.map((name) => [name, readers.filter(([other]) => other === name).map(([, panel]) => panel)]));
}
