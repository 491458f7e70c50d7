import { errorsByApp, errorsByKind, HAS_HISTORY, newErrors } from './errors';
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
  {
    // Days of lines are read each time.
    name: 'errors-of-the-day',
    interval: '1h',
    recordings: [
      { record: 'edtech:log_errors:1d', expr: errorsByApp('1d') },
      { record: 'edtech:log_error_kinds:1d', expr: `count by (app) (${errorsByKind()})` },
      // Nothing before there is a day to compare with.
      { record: 'edtech:log_error_kinds_new:1d', expr: `count by (app) (${newErrors}) and on () ${HAS_HISTORY}` },
    ],
  },
];
