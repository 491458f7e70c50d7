import { Pool, type Client } from 'pg';
import { publishDueDays } from '../../local/publish';
import { createFilledDatabase } from '../dashboards/support/filled-database';
import type { TestDatabase } from '../support/database';

describe('publishing of the local run', () => {
  let filled: TestDatabase;
  let superuser: Client;
  let pool: Pool;
  beforeAll(async () => {
    filled = await createFilledDatabase('publish');
    superuser = await filled.connect('superuser');
    pool = new Pool({ connectionString: filled.url('analytics'), max: 1 });
  }, 300_000);
  afterAll(async () => {
    await pool?.end();
    await filled?.drop();
  });

  const snapshots = async (): Promise<unknown[]> =>
    (
      await superuser.query(
        `select cohort_id, day::text, count(*)::int, sum(hashtextextended(a::text, 0))::text as rows from analytics.at_risk a group by 1, 2 order by 1, 2`,
      )
    ).rows;

  it('takes the snapshots that a run left out when it was killed right after publishing', async () => {
    const before = await snapshots();
    expect(before.length).toBeGreaterThan(20);
    // What is there between the two steps of a day, also where the day was restated since.
    await superuser.query(
      `update analytics.runs set timings_ms = timings_ms - 'risk' where cohort_id = 1 and kind = 'first'`,
    );
    await superuser.query('delete from analytics.at_risk where cohort_id = 1');
    await superuser.query('delete from analytics.classroom_window where cohort_id = 1');
    expect(await snapshots()).not.toEqual(before);
    expect(await publishDueDays(pool, () => undefined)).toEqual([]);
    expect(await snapshots()).toEqual(before);
  });

  it('does nothing where nothing is due', async () => {
    const runs = async (): Promise<unknown> =>
      (await superuser.query('select run_id, timings_ms from analytics.runs order by 1')).rows;
    const before = await runs();
    expect(await publishDueDays(pool, () => undefined)).toEqual([]);
    expect(await runs()).toEqual(before);
  });
});
