import { stringify } from 'yaml';
import { ruleGroups } from '../../rules';
import { ruleFile } from '../../rules/render';
import { IMAGE } from '../../src/images';
import { CASES } from '../rules/cases';
import { steady } from '../rules/cases/types';
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

/** What `promtool test rules` says of a query at a time. */
function evaluated(question: { readonly query: string; readonly at: string; readonly value: number }, test: object) {
  const promql_expr_test = [
    { expr: question.query, eval_time: question.at, exp_samples: [{ labels: '{}', value: question.value }] },
  ];
  const tests = [{ interval: '15s', ...test, promql_expr_test }];
  return promtool(['test', 'rules', 'tests.yaml'], {
    'rules.yaml': rules,
    'tests.yaml': stringify({ rule_files: ['rules.yaml'], evaluation_interval: '15s', tests }),
  });
}

test('the error budget of a young platform is nearly whole, however bad its first minutes were', () => {
  // Four minutes of 30 days are 1.85 % of the 216 minutes that freshness may miss.
  const input_series = [{ series: 'edtech_ingest_watermark_timestamp_seconds', values: '_x16 240+15x300' }];
  const left = 'sum(round(10000 * slo:budget_left{slo="freshness"}))';
  expect(evaluated({ query: left, at: '1h', value: 9815 }, { input_series })).toMatchObject({ ok: true });
  expect(evaluated({ query: left, at: '1h', value: 9814 }, { input_series }).ok).toBe(false);
});

test('the budget is gone when the bad time of the whole window has used it up', () => {
  const { expr } = ruleGroups()
    .flatMap(({ recordings = [] }) => recordings)
    .find(({ record }) => record === 'slo:budget_left')!;
  // 5 % of seven days, a sample every 15 s.
  const samples = (7 * 86_400) / 15;
  const bad = samples * 0.05;
  const input_series = [
    { series: 'slo:bad{slo="latency"}', values: `1x${bad - 1} 0x${samples - bad - 1}` },
    { series: 'slo:budget{slo="latency"}', values: `0.05x${samples - 1}` },
  ];
  const files = (value: number): Record<string, string> => ({
    'tests.yaml': stringify({
      tests: [
        {
          interval: '15s',
          input_series,
          promql_expr_test: [
            {
              expr: `sum(round(10000 * (${expr})))`,
              eval_time: `${7 * 86_400 - 15}s`,
              exp_samples: [{ labels: '{}', value }],
            },
          ],
        },
      ],
    }),
  });
  expect(promtool(['test', 'rules', 'tests.yaml'], files(0))).toMatchObject({ ok: true });
  expect(promtool(['test', 'rules', 'tests.yaml'], files(1)).ok).toBe(false);
});
