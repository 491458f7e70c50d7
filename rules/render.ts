import type { Group } from './model';

const RUNBOOKS = 'docs/operations/runbooks';

export interface RenderOptions {
  /** Put before the path of a runbook, for a site that publishes the pages; ends with a slash. @default the path in the sources */
  readonly runbookBase?: string;
}

/** A rule file of Prometheus as an object. */
export function ruleFile(groups: readonly Group[], { runbookBase = '' }: RenderOptions = {}): object {
  return {
    groups: groups.map(({ name, interval, recordings = [], alerts = [] }) => ({
      name,
      interval,
      rules: [
        ...recordings.map(({ record, expr, labels }) => ({ record, expr, ...(labels && { labels }) })),
        ...alerts.map((rule) => ({
          alert: rule.alert,
          expr: rule.expr,
          ...(rule.for && { for: rule.for }),
          labels: { severity: rule.severity },
          annotations: { summary: rule.summary, runbook_url: `${runbookBase}${RUNBOOKS}/${rule.alert}.md` },
        })),
      ],
    })),
  };
}
