import { PARTITIONS_AHEAD } from '../../rules/alerts/analytics';
import { ROLLUP_STALLED_SECONDS } from '../../rules/alerts/ingest';
import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { matrix, queries, stat, table, timeseries } from '../lib/panels';
import { pipelineTexts } from '../texts/operations';
import * as sql from './pipeline.sql';
import { HALF, operationsPage, THIRD } from './shared';

const source = 'admin';
const t = pipelineTexts.panels;
const SHARD_COLUMNS = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`s${i}`, `+${i}`]));
const NEVER = { base: 'good', steps: [{ value: 1, state: 'bad' }] } as const;

const panels = [
  timeseries({
    ...t.rate,
    key: 'rate',
    source,
    size: HALF,
    unit: 'cps',
    min: 0,
    stacked: true,
    interval: '1m',
    query: sql.rate,
    fields: columns({ time: 'time', ...t.rate.labels }),
  }),
  timeseries({
    ...t.late,
    key: 'late',
    source,
    size: HALF,
    unit: 'percentunit',
    min: 0,
    interval: '1m',
    query: sql.late,
    fields: columns({ time: 'time', ...t.late.labels }),
  }),
  stat({
    ...t.pending,
    key: 'pending',
    source,
    size: THIRD,
    query: sql.pending,
    fields: columns(t.pending.labels, {
      oldest: {
        unit: 's',
        thresholds: {
          base: 'good',
          steps: [{ value: ROLLUP_STALLED_SECONDS, state: 'bad' }],
          reason: `at ${ROLLUP_STALLED_SECONDS / 60} minutes an alert is raised.`,
        },
      },
    }),
  }),
  stat({
    ...t.equality,
    key: 'equality',
    source,
    size: THIRD,
    query: sql.equality,
    fields: columns(t.equality.labels, {
      difference: {
        thresholds: {
          base: 'bad',
          steps: [
            { value: 0, state: 'good' },
            { value: 1, state: 'bad' },
          ],
          reason: 'each event is counted exactly once.',
        },
      },
    }),
  }),
  stat({
    ...t.partitions,
    key: 'partitions',
    source,
    size: THIRD,
    query: sql.partitions,
    fields: columns(t.partitions.labels, {
      first_day: { unit: 'string' },
      ahead: {
        thresholds: {
          base: 'watch',
          steps: [{ value: PARTITIONS_AHEAD, state: 'good' }],
          reason: `with fewer than ${PARTITIONS_AHEAD} days ahead maintenance is late.`,
        },
      },
    }),
  }),
  matrix({
    ...t.watermarks,
    key: 'watermarks',
    source,
    size: { w: 12, h: 9 },
    unit: 's',
    query: sql.watermarks,
    fields: columns({ ...t.watermarks.labels, ...SHARD_COLUMNS }),
  }),
  table({
    ...t.leases,
    key: 'leases',
    source,
    size: { w: 12, h: 9 },
    query: sql.leases,
    fields: columns(t.leases.labels, { expires_in: { unit: 's' }, watermark: { unit: 'dateTimeAsIso' } }),
  }),
  table({
    ...t.days,
    key: 'days',
    source,
    size: { w: 24, h: 9 },
    query: sql.days,
    fields: columns(t.days.labels, {
      as_of: { unit: 'dateTimeAsIso' },
      status: {
        words: {
          published: { text: 'published', state: 'good' },
          superseded: { text: 'superseded', state: 'none' },
          computed: { text: 'computed', state: 'watch' },
          checked: { text: 'checked', state: 'watch' },
          refused: { text: 'refused', state: 'bad' },
          discarded: { text: 'discarded', state: 'none' },
        },
      },
      seconds: {
        unit: 's',
        thresholds: { base: 'good', steps: [{ value: 300, state: 'bad' }], reason: '5 minutes is the objective.' },
      },
      failed_checks: { thresholds: { ...NEVER, reason: 'a blocking check that fails stops publication.' } },
    }),
  }),
  table({
    ...t.restatements,
    key: 'restatements',
    source,
    size: HALF,
    query: sql.restatements,
    fields: columns(t.restatements.labels, { figure: { width: 260 } }),
  }),
  table({
    ...t.failures,
    key: 'failures',
    source,
    size: HALF,
    query: sql.failures,
    fields: columns(t.failures.labels),
  }),
  timeseries({
    ...t.batches,
    key: 'batches',
    source: 'prometheus',
    size: HALF,
    min: 0,
    fields: [],
    query: 'sum by (result) (rate(edtech_ingest_batches_total[$__rate_interval])) * 60',
    legend: '{{result}}',
  }),
  stat({
    ...t.verify,
    key: 'verify',
    source: 'prometheus',
    size: HALF,
    fields: [],
    thresholds: { ...NEVER, reason: 'lost, extra, changed and unproven must all be 0.' },
    query: queries(
      { query: 'max by (kind) (edtech_verify_difference_events)', legend: '{{kind}}' },
      { query: 'max(edtech_verify_failed_days)', legend: 'days not verified again' },
    ),
  }),
];

/** From the tick to the published day. */
export const pipeline: DashboardFactory = () =>
  operationsPage({ uid: 'ops-pipeline', range: '24h', refresh: '30s', panels });
