import type { Client } from 'pg';
import { answerKeyExitCode, runAnswerKey, type AnswerKeyResult } from '../../simulator/src/proof/answer-key';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';
import { publishDays, restateDays } from './support/publish';
import { smallStream } from './support/small-stream';

// Many comparisons of a whole database: a busy machine needs minutes.
jest.setTimeout(180_000);

const UNTIL = Date.UTC(2026, 2, 6, 7, 30);

let database: TestDatabase;
let analytics: Client;
let published: number;
beforeAll(async () => {
  database = await createTestDatabase();
  const admin = await database.connect('superuser');
  await loadStream(admin, [smallStream('2026-03-02', 150)], UNTIL);
  analytics = await database.connect('analytics');
  published = await publishDays(analytics);
});
afterAll(() => database.drop());

const answer = (options = {}): Promise<AnswerKeyResult> =>
  runAnswerKey({ database: databaseAt(database.url('simulator')), ...options });

it('finds every analytics table equal, as of first cuts and as of restatements', async () => {
  const first = await answer();
  expect(first.differences).toEqual([]);
  expect(first.runs).toBe(published);
  expect(answerKeyExitCode(first)).toBe(0);
  expect(Object.values(first.tables).filter(({ compared }) => compared === 0)).toEqual([]);
  expect(await restateDays(analytics, new Date(UNTIL).toISOString())).toBeGreaterThan(0);
  const restated = await answer();
  expect(restated.differences).toEqual([]);
  expect(restated.compared).toBeGreaterThan(first.compared - 100);
});

it('finds that the snapshots of a day are missing, once they cannot be still to come', async () => {
  const superuser = await database.connect('superuser');
  const { rows } = await superuser.query<{ rows: number }>(
    `select count(*)::int as rows from analytics.at_risk where cohort_id = 1
     union all select count(*)::int from analytics.classroom_window where cohort_id = 1`,
  );
  const [atRisk, windows] = rows.map((row) => row.rows);
  expect(Math.min(atRisk, windows)).toBeGreaterThan(0);
  await superuser.query(`update analytics.runs set timings_ms = timings_ms - 'risk' where cohort_id = 1`);
  await superuser.query('delete from analytics.at_risk where cohort_id = 1');
  await superuser.query('delete from analytics.classroom_window where cohort_id = 1');
  expect((await answer()).different).toBe(0);
  await superuser.query(
    `update analytics.runs set published_at = published_at - interval '2 hours' where cohort_id = 1 and kind = 'first'`,
  );
  const missing = await answer();
  expect(answerKeyExitCode(missing)).toBe(1);
  expect(missing.tables.at_risk.different).toBe(atRisk);
  expect(missing.tables.classroom_window.different).toBe(windows);
  expect(missing.different).toBe(atRisk + windows);
});
