import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { queries, stat, table, timeseries } from '../lib/panels';
import { airflowTexts } from '../texts/operations';
import { HALF, operationsPage, THIRD } from './shared';

const source = 'prometheus';
const t = airflowTexts.panels;
const RATE = '[$__rate_interval]';

const panels = [
  timeseries({
    ...t.heartbeats,
    key: 'heartbeats',
    source,
    size: THIRD,
    unit: 'cps',
    min: 0,
    fields: [],
    query: queries(
      { query: `sum(rate(airflow_scheduler_heartbeat${RATE}))`, legend: 'scheduler' },
      { query: `sum(rate(airflow_dag_processor_heartbeat${RATE}))`, legend: 'DAG processor' },
    ),
  }),
  stat({
    ...t.imports,
    key: 'imports',
    source,
    size: THIRD,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: 1, state: 'bad' }],
      reason: 'a file that does not load runs nothing.',
    },
    query: 'max(airflow_dag_processing_import_errors)',
    legend: 'files with errors',
  }),
  timeseries({
    ...t.parse,
    key: 'parse',
    source,
    size: THIRD,
    unit: 's',
    min: 0,
    fields: [],
    query: 'max by (dag_file) (airflow_dag_processing_last_run_seconds_ago)',
    legend: '{{dag_file}}',
  }),
  timeseries({
    ...t.tasks,
    key: 'tasks',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: queries(
      { query: 'sum(increase(airflow_ti_successes[1h]))', legend: 'succeeded' },
      { query: 'sum(increase(airflow_ti_failures[1h]))', legend: 'failed' },
    ),
  }),
  timeseries({
    ...t.runs,
    key: 'runs',
    source,
    size: THIRD,
    unit: 'ms',
    min: 0,
    fields: [],
    query: queries(
      { query: 'max by (dag_id) (airflow_dagrun_duration_success)', legend: '{{dag_id}}' },
      { query: 'max by (dag_id) (airflow_dagrun_duration_failed)', legend: '{{dag_id}} failed' },
    ),
  }),
  timeseries({
    ...t.delay,
    key: 'delay',
    source,
    size: THIRD,
    unit: 'ms',
    min: 0,
    fields: [],
    query: 'max by (dag_id) (airflow_dagrun_schedule_delay)',
    legend: '{{dag_id}}',
  }),
  stat({
    ...t.deadlines,
    key: 'deadlines',
    source,
    size: THIRD,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: 1, state: 'bad' }],
      reason: 'a missed deadline means that educators waited.',
    },
    query: 'sum(increase(airflow_deadline_alerts_deadline_missed[$__range]))',
    legend: 'missed',
  }),
  timeseries({
    ...t.queue,
    key: 'queue',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: queries(
      { query: 'sum(airflow_executor_queued_tasks)', legend: 'queued' },
      { query: 'sum(airflow_executor_open_slots)', legend: 'open slots' },
      { query: 'sum(airflow_scheduler_tasks_starving)', legend: 'starving' },
    ),
  }),
  timeseries({
    ...t.zombies,
    key: 'zombies',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: `sum(increase(airflow_task_instances_without_heartbeats_killed${RATE}))`,
    legend: 'ended',
  }),
  table({
    ...t.lastRuns,
    key: 'last-runs',
    source: 'airflow',
    size: { ...HALF, w: 24 },
    fields: columns(t.lastRuns.labels, {
      logical_date: { unit: 'dateTimeAsIso' },
      started: { unit: 'dateTimeAsIso' },
      seconds: { unit: 's' },
    }),
    query: `
select distinct on (dag_id) dag_id, state, logical_date, start_date as started, extract(epoch from end_date - start_date)::float8 as seconds
from dag_run order by dag_id, start_date desc nulls last`,
  }),
];

/** The daily jobs. */
export const airflow: DashboardFactory = () =>
  operationsPage({ uid: 'ops-airflow', range: '24h', refresh: '1m', panels });
