import { ruleGroups } from '../../rules';
import { LOG_GROUPS } from '../../rules/logs';
import type { Recording } from '../../rules/model';
import { GAUGES } from '../../simulator/src/exporter/gauges';
import { IngestMetrics } from '../../simulator/src/ingest/metrics';
import { keptLabels, unboundedLabels, unknownLabels } from '../support/label-bounds';

interface Defined {
  readonly name: string;
  readonly labelNames: readonly string[];
}

const recordings: Recording[] = [...ruleGroups(), ...LOG_GROUPS].flatMap(({ recordings: list = [] }) => list);

test('no metric of ours has a label that could take any value', () => {
  const defined = new IngestMetrics().collectProcess().registry.getMetricsAsArray() as unknown as Defined[];
  expect(defined.length).toBeGreaterThan(20);
  const problems = [
    ...defined.flatMap(({ name, labelNames }) => unknownLabels(name, labelNames)),
    ...Object.entries(GAUGES).flatMap(([name, { labels }]) => unknownLabels(name, labels)),
  ];
  expect(problems).toEqual([]);
});

test('no recorded figure keeps one', () => {
  expect(recordings.length).toBeGreaterThan(15);
  expect(
    recordings.flatMap(({ record, expr, labels = {} }) =>
      unknownLabels(record, [...keptLabels(expr), ...Object.keys(labels)]),
    ),
  ).toEqual([]);
});

test('one that could is found: of a metric, and of a figure counted per fingerprint', () => {
  expect(unknownLabels('edtech_views_total', ['type', 'student_id'])).toEqual([
    expect.stringMatching(/^edtech_views_total has label student_id; bounded are /),
  ]);
  const perKind = 'sum by (app, fingerprint) (count_over_time({namespace="edtech"} [1d]))';
  expect(unknownLabels('edtech:errors', keptLabels(perKind))).toEqual([expect.stringContaining('label fingerprint')]);
});

test('a scrape with bounded labels passes', () => {
  expect(
    unboundedLabels({
      pod: ['edtech-simulator-6c9d8f7b54-x2x9k', 'edtech-postgres-0'],
      mode: ['idle', 'user'],
      alertmanager: ['http://edtech-alertmanager.edtech.svc:9093/api/v2/alerts'],
      revision: ['0123456789abcdef0123456789abcdef01234567'],
      queryid: ['-3812345678901234567'],
    }),
  ).toEqual([]);
});

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);

test.each([
  ['who', numbers(2000), /^who: 2000 values/],
  ['student', ['17'], /^student: named like/],
  ['session_id', ['17'], /^session_id: named like/],
  ['who', ['0b2c1f9e-6f0a-4c3e-9d9a-1a2b3c4d5e6f'], /^who: holds a UUID/],
  ['page', ['https://edtech.example.org/lesson/7'], /^page: holds a URL/],
  ['who', ['ada@students.example.org'], /^who: holds an e-mail address/],
  ['query', ['select * from edtech.students where student_id = 7'], /^query: holds SQL/],
  ['key', ['d41d8cd98f00b204e9800998ecf8427e'], /^key: holds a hash/],
  ['said', ['x'.repeat(200)], /^said: holds a text/],
] as const)('a scrape whose label %s holds what has no bound is found', (label, values, problem) => {
  expect(unboundedLabels({ mode: ['idle'], [label]: [...values] })).toEqual(
    expect.arrayContaining([expect.stringMatching(problem)]),
  );
});
