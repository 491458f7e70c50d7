import { bindQuery, MACROS, variablesOf, type QueryContext } from '../../dashboards/lib/macros';

const context: QueryContext = {
  from: new Date('2026-03-02T08:00:00Z'),
  to: new Date('2026-03-02T09:00:00Z'),
  intervalMs: 60_000,
  variables: { classroom: "12'; drop table edtech.students; --", cohort: '1' },
};

describe('macros', () => {
  it('become numbered parameters, one for each value', () => {
    const sql =
      'select 1 where t > $__timeFrom()::timestamptz and t < $__timeTo()::timestamptz or t = $__timeFrom()::timestamptz';
    expect(bindQuery(sql, context)).toEqual({
      text: 'select 1 where t > $1::timestamptz and t < $2::timestamptz or t = $1::timestamptz',
      values: ['2026-03-02T08:00:00.000Z', '2026-03-02T09:00:00.000Z'],
    });
  });

  it('keep the value of a variable out of the statement, whatever it is', () => {
    const { text, values } = bindQuery('select ${classroom:sqlstring}::integer', context);
    expect(text).toBe('select $1::integer');
    expect(values).toEqual(["12'; drop table edtech.students; --"]);
  });

  it('expand a filter and an interval', () => {
    const { text, values } = bindQuery('select $__interval_ms where $__timeFilter(m.minute)', context);
    expect(text).toBe('select $1::bigint where m.minute BETWEEN $2::timestamptz AND $3::timestamptz');
    expect(values).toEqual([60_000, '2026-03-02T08:00:00.000Z', '2026-03-02T09:00:00.000Z']);
  });

  it.each([
    ['$__timeGroup(occurred_at, 1h)'],
    ['$__unixEpochFrom()'],
    ['${classroom}'],
    ['${classroom:raw}'],
    ['$classroom'],
    ['$__timeFilter(a; drop table x)'],
  ])('are refused when they are not in the table: %s', (macro) => {
    expect(() => bindQuery(`select ${macro}`, context)).toThrow(/is not known; allowed are/);
  });

  it('need a value for each variable', () => {
    expect(() => bindQuery('select ${lesson:sqlstring}', context)).toThrow(
      'variable lesson has no value; given are classroom, cohort',
    );
  });

  it('each name the page of the documentation that defines them, and an example that they match', () => {
    for (const { written, example, source } of MACROS) {
      expect(example).toMatch(written);
      expect(source).toMatch(/^https:\/\/grafana\.com\/docs\/grafana\/v13\.2\//);
    }
  });

  it('tell which variables a query uses', () => {
    expect(variablesOf('${cohort:sqlstring} ${lesson:sqlstring} ${cohort:sqlstring}')).toEqual(['cohort', 'lesson']);
  });
});
