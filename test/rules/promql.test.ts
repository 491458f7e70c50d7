import { metricsOf } from '../../dashboards/lib/metrics';
import { alertsOf, ruleGroups } from '../../rules';
import { parse, PromqlError } from '../../rules/promql/parse';

test.each([
  ['up', ['up']],
  ['sum by (job) (rate(http_requests_total{code=~"5..", job!="a"}[5m])) / 2', ['http_requests_total']],
  ['sum(rate(a[5m])) without (pod) > bool 1', ['a']],
  ['a and on (x) b or c unless ignoring (y) group_left (z) d', ['a', 'b', 'c', 'd']],
  ['max_over_time(rate(a[5m] offset 1d)[1h:1m])', ['a']],
  ['-a ^ 2 * (b + 1.5e3) # comment', ['a', 'b']],
  ['topk(3, job:x:rate5m) or vector(1)', ['job:x:rate5m']],
  ['histogram_quantile(0.9, sum by (le) (rate(a_bucket[1h30m])))', ['a_bucket']],
  ['count_values("v", {__name__="x"})', []],
])('%s reads %j', (expression, metrics) => {
  expect(parse(expression).metrics).toEqual(metrics);
});

test.each([
  ['sum(up', 'expected ), found the end at position 6'],
  ['up >', 'expected name, found the end'],
  ['up{job=a}', 'expected string, found a at position 7'],
  ['rates(up[5m])', 'unknown function rates at position 0'],
  ['up[5x]', "unexpected '5' at position 3"],
  ['up up', 'expected an operator or the end, found up'],
  ['sum by job (up)', 'expected (, found job'],
  ['up & 1', "unexpected '&' at position 3"],
  ['up{job="a}', "unexpected '\"'"],
  ['', 'expected name, found the end'],
])('%s is refused: %s', (expression, problem) => {
  expect(() => parse(expression)).toThrow(PromqlError);
  expect(() => parse(expression)).toThrow(problem);
});

test('the dashboards’ reader of metric names agrees with the parser on every rule without a subquery', () => {
  for (const { expr } of alertsOf(ruleGroups()))
    expect(metricsOf(expr).sort()).toEqual([...parse(expr).metrics].sort());
});

test('ranges are told, so that a retention that is shorter than one of them can be found', () => {
  expect(parse('avg_over_time(a[30d]) + rate(b[5m])').ranges).toEqual(['30d', '5m']);
});
