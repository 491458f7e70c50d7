import { Pool } from 'pg';
import { publishDueDays } from '../../../local/publish';
import { readConfig } from '../../../simulator/src/config';
import { backfill } from '../../../simulator/src/ingest/backfill';
import { createTestDatabase, type TestDatabase } from '../../support/database';

/** End of the data: a Wednesday of a term week, in the middle of the school day in America and late evening in Moscow. */
export const NOW = new Date('2026-02-25T18:00:00Z');
export const DAYS = 24;

/** Connection strings of the logins that fill a database. */
export interface FillingUrls {
  readonly simulator: string;
  readonly analytics: string;
}

/**
 * Fills a migrated database with a small stream of {@link DAYS} days up to {@link NOW}: loaded by the simulator's own backfill,
 * published by the functions that the DAGs call, restated as far as it is due.
 */
export async function fillDatabase({ simulator, analytics }: FillingUrls, students = 240): Promise<void> {
  const config = readConfig({
    DATABASE_URL: simulator,
    STREAM_STUDENTS: String(students),
    STREAM_SEED: '11',
    LOG_LEVEL: 'silent',
    HTTP_PORT: 'off',
  });
  await backfill(config, { to: NOW.getTime(), days: DAYS });
  const pool = new Pool({ connectionString: analytics, max: 1 });
  try {
    const blocked = await publishDueDays(pool, () => undefined);
    if (blocked.length > 0) throw new Error(`days were not published: ${JSON.stringify(blocked)}`);
  } finally {
    await pool.end();
  }
}

/** A new database of the tests' own server, filled. */
export async function createFilledDatabase(label: string): Promise<TestDatabase> {
  const database = await createTestDatabase(label);
  await fillDatabase({ simulator: database.url('simulator'), analytics: database.url('analytics') });
  return database;
}
