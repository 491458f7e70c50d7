import { shiftedClock } from '../../src/clock';
import { ConfigError, readConfig, withScenarios } from '../../src/config';
import { compareVersions, IncompatibleDatabase, refuseTooOld } from '../../src/database/compatible';
import { parseCommand } from '../../src/flags';
import { parseDay } from '../../src/model/day';
import { parseScenario } from '../../src/model/scenario';

const DATABASE = { DATABASE_URL: 'postgresql://someone:p%40ss@db.example.org:5433/edtech' };

function problems(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('reads a connection string, and defaults for everything else', () => {
    const config = readConfig(DATABASE);
    expect(config.database).toMatchObject({
      host: 'db.example.org',
      port: 5433,
      database: 'edtech',
      user: 'someone',
      password: 'p@ss',
    });
    expect(config.ingest).toMatchObject({ tickMs: 5000, leaseMs: 15_000, maxRows: 50_000, rollUp: true });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.clock).toBeUndefined();
  });

  it('reads an IPv6 address with and without the brackets that a connection string needs', () => {
    expect(readConfig({ DATABASE_URL: 'postgresql://u:p@[2001:db8::5]:5433/edtech' }).database).toMatchObject({
      host: '2001:db8::5',
      port: 5433,
    });
    expect(readConfig({ DATABASE_HOST: '::1', DATABASE_USER: 'u' }).database).toMatchObject({
      host: '::1',
      port: 5432,
    });
  });

  it('names every problem at once', () => {
    const found = problems(() =>
      readConfig({
        DATABSE_HOST: 'x',
        DATABASE_HOST: 'x',
        INGEST_TICK: '5',
        INGEST_TICK_MS: 'often',
        HTTP_PORT: '70000',
        CLOCK_RATE: '-1',
      }),
    );
    // DATABSE_HOST has a beginning of its own and is nobody's business.
    expect(found.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'CLOCK_RATE',
      'HTTP_PORT',
      'INGEST_TICK',
      'INGEST_TICK_MS',
    ]);
  });

  it('names contradictions', () => {
    const found = problems(() =>
      readConfig({
        ...DATABASE,
        DATABASE_USER: 'another',
        DATABASE_PASSWORD_FILE: '/nonexistent',
        STREAM_STUDENTS: '300',
        STREAM_CONFIG: '{"students": 400}',
        CLOCK_RATE: '2',
        INGEST_LEASE_MS: '6000',
      }),
    );
    const names = found.map((problem) => problem.split(':')[0]);
    for (const name of [
      'DATABASE_USER',
      'DATABASE_PASSWORD_FILE',
      'STREAM_STUDENTS',
      'CLOCK_STREAM_ORIGIN',
      'INGEST_LEASE_MS',
    ])
      expect(names).toContain(name);
  });

  it('tells the settings of the stream that are named from defaults', () => {
    const { seed, config, named } = readConfig({ ...DATABASE, STREAM_CONFIG: '{"heartbeatSeconds": 60}' }).stream;
    expect({ seed, students: config.students }).toEqual({ seed: 1, students: 10_000 });
    expect(named).toEqual({ seed: undefined, config: { heartbeatSeconds: 60 } });
    expect(readConfig({ ...DATABASE, STREAM_SEED: '1', STREAM_STUDENTS: '10000' }).stream.named).toEqual({
      seed: 1,
      config: { students: 10_000 },
    });
  });

  it('refuses a patience that the query timeout would end, and names both', () => {
    const patience = (INGEST_LOCK_PATIENCE_MS: string, DATABASE_QUERY_TIMEOUT_MS: string) => () =>
      readConfig({ ...DATABASE, INGEST_LOCK_PATIENCE_MS, DATABASE_QUERY_TIMEOUT_MS });
    expect(problems(patience('3001', '5000'))).toEqual([
      expect.stringMatching(
        /^INGEST_LOCK_PATIENCE_MS: 3001 is more than 3000, which is DATABASE_QUERY_TIMEOUT_MS \(5000\) less 2000/,
      ),
    ]);
    expect(problems(patience('5000', '5000'))).toHaveLength(1);
    expect(patience('3000', '5000')().ingest.lockPatienceMs).toBe(3000);
  });

  it('never repeats a password in a problem', () => {
    const found = problems(() => readConfig({ DATABASE_URL: 'mysql://u:secret@h/db' }));
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain('secret');
  });

  it('passes on the problems of the stream settings', () => {
    expect(
      problems(() => readConfig({ ...DATABASE, STREAM_CONFIG: '{"heartbeatSeconds": 1, "colour": "red"}' })),
    ).toHaveLength(2);
    for (const text of ['null', '[]', '5']) {
      expect(problems(() => readConfig({ ...DATABASE, STREAM_CONFIG: text, STREAM_STUDENTS: '400' }))).toEqual([
        `STREAM_CONFIG: is ${text}, allowed is a JSON object such as {"heartbeatSeconds": 60}`,
      ]);
    }
    expect(problems(() => readConfig({ ...DATABASE, STREAM_CONFIG: 'students: 3' }))[0]).toMatch(
      /^STREAM_CONFIG: is no JSON/,
    );
  });
});

