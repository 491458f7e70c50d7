import { parseOptions } from '../../bench/options';
import { UsageError } from '../../local/usage-error';
import { findPsql, timedSeconds } from '../../bench/psql';

describe('the command line of the benchmark', () => {
  test('runs every section in five rounds by default', () => {
    expect(parseOptions([])).toEqual({
      sections: ['generator', 'ingest', 'history', 'analytics', 'memory', 'panels'],
      rounds: 5,
      json: false,
      write: false,
      pause: false,
    });
  });

  test('runs the named sections in their fixed order', () => {
    expect(parseOptions(['--only', 'history,generator', '--rounds', '3', '--json'])).toMatchObject({
      sections: ['generator', 'history'],
      rounds: 3,
      json: true,
    });
  });

  test('names every problem at once', () => {
    expect(() => parseOptions(['--only', 'disk', '--rounds', '2'])).toThrow(/"disk"[^]*got "2"/);
  });

  test.each([['--fast'], ['now'], ['--json=1'], ['--rounds']])('refuses %s by name', (word) => {
    expect(() => parseOptions([word])).toThrow(UsageError);
    expect(() => parseOptions([word])).toThrow(word.split('=')[0]);
  });
});

describe('psql as the reference', () => {
  test('the times of all statements are summed up in seconds', () => {
    expect(timedSeconds('COPY 10\nTime: 1500.250 ms (00:01.500)\nCOPY 5\nTime: 0.750 ms\n')).toBeCloseTo(1.501, 6);
  });

  test('an answer without a time is an error', () => {
    expect(() => timedSeconds('COPY 10\n')).toThrow('no time');
  });

  test('a psql that is missing is named', () => {
    const before = process.env.PSQL;
    process.env.PSQL = '/nowhere/psql';
    try {
      expect(() => findPsql(17)).toThrow('"/nowhere/psql" was not found. Install postgresql-client-17');
    } finally {
      if (before === undefined) delete process.env.PSQL;
      else process.env.PSQL = before;
    }
  });
});
