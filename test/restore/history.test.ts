import type { Client } from 'pg';
import { QUESTION } from '../../src/restore/history';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
let admin: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
});
afterAll(() => database.drop());

async function said(): Promise<unknown> {
  const { rows } = await admin.query<Record<string, unknown>>(QUESTION);
  return rows.map((row) => Object.values(row));
}

test('the primary says in one word how far a load of history is, also where nothing is known', async () => {
  await admin.query(`update ingest.shards set watermark = '2026-01-01Z'`);
  expect(await said()).toEqual([['not begun']]);
  await admin.query(
    `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, events)
     values ('job', 'backfill', -1, '2026-01-01Z', '2026-01-15Z', 0)`,
  );
  expect(await said()).toEqual([['unfinished']]);
  await admin.query(`update ingest.shards set watermark = '2026-01-15Z'`);
  expect(await said()).toEqual([['loaded']]);
});
