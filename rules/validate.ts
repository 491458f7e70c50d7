import { alertsOf, OPTIONAL_ALERTS } from './index';
import { milliseconds, type Group, type Inhibition } from './model';
import { parse, type Reads } from './promql/parse';

/** Everything that is wrong with a set of rules, in one message. */
export class RulesError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the rules have ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'RulesError';
  }
}

/** What each rule reads, by its name. @throws RulesError for an expression that does not parse, a name twice, an unknown alert */
export function validateRules(groups: readonly Group[], inhibitions: readonly Inhibition[]): Map<string, Reads> {
  const problems: string[] = [];
  const reads = new Map<string, Reads>();
  const rules = groups.flatMap(({ name, recordings = [], alerts = [] }) => [
    ...recordings.map((rule) => ({
      ...rule,
      id: `${rule.record}${JSON.stringify(rule.labels ?? rule.expr)}`,
      title: rule.record,
      group: name,
      for: undefined,
    })),
    ...alerts.map((rule) => ({ ...rule, id: rule.alert, title: rule.alert, group: name })),
  ]);
  const seen = new Set<string>();
  for (const rule of rules) {
    if (seen.has(rule.id)) problems.push(`${rule.title} stands in group ${rule.group} and somewhere else`);
    seen.add(rule.id);
    try {
      const found = parse(rule.expr);
      const before = reads.get(rule.title);
      reads.set(rule.title, {
        metrics: [...(before?.metrics ?? []), ...found.metrics],
        ranges: [...(before?.ranges ?? []), ...found.ranges],
      });
      if (rule.for !== undefined) milliseconds(rule.for);
    } catch (error) {
      problems.push(`${rule.title} in group ${rule.group}: ${(error as Error).message}`);
    }
  }
  const known = new Set(alertsOf(groups).map(({ alert }) => alert));
  // An alert that a site's settings leave out may still be named.
  const all = new Set([...known, ...Object.values(OPTIONAL_ALERTS).flat()]);
  for (const { sources, targets } of inhibitions) {
    for (const alert of [...sources, ...targets])
      if (!all.has(alert)) problems.push(`inhibition names ${alert}, which is no alert`);
  }
  if (problems.length > 0) throw new RulesError(problems);
  return reads;
}
