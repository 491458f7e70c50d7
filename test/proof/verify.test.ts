import type { Client } from 'pg';
import { MODEL_VERSION, parseStreamConfig } from '../../simulator/src/model/config';
import { parseDay } from '../../simulator/src/model/day';
import { runVerify, verifyExitCode, type VerifyResult } from '../../simulator/src/proof/verify';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';

// Many comparisons of a whole database: a busy machine needs minutes.
jest.setTimeout(180_000);

const UNTIL = Date.UTC(2026, 2, 5, 7, 30);
const version = {
  validFromDay: parseDay('2026-03-02'),
  modelVersion: MODEL_VERSION,
  seed: 41,
  config: parseStreamConfig({ students: 300, lessonsPerSegment: 24 }),
};

let database: TestDatabase;
let admin: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
  await loadStream(admin, [version], UNTIL);
});
afterAll(() => database.drop());

const verify = (options = {}): Promise<VerifyResult> =>
  runVerify({ database: databaseAt(database.url('simulator')), ...options });

it('finds nothing lost, extra or changed in what the stream says', async () => {
  const result = await verify();
  const { rows } = await admin.query('select count(*)::int as events from edtech.streaming_logs');
  expect(result).toMatchObject({ compared: rows[0].events, lost: 0, extra: 0, changed: 0, differences: [] });
  expect(result.compared).toBeGreaterThan(5_000);
  expect(verifyExitCode(result)).toBe(0);
});
