import { LOKI_ERRORS } from '../../rules/alerts/platform';
import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { logs, table, timeseries } from '../lib/panels';
import { logsTexts } from '../texts/operations';
import { FULL, HALF, operationsPage, THIRD } from './shared';

const t = logsTexts.panels;
const RATE = '[$__rate_interval]';
const NAMESPACE = 'namespace="edtech"';

const panels = [
  timeseries({
    ...t.volume,
    key: 'volume',
    source: 'loki',
    size: HALF,
    min: 0,
    stacked: true,
    fields: [],
    query: `sum by (app, level) (count_over_time({${NAMESPACE}} [$__auto]))`,
    legend: '{{app}} {{level}}',
  }),
  table({
    ...t.top,
    key: 'top',
    source: 'loki',
    size: HALF,
    fields: columns(t.top.labels, { Time: { hidden: true }, error: { unit: 'string' } }),
    query: `topk(10, sum by (app, error) (count_over_time({${NAMESPACE}} | level="error" [$__range])))`,
  }),
  logs({
    ...t.errors,
    key: 'errors',
    source: 'loki',
    size: { ...FULL, h: 10 },
    fields: [],
    query: `{${NAMESPACE}} | level="error"`,
  }),
  logs({
    ...t.fatal,
    key: 'fatal',
    source: 'loki',
    size: HALF,
    fields: [],
    query: `{${NAMESPACE}, app="postgres"} |~ "FATAL|PANIC"`,
  }),
  timeseries({
    ...t.logins,
    key: 'logins',
    source: 'loki',
    size: HALF,
    min: 0,
    fields: [],
    query: `sum by (user) (count_over_time({${NAMESPACE}, app="postgres"} |= "connection authorized" | regexp "user=(?P<user>\\\\w+)" [$__auto]))`,
    legend: '{{user}}',
  }),
  logs({
    ...t.audit,
    key: 'audit',
    source: 'loki',
    size: FULL,
    fields: [],
    query: `{${NAMESPACE}, app=~"grafana|airflow.*"} |~ "(?i)(successful login|failed login|invalid username or password|logged in)"`,
  }),
  timeseries({
    ...t.loki,
    key: 'loki',
    source: 'prometheus',
    size: THIRD,
    unit: 'percentunit',
    min: 0,
    max: 1,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: LOKI_ERRORS, state: 'bad' }],
      reason: `the alert is raised at ${LOKI_ERRORS * 100} %.`,
    },
    query: `sum(rate(loki_request_duration_seconds_count{status_code=~"5.."}${RATE})) / sum(rate(loki_request_duration_seconds_count${RATE}))`,
    legend: 'server errors',
  }),
  timeseries({
    ...t.bytes,
    key: 'bytes',
    source: 'prometheus',
    size: THIRD,
    unit: 'Bps',
    min: 0,
    fields: [],
    query: `sum(rate(loki_distributor_bytes_received_total${RATE}))`,
    legend: 'received',
  }),
  timeseries({
    ...t.drops,
    key: 'drops',
    source: 'prometheus',
    size: THIRD,
    unit: 'cps',
    min: 0,
    fields: [],
    thresholds: { base: 'good', steps: [{ value: 0.001, state: 'bad' }], reason: 'no line may be lost.' },
    query: `sum by (exporter) (rate(otelcol_exporter_send_failed_log_records_total${RATE}))`,
    legend: '{{exporter}}',
  }),
];

/** What the platform says. */
export const logsDashboard: DashboardFactory = () =>
  operationsPage({ uid: 'ops-logs', range: '1h', refresh: '30s', panels });
