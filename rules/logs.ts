import type { Group } from './model';

/** Namespaces whose logs are collected, as a matcher of Loki. */
const PLATFORM = '{namespace=~"edtech|edtech-node-agents"}';

/** Evaluated by Loki, which writes the results to Prometheus: the only rules that are not Prometheus' own. */
export const LOG_GROUPS: readonly Group[] = [
  {
    name: 'logs',
    interval: '30s',
    recordings: [{ record: 'edtech:log_errors:rate5m', expr: `sum by (app) (rate(${PLATFORM} | level="error" [5m]))` }],
  },
];
