import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { queries, stat, table, timeseries } from '../lib/panels';
import { airflowTexts } from '../texts/operations';
import { HALF, operationsPage, THIRD } from './shared';

const source = 'prometheus';
const t = airflowTexts.panels;
const RATE = '[$__rate_interval]';
/** Airflow sends its times as histograms: the average of the last day, per DAG. */
const average = (metric: string): string => `histogram_avg(sum by (dag_id) (increase(${metric}[24h])))`;

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
    query: 'max by (file_name) (airflow_dag_processing_last_run_seconds_ago)',
    legend: '{{file_name}}',
  }),
  timeseries({
    ...t.tasks,
    key: 'tasks',
    // Each task is a process of its own: what it counts ends with it.
    source: 'airflow',
    size: THIRD,
    min: 0,
    fields: columns({ time: 'time', ...t.tasks.labels }),
    query: `
select date_trunc('hour', end_date) as time, count(*) filter (where state = 'success') as succeeded,
  count(*) filter (where state in ('failed', 'upstream_failed')) as failed
from task_instance where $__timeFilter(end_date) group by 1 order by 1`,
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
      { query: average('airflow_dagrun_duration_success'), legend: '{{dag_id}}' },
      { query: average('airflow_dagrun_duration_failed'), legend: '{{dag_id}} failed' },
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
    query: average('airflow_dagrun_schedule_delay'),
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
      reason: 'a day that is late means that educators wait.',
    },
    query: 'sum(max by (cohort) (edtech_analytics_days_late))',
    legend: 'days',
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
