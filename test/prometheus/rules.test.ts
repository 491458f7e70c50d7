import { stringify } from 'yaml';
import { ruleGroups } from '../../rules';
import { ruleFile } from '../../rules/render';
import { IMAGE } from '../../src/images';
import { CASES } from '../rules/cases';
import { steady } from '../rules/cases/types';
import type { Outcome } from '../support/containers';
import { promtoolTests, runInImage } from './promtool';

const PROMETHEUS = `${IMAGE.prometheus.repository}:${IMAGE.prometheus.tag}`;
const rules = stringify(ruleFile(ruleGroups()));
const promtool = (args: readonly string[], files: Record<string, string>) =>
  runInImage(PROMETHEUS, 'promtool', args, files);

test('Prometheus accepts every rule', () => {
  const { ok, output } = promtool(['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml'], {
    'rules.yaml': rules,
  });
  expect(output).toContain('SUCCESS');
  expect(ok).toBe(true);
});

test('Prometheus refuses a rule that our own parser would let through', () => {
  const typed = rules.replace('max(edtech_partitions_ahead) < 2', 'rate(edtech_partitions_ahead) < 2');
  expect(typed).not.toBe(rules);
  expect(promtool(['check', 'rules', 'rules.yaml'], { 'rules.yaml': typed }).ok).toBe(false);
});

test.each(Object.entries(CASES))('%s fires when it must and stays silent when it must not', (alert, evidence) => {
  const files = { 'rules.yaml': rules, 'tests.yaml': promtoolTests('rules.yaml', { [alert]: evidence }) };
  const { ok, output } = promtool(['test', 'rules', 'tests.yaml'], files);
  expect(ok ? '' : output).toBe('');
});

test('a case that does not hold is found', () => {
  const wrong = {
    PartitionMissing: {
      fires: { series: { edtech_partitions_ahead: steady(2) }, at: '11m' },
      silent: CASES.PartitionMissing.silent,
    },
  };
  const { ok, output } = promtool(['test', 'rules', 'tests.yaml'], {
    'rules.yaml': rules,
    'tests.yaml': promtoolTests('rules.yaml', wrong),
  });
  expect(ok).toBe(false);
  expect(output).toContain('PartitionMissing');
});

/** What `promtool` says of a query of all rules: whether it has this value at a time. */
function holds(query: string, at: string, value: number, series: Readonly<Record<string, string>>): Outcome {
  const test = {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [{ expr: query, eval_time: at, exp_samples: [{ labels: '{}', value }] }],
  };
  return promtool(['test', 'rules', 'tests.yaml'], {
    'rules.yaml': rules,
    'tests.yaml': stringify({ rule_files: ['rules.yaml'], evaluation_interval: '15s', tests: [test] }),
  });
}

test('the error budget of a young platform is nearly whole, however bad its first minutes were', () => {
  // Four minutes of 30 days are 1.85 % of the 216 minutes that freshness may miss.
  const series = { edtech_ingest_watermark_timestamp_seconds: '_x16 240+15x300' };
  const left = 'sum(round(10000 * slo:budget_left{slo="freshness"}))';
  expect(holds(left, '1h', 9815, series)).toMatchObject({ ok: true });
  expect(holds(left, '1h', 9814, series).ok).toBe(false);
});

test('the budget is gone when the bad time of the whole window has used it up', () => {
  const { expr } = ruleGroups()
    .flatMap(({ recordings = [] }) => recordings)
    .find(({ record }) => record === 'slo:budget_left')!;
  // Seven days, of which the first 5 % are bad. promtool reads 10,000 samples at most: each stands for eight.
  const samples = (7 * 86_400) / 120;
  const bad = samples * 0.05;
  const input_series = [
    { series: 'slo:bad{slo="latency"}', values: `8x${bad - 1} 0x${samples - bad - 1}` },
    { series: 'slo:budget{slo="latency"}', values: `0.05x${samples - 1}` },
  ];
  const left = `sum(round(10000 * (${expr})))`;
  const outcome = (value: number): Outcome => {
    const promql_expr_test = [
      { expr: left, eval_time: `${7 * 86_400 - 120}s`, exp_samples: [{ labels: '{}', value }] },
    ];
    return promtool(['test', 'rules', 'tests.yaml'], {
      'tests.yaml': stringify({ tests: [{ interval: '120s', input_series, promql_expr_test }] }),
    });
  };
  expect(outcome(0)).toMatchObject({ ok: true });
  expect(outcome(1).ok).toBe(false);
});
