import { parseOptions } from '../../local/options';
import { UsageError } from '../../local/usage-error';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toEqual({
      students: 2000,
      days: 14,
      seed: 1,
      scenarios: [],
      replicas: 2,
      port: 3000,
      forMs: undefined,
      json: false,
      fresh: false,
      yes: false,
      folder: undefined,
    });
  });

  it('are read from the command line', () => {
    expect(parseOptions(['--for', '90s', '--students=500', '--json', '--port', '3100'])).toMatchObject({
      forMs: 90_000,
      students: 500,
      json: true,
      port: 3100,
    });
  });

  it('name every problem at once, with what was given and what is allowed', () => {
    const parse = (): unknown =>
      parseOptions(['--students', '5', '--for', 'soon', '--color', '--port', 'x', 'now', '--json=1', '--seed']);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(/unexpected word "now"/);
    expect(parse).toThrow(/--students must be a whole number from 63 to 100000, got "5"/);
    expect(parse).toThrow(/--for must be a time such as 60s, 5m or 1h, got "soon"/);
    expect(parse).toThrow(/unknown option --color/);
    expect(parse).toThrow(/--port must be a whole number from 1024 to 65535, got "x"/);
    expect(parse).toThrow(/--json takes no value, got "1"/);
    expect(parse).toThrow(/--seed needs a value/);
  });

  it('do not take an empty folder for the current one', () => {
    for (const empty of [['--folder', ''], ['--folder=']])
      expect(() => parseOptions(empty)).toThrow(/^--folder needs a value$/);
  });

  it('check scenarios before anything is started', () => {
    expect(parseOptions(['--scenario', 'outage', '--scenario=snow-day:cohort=2'])?.scenarios).toEqual([
      'outage',
      'snow-day:cohort=2',
    ]);
    expect(() => parseOptions(['--scenario', 'snow-day', '--scenario'])).toThrow(
      /--scenario needs a value[^]*snow-day needs a cohort/,
    );
  });

  it('give the usage text on request', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });
});
