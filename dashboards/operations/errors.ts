import { errorsByApp, errorsByKind, newErrors } from '../../rules/errors';
import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { logs, stat, table, timeseries } from '../lib/panels';
import { errorsTexts } from '../texts/operations';
import { FULL, HALF, operationsPage, THIRD } from './shared';

const t = errorsTexts.panels;
const source = 'loki';
/** A fingerprint may be digits only, which are no number. */
const COLUMNS = {
  Time: { hidden: true },
  error: { unit: 'string' },
  fingerprint: { unit: 'string', width: 180 },
} as const;

const panels = [
  stat({
    ...t.news,
    key: 'new-kinds',
    source,
    size: THIRD,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: 1, state: 'watch' }],
      reason: 'a kind that is new came with a change.',
    },
    query: `count(${newErrors})`,
    legend: 'new kinds',
  }),
  stat({
    ...t.kinds,
    key: 'kinds',
    source,
    size: THIRD,
    fields: [],
    query: `count(${errorsByKind()})`,
    legend: 'kinds',
  }),
  timeseries({
    ...t.days,
    key: 'days',
    source,
    size: THIRD,
    min: 0,
    stacked: true,
    fields: [],
    query: errorsByApp('$__auto'),
    legend: '{{app}}',
  }),
  table({
    ...t.newList,
    key: 'new',
    source,
    size: { ...HALF, w: 24 },
    fields: columns(t.newList.labels, COLUMNS),
    query: `topk(20, ${newErrors})`,
  }),
  table({
    ...t.frequent,
    key: 'frequent',
    source,
    size: { ...HALF, w: 24 },
    fields: columns(t.frequent.labels, COLUMNS),
    query: `topk(20, ${errorsByKind()})`,
  }),
  logs({
    ...t.lines,
    key: 'lines',
    source,
    size: { ...FULL, h: 10 },
    fields: [],
    query: '{namespace=~"edtech|edtech-node-agents"} | level="error"',
  }),
];

/** Which errors are new, and which come again and again. */
export const errorsDashboard: DashboardFactory = () =>
  operationsPage({ uid: 'ops-errors', range: '24h', refresh: '5m', panels });
