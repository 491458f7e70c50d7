import { errorsByApp, errorsByKind, HAS_HISTORY, newErrors } from './errors';
import type { Group } from './model';

/** Namespaces whose logs are collected, as a matcher of Loki. */
const PLATFORM = '{namespace=~"edtech|edtech-node-agents"}';

/**
 * What the scheduler of Airflow writes when a pipeline fails: our line of a task after its last try, which `dags/edtech_defaults.py`
 * makes, and Airflow's own of a run, since that of a killed task or of a run out of time does not reach its output.
 */
const FAILURE = 'pipeline_failed|arking run <DagRun .+> failed|Run .+ of .+ has timed-out';
/** Where each of these lines names its DAG. */
const FAILED_DAG = '(?:"dag_id": "|<DagRun | of )(?P<dag_id>\\w+)';

/** Evaluated by Loki, which writes the results to Prometheus: the only rules that are not Prometheus' own. */
export const LOG_GROUPS: readonly Group[] = [
  {
    name: 'logs',
    interval: '30s',
    recordings: [{ record: 'edtech:log_errors:rate5m', expr: `sum by (app) (rate(${PLATFORM} | level="error" [5m]))` }],
  },
  {
    name: 'pipelines',
    interval: '1m',
    recordings: [
      {
        // Two hours: one that fails in each of its hourly runs is one ticket, and lines that came late are counted as well.
        record: 'edtech:pipeline_failures:2h',
        expr: `sum by (dag_id) (count_over_time({namespace="edtech", app="airflow-scheduler"} |~ \`${FAILURE}\` | regexp \`${FAILED_DAG}\` [2h]))`,
      },
    ],
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
