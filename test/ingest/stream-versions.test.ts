import { Session } from '../../simulator/src/database/session';
import { announceVersion, type StreamChange } from '../../simulator/src/ingest/announce-version';
import { guardStream, readVersions } from '../../simulator/src/ingest/stream-versions';
import { requireCompatible } from '../../simulator/src/database/compatible';
import { readConfig, type StreamSettings } from '../../simulator/src/config';
import { ManualClock } from '../../simulator/src/clock';
import { StreamRefused } from '../../simulator/src/ingest/errors';
import { storeDimensions, storeSchoolDays } from '../../simulator/src/ingest/dimensions';
import { configHash, MODEL_VERSION } from '../../simulator/src/model/config';
import { parseDay } from '../../simulator/src/model/day';
import { parseScenario, type Scenario } from '../../simulator/src/model/scenario';
import { Stream } from '../../simulator/src/model/stream';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { expectExactSums } from './support/dump';
import { allReceived, DAY, START, startReplica, testConfig } from './support/replicas';

describe('the stream that a database holds', () => {
  let database: TestDatabase;
  let session: Session;
  const settings = (change: Partial<StreamSettings> = {}): StreamSettings => ({
    ...testConfig('postgresql://u@h/d').stream,
    ...change,
  });
  const growth: StreamChange = { config: { students: 500 } };
  const grown = settings({ config: { ...settings().config, ...growth.config } });

  beforeAll(async () => {
    database = await createTestDatabase();
    session = await Session.open(testConfig(database.url('simulator')).database, 'test');
    await guardStream(session, settings({ historyDays: 2 }), START);
  });
  afterAll(async () => {
    await session.close();
    await database.drop();
  });

  it('begins with the first program, as many days back as it says, and stays', async () => {
    const [first, ...more] = await guardStream(session, settings({ historyDays: 90 }), START + 5 * DAY);
    expect(first.validFromDay).toBe(parseDay('2026-01-31'));
    expect(more).toEqual([]);
    const { rows } = await session.query(`select distinct watermark = '2026-01-30 00:00Z' as early from ingest.shards`);
    expect(rows).toEqual([{ early: true }]);
  });

  it('refuses another seed by name', async () => {
    await expect(guardStream(session, settings({ seed: 8 }), START)).rejects.toThrow(
      'the stream has seed 7, configured is 8',
    );
  });

  it('refuses settings that were not announced by name', async () => {
    await expect(guardStream(session, grown, START)).rejects.toThrow(
      "the stream's settings were changed without being announced: students is 300 in force and 500 configured",
    );
  });

  it('refuses a version for a day that has begun in any time zone, and says which day is allowed', async () => {
    await expect(announceVersion(session, growth, parseDay('2026-02-03'), START)).rejects.toThrow(
      '2026-02-03 has begun or is about to, a new version may begin on 2026-02-04 or later',
    );
  });

  it('refuses a version that cannot follow the one before it', async () => {
    const announced = (change: StreamChange) => announceVersion(session, change, parseDay('2026-02-10'), START);
    await expect(announced({ config: { students: 100 } })).rejects.toThrow('students may not fall');
    await expect(announced({ seed: 8, config: {} })).rejects.toThrow("seed 8 differs from the stream's 7");
  });

  const scenarios = (...texts: readonly string[]): Scenario[] =>
    texts.map((text) => parseScenario(text, parseDay('2026-02-10')));
  const allowed = '1001 to 1360 (school), 2001 to 2360 (university), 3001 to 3360 (evening)';
  const missing = ['viral-lesson:lesson=1500', 'viral-lesson:lesson=12', 'viral-lesson:lesson=1000'];

  it('refuses a version whose scenarios name a lesson or a classroom that does not exist, and says which do', async () => {
    const wrong = scenarios(...missing, 'slow-wifi:classroom=99999', 'viral-lesson:lesson=3360', 'exam-week');
    const announced = announceVersion(session, { config: {}, scenarios: wrong }, parseDay('2026-02-10'), START);
    await expect(announced).rejects.toThrow(StreamRefused);
    await expect(announced).rejects.toThrow(
      [
        `viral-lesson of 2026-02-10: lesson 1500 does not exist, allowed are ${allowed}`,
        `viral-lesson of 2026-02-10: lesson 12 does not exist, allowed are ${allowed}`,
        `viral-lesson of 2026-02-10: lesson 1000 does not exist, allowed are ${allowed}`,
        'slow-wifi of 2026-02-10: classroom 99999 does not exist, allowed are 1 to 15',
      ].join('; '),
    );
    expect(await readVersions(session)).toHaveLength(1);
  });

  it('does not begin with such a version either, and keeps one that a stream has', async () => {
    const other = await createTestDatabase('targets');
    const own = await Session.open(testConfig(other.url('simulator')).database, 'test');
    const wrong = settings({ config: { ...settings().config, scenarios: scenarios('viral-lesson:lesson=1361') } });
    await expect(guardStream(own, wrong, START)).rejects.toThrow(`lesson 1361 does not exist, allowed are ${allowed}`);
    expect(await readVersions(own)).toEqual([]);
    const admin = await other.connect('superuser');
    await admin.query(
      `insert into ingest.stream_versions (valid_from_day, model_version, seed, config, config_hash) values ('2026-02-02', $1, 7, $2, $3)`,
      [MODEL_VERSION, wrong.config, configHash(wrong.config)],
    );
    await expect(guardStream(own, wrong, START)).resolves.toHaveLength(1);
    await own.close();
    await other.drop();
  });

  it('makes the days of an announced scenario what they will be, but none that has begun', async () => {
    const other = await createTestDatabase('holiday');
    const own = await Session.open(testConfig(other.url('simulator')).database, 'test');
    const versions = await guardStream(own, settings(), START);
    await storeDimensions(own, new Stream(versions));
    await storeSchoolDays(own, new Stream(versions), START);
    const kinds = async (): Promise<string[]> => {
      const { rows } = await own.query<{ kind: string }>(
        `select distinct kind::text from edtech.school_days where cohort_id = 4 and day between '2026-02-09' and '2026-02-15' order by 1`,
      );
      return rows.map(({ kind }) => kind);
    };
    expect(await kinds()).not.toEqual(['holiday']);
    const change = { config: {}, scenarios: [parseScenario('holiday-week:start=2026-02-09')] };
    await announceVersion(own, change, parseDay('2026-02-09'), START);
    expect(await kinds()).toEqual(['holiday']);
    const begun = await own.query<{ changed: number }>(
      `select ingest.change_day_kinds('{4}', '{2026-02-01}', '{break}') as changed`,
    );
    expect(begun.rows).toEqual([{ changed: 0 }]);
    await own.close();
    await other.drop();
  });

  it('keeps in a new version what is not named for it, and says what it changes', async () => {
    const other = await createTestDatabase('named');
    const own = await Session.open(testConfig(other.url('simulator')).database, 'test');
    const [exam, holiday, snow] = scenarios('exam-week', 'holiday-week:start=2026-02-23', 'snow-day:cohort=2');
    await guardStream(own, settings({ config: { ...settings().config, scenarios: [exam] } }), START);
    const named = (variables: Record<string, string>) =>
      readConfig({ DATABASE_URL: 'postgresql://u@h/d', ...variables }).stream.named;
    const newest = async () => (await readVersions(own)).at(-1);
    const announced = await announceVersion(
      own,
      { ...named({}), scenarios: [exam, holiday] },
      parseDay('2026-02-10'),
      START,
    );
    expect(announced.changes).toEqual([
      `scenarios is ${JSON.stringify([exam])}, from 2026-02-10 on ${JSON.stringify([exam, holiday])}`,
    ]);
    expect(await newest()).toMatchObject({ seed: 7, config: { students: 300, scenarios: [exam, holiday] } });
    const variables = { STREAM_STUDENTS: '400', STREAM_CONFIG: '{"scenarios": []}' };
    await announceVersion(own, { ...named(variables), scenarios: [snow] }, parseDay('2026-02-11'), START);
    expect(await newest()).toMatchObject({ seed: 7, config: { students: 400, scenarios: [snow] } });
    for (const announcedAlready of ['2026-02-10', '2026-02-11'])
      await expect(announceVersion(own, growth, parseDay(announcedAlready), START)).rejects.toThrow(
        'does not begin after the one before it',
      );
    await own.close();
    await other.drop();
  });

  it('refuses a version that changes nothing, which would only use up its day', async () => {
    for (const same of [{ config: {} }, settings().named, { seed: 7, config: settings().config, scenarios: [] }])
      await expect(announceVersion(session, same, parseDay('2026-02-10'), START)).rejects.toThrow(
        'nothing would change: the stream has students 300, lessonsPerSegment 360, heartbeatSeconds 30, preset "campus", scenarios [] from 2026-01-31 on',
      );
    expect(await readVersions(session)).toHaveLength(1);
  });

  it('takes an announced version up in running replicas, and accepts both settings until the day has begun everywhere', async () => {
    const clock = new ManualClock(START);
    const replica = startReplica(testConfig(database.url('simulator')), clock, 'a');
    await allReceived(database, START);
    await announceVersion(session, growth, parseDay('2026-02-05'), START);
    await expect(guardStream(session, grown, START)).resolves.toHaveLength(2);
    await expect(guardStream(session, settings(), START)).resolves.toHaveLength(2);
    clock.set(START + 6 * DAY);
    await allReceived(database, START + 6 * DAY);
    await replica.stop();
    await expectExactSums(database);
    const { rows } = await session.query<{ students: number }>('select count(*)::int as students from edtech.students');
    expect(rows[0].students).toBeGreaterThan(400);
    await expect(guardStream(session, settings(), START + 6 * DAY)).rejects.toThrow(
      'students is 500 in force and 300 configured',
    );
  });

  it('refuses an edited row', async () => {
    const superuser = await database.connect('superuser');
    await superuser.query(
      `update ingest.stream_versions set config = jsonb_set(config, '{students}', '501') where valid_from_day = '2026-02-05'`,
    );
    await expect(readVersions(session)).rejects.toThrow("the stream's settings from 2026-02-05 on were edited");
  });

  it('refuses a model that this program does not have', async () => {
    const superuser = await database.connect('superuser');
    await superuser.query(`update ingest.stream_versions set model_version = '99' where valid_from_day = '2026-02-05'`);
    await expect(readVersions(session)).rejects.toThrow('the stream has model version "99" from 2026-02-05 on');
  });
});

describe('the migrations of a database', () => {
  it('are missed before they are applied, and refused when they need a newer program', async () => {
    const empty = await createTestDatabase('empty', { empty: true });
    const emptySession = await Session.open(testConfig(empty.url('simulator')).database, 'test');
    await expect(requireCompatible(emptySession)).rejects.toThrow('the database holds no migrations');
    await emptySession.close();
    await empty.drop();
    const database = await createTestDatabase('newer');
    const owner = await database.connect('owner');
    await owner.query(
      `insert into migrations.applied (number, name, checksum, compatible_from) values (9999, '9999_rename_all', '', '7.0.0')`,
    );
    const session = await Session.open(testConfig(database.url('simulator')).database, 'test');
    await expect(requireCompatible(session)).rejects.toThrow(
      /too old for the database: migration "9999_rename_all" needs 7.0.0/,
    );
    await session.close();
    await database.drop();
  });
});
