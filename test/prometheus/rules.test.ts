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
