import { ALMOST_FULL_FREE, FILLING_FREE } from '../../rules/alerts/platform';
import { BURNS } from '../../rules/objectives';
import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { queries, stat, table, timeseries } from '../lib/panels';
import { sloTexts } from '../texts/operations';
import { HALF, operationsPage, THIRD } from './shared';

const source = 'prometheus';
const t = sloTexts.panels;
const [FASTEST_BURN] = BURNS.SloBurnFast;
const RATE = '[$__rate_interval]';
/** Containers of the platform; the pause container has no name. */
const CONTAINERS = 'namespace=~"edtech|edtech-node-agents", container!=""';

const panels = [
  stat({
    ...t.budget,
    key: 'budget',
    source,
    size: THIRD,
    unit: 'percentunit',
    decimals: 0,
    fields: [],
    thresholds: {
      base: 'bad',
      steps: [
        { value: 0, state: 'watch' },
        { value: 0.25, state: 'good' },
      ],
      reason: 'below a quarter changes wait, below 0 the objective is missed.',
    },
    query: 'min by (slo) (slo:budget_left)',
    legend: '{{slo}}',
  }),
  timeseries({
    ...t.burn,
    key: 'burn',
    source,
    size: THIRD,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 1, state: 'watch' },
        { value: FASTEST_BURN.rate, state: 'bad' },
      ],
      reason: `at 1 the budget lasts exactly its time; ${FASTEST_BURN.rate} over an hour pages.`,
    },
    query: queries(
      { query: 'max by (slo) (slo:error_ratio:1h) / on (slo) max by (slo) (slo:budget)', legend: '{{slo}} 1 h' },
      { query: 'max by (slo) (slo:error_ratio:6h) / on (slo) max by (slo) (slo:budget)', legend: '{{slo}} 6 h' },
    ),
  }),
  table({
    ...t.alerts,
    key: 'alerts',
    source,
    size: THIRD,
    fields: columns(t.alerts.labels, { Time: { hidden: true } }),
    query: 'sum by (alertname, severity) (ALERTS{alertstate="firing", alertname!="Watchdog"})',
  }),
  timeseries({
    ...t.records,
    key: 'records',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    thresholds: {
      base: 'bad',
      steps: [{ value: 1, state: 'good' }],
      reason: 'the smallest minute of a school week has 12 events, one per tick.',
    },
    query: `sum(rate(edtech_ingest_events_total${RATE})) * 5`,
    legend: 'events per tick',
  }),
  timeseries({
    ...t.freshness,
    key: 'freshness',
    source,
    size: THIRD,
    unit: 's',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 30, state: 'watch' },
        { value: 120, state: 'bad' },
      ],
      reason: '30 s is the objective, 2 min is what the banner of the dashboards warns of.',
    },
    query: 'time() - max(edtech_ingest_watermark_timestamp_seconds)',
    legend: 'age of the oldest watermark',
  }),
  timeseries({
    ...t.tick,
    key: 'tick',
    source,
    size: THIRD,
    unit: 's',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: 5, state: 'bad' }],
      reason: 'a longer tick falls behind the schedule.',
    },
    query: queries(
      {
        query: `histogram_quantile(0.5, sum by (le) (rate(edtech_ingest_tick_duration_seconds_bucket${RATE})))`,
        legend: 'median',
      },
      {
        query: `histogram_quantile(0.99, sum by (le) (rate(edtech_ingest_tick_duration_seconds_bucket${RATE})))`,
        legend: '99th percentile',
      },
    ),
  }),
  timeseries({
    ...t.replicas,
    key: 'replicas',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: queries(
      {
        query:
          'kube_deployment_spec_replicas{namespace="edtech"} - kube_deployment_status_replicas_available{namespace="edtech"}',
        legend: '{{deployment}}',
      },
      {
        query:
          'kube_statefulset_replicas{namespace="edtech"} - kube_statefulset_status_replicas_ready{namespace="edtech"}',
        legend: '{{statefulset}}',
      },
    ),
  }),
  timeseries({
    ...t.restarts,
    key: 'restarts',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: `sum by (pod, container) (increase(kube_pod_container_status_restarts_total{${CONTAINERS}}[1h])) > 0`,
    legend: '{{pod}} {{container}}',
  }),
  timeseries({
    ...t.memory,
    key: 'memory',
    source,
    size: THIRD,
    unit: 'percentunit',
    min: 0,
    max: 1,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 0.8, state: 'watch' },
        { value: 0.95, state: 'bad' },
      ],
      reason: 'beyond 95 % the next peak ends the process.',
    },
    query: `topk(6, max by (pod, container) (container_memory_working_set_bytes{${CONTAINERS}}) / max by (pod, container) (kube_pod_container_resource_limits{${CONTAINERS}, resource="memory"}))`,
    legend: '{{pod}} {{container}}',
  }),
  timeseries({
    ...t.volumes,
    key: 'volumes',
    source,
    size: HALF,
    unit: 'percentunit',
    min: 0,
    max: 1,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 1 - FILLING_FREE, state: 'watch' },
        { value: 1 - ALMOST_FULL_FREE, state: 'bad' },
      ],
      reason: `the alerts warn at ${FILLING_FREE * 100} % and page at ${ALMOST_FULL_FREE * 100} % of free space.`,
    },
    query:
      '1 - max by (persistentvolumeclaim) (kubelet_volume_stats_available_bytes{namespace="edtech"} / kubelet_volume_stats_capacity_bytes{namespace="edtech"})',
    legend: '{{persistentvolumeclaim}}',
  }),
  timeseries({
    ...t.queries,
    key: 'queries',
    source,
    size: HALF,
    unit: 's',
    min: 0,
    fields: [],
    thresholds: { base: 'good', steps: [{ value: 2, state: 'bad' }], reason: '2 s is the objective.' },
    query: 'job:grafana_query:p95_5m',
    legend: '95th percentile',
  }),
];

/** Objectives, and the resources that could break them. */
export const platformSlo: DashboardFactory = () =>
  operationsPage({ uid: 'ops-slo', range: '6h', refresh: '30s', panels });