describe('the command line', () => {
  it('reads a command with its flags', () => {
    expect(parseCommand(['backfill', '--to', '2026-01-05T12:00:00Z', '--days', '14'])).toEqual({
      name: 'backfill',
      to: Date.parse('2026-01-05T12:00:00Z'),
      days: 14,
      scenarios: [],
    });
    expect(parseCommand(['verify', '--due', '--record'])).toEqual({
      name: 'verify',
      from: undefined,
      to: undefined,
      due: true,
      record: true,
    });
    expect(problems(() => parseCommand(['verify', '--due', '--from', '2026-03-02']))).toEqual([
      '--from and --due are given; allowed is one of them',
    ]);
  });

  it('reads scenarios, which begin with the version that is announced unless they say otherwise', () => {
    const scenarios = ['--scenario', 'outage', '--scenario=churn-wave:cohort=2,start=2026-03-09'];
    expect(parseCommand(['announce', '--from', '2026-03-02', ...scenarios])).toEqual({
      name: 'announce',
      from: parseDay('2026-03-02'),
      scenarios: [
        { name: 'outage', start: '2026-03-02', end: '2026-03-02' },
        { name: 'churn-wave', start: '2026-03-09', end: '2026-03-29', cohort: 2 },
      ],
    });
    expect(problems(() => parseCommand(['run', '--scenario', 'outage', '--scenario', 'meteor']))).toEqual([
      expect.stringContaining('scenario "outage" cannot be used: start: is needed here'),
      expect.stringContaining('known are outage, offline-morning'),
    ]);
    expect(problems(() => parseCommand(['verify', '--scenario', 'outage']))).toEqual([
      '--scenario: verify has no such flag',
      '"outage" is no flag of verify',
    ]);
  });

  it('adds scenarios to the configured ones', () => {
    const config = readConfig({
      ...DATABASE,
      STREAM_CONFIG: '{"scenarios": [{"name": "outage", "start": "2026-03-02"}]}',
    });
    const [added] = [parseScenario('exam-week:start=2026-03-09')];
    expect(withScenarios(config, [added]).stream.config.scenarios.map(({ name }) => name)).toEqual([
      'outage',
      'exam-week',
    ]);
    expect(withScenarios(config, [])).toBe(config);
  });

  it('names every flag that is wrong', () => {
    expect(
      problems(() => parseCommand(['backfill', '--to', '2026-02-30', '--days', 'x', '--speed', 'fast'])),
    ).toHaveLength(4);
    expect(problems(() => parseCommand(['verify', '--due=true', '--record=', '--to=2026-03-02']))).toEqual([
      '--due: takes no value, got "true"',
      '--record: takes no value, got ""',
    ]);
    for (const days of ['x', '-1', '3651', '999999999'])
      expect(problems(() => parseCommand(['backfill', `--days=${days}`]))).toEqual([
        `--days: "${days}" is not a whole number of 0 to 3650`,
      ]);
    for (const to of ['2026-02-30T00:00:00Z', '2026-04-31T12:00:00+02:00', '2026-03-02T25:00:00Z'])
      expect(problems(() => parseCommand(['backfill', '--to', to]))).toEqual([
        `--to: "${to}" is not an instant such as 2026-01-05T00:00:00Z`,
      ]);
    for (const proof of ['verify', 'answer-key'])
      expect(problems(() => parseCommand([proof, '--from', '2026-03-05', '--to', '2026-03-01']))).toEqual([
        '--from: 2026-03-05 is after --to 2026-03-01',
      ]);
    expect(problems(() => parseCommand(['migrate']))).toEqual(['--sql: is needed']);
    expect(problems(() => parseCommand(['fly']))[0]).toContain('"fly" is no command');
  });
});

describe('shifted stream time', () => {
  it('runs at its rate from its origin and stops where it is told to', () => {
    let wall = 1000;
    const clock = shiftedClock({ streamOrigin: 50_000, wallOrigin: 1000, rate: 600, until: 400_000 }, () => wall);
    // Whatever the database's time is.
    expect(clock.now(0)).toBe(50_000);
    wall = 1100;
    expect(clock.now(0)).toBe(110_000);
    wall = 5000;
    expect(clock.now(0)).toBe(400_000);
  });
});

describe('the version of the program', () => {
  it('is refused when a migration of the database needs a newer one', () => {
    expect(() => refuseTooOld([{ name: '0042_drop_old', compatible_from: '0.10.0' }], '0.9.3')).toThrow(
      IncompatibleDatabase,
    );
    expect(() => refuseTooOld([{ name: '0042_drop_old', compatible_from: '0.9.3' }], '0.9.3')).not.toThrow();
    expect(compareVersions('1.0.0', '0.99.99')).toBeGreaterThan(0);
  });
});
