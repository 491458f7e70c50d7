import { Pool } from 'pg';
import { scenariosOf } from '../../local/scenarios';
import { createTestDatabase, type TestDatabase } from '../support/database';

const NOW = Date.parse('2026-03-10T12:00:00Z');

describe('the scenarios of a local run', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url('analytics') });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('begin today unless they say otherwise', async () => {
    expect(await scenariosOf(pool, [], NOW)).toEqual([]);
    const given = ['outage', 'churn-wave:cohort=2,start=2026-03-02'];
    expect((await scenariosOf(pool, given, NOW)).map(({ name, start }) => [name, start])).toEqual([
      ['outage', '2026-03-10'],
      ['churn-wave', '2026-03-02'],
    ]);
  });

  it('go on as they began in a stream that exists', async () => {
    const admin = await database.connect('superuser');
    const kept = { name: 'snow-day', start: '2026-03-08', end: '2026-03-08', cohort: 2 };
    await admin.query(
      `insert into ingest.stream_versions (valid_from_day, model_version, seed, config, config_hash) values ('2026-03-01', '1', 1, $1, '')`,
      [JSON.stringify({ scenarios: [kept] })],
    );
    expect(await scenariosOf(pool, [], NOW)).toEqual([kept]);
    expect(await scenariosOf(pool, ['snow-day:cohort=2'], NOW)).toEqual([kept]);
    // Another one is another one: the simulator refuses it by name.
    expect(await scenariosOf(pool, ['snow-day:cohort=3'], NOW)).toMatchObject([{ start: '2026-03-10', cohort: 3 }]);
    expect(await scenariosOf(pool, ['snow-day:cohort=2,start=2026-03-09'], NOW)).toMatchObject([
      { start: '2026-03-09' },
    ]);
  });
});
