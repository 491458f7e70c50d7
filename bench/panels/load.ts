import { Pool } from 'pg';
import { publishDueDays } from '../../local/publish';
import { backfill } from '../../simulator/src/ingest/backfill';
import { DAY_MS, formatDay } from '../../simulator/src/model/day';
import type { BenchServer, BenchDatabase } from '../server';
import { simulatorConfig } from '../stage';

/** End of the data: a Wednesday of a term week, in the school day of America and the evening of Moscow. */
export const END = Date.parse('2026-03-04T18:00:00Z');
export const DAYS = 30;
/** Days before the end whose restatements are published too: what the panels of the pipeline read of them. */
const RESTATED_DAYS = 5;

/** A database of the benchmark with {@link DAYS} days of history up to {@link END}, rolled up and published. */
export interface LoadedDatabase {
  readonly database: BenchDatabase;
  readonly students: number;
  readonly events: number;
}

/**
 * Loads the history by the bulk path and publishes it with the functions of the daily job: all first runs, and the restatements
 * of the last days (those of the first weeks would take longer than all else and no panel reads them).
 */
export async function loadDatabase(
  server: BenchServer,
  students: number,
  say: (line: string) => void,
): Promise<LoadedDatabase> {
  const database = await server.createDatabase(`bench_panels_${students}`);
  const loaded = await backfill(simulatorConfig(database, students), { to: END, days: DAYS });
  say(`panels: ${loaded.events} events of ${students} students in ${Math.round(loaded.seconds)} s`);
  await database.admin.query('vacuum (analyze)');
  const pool = new Pool({ connectionString: database.url('analytics'), max: 1 });
  const started = performance.now();
  try {
    const since = formatDay(Math.floor(END / DAY_MS) - RESTATED_DAYS);
    const blocked = await publishDueDays(pool, () => undefined, {
      wanted: ({ kind, day }) => kind === 'first' || day >= since,
    });
    if (blocked.length > 0) throw new Error(`days were not published: ${JSON.stringify(blocked)}`);
  } finally {
    await pool.end();
  }
  say(`panels: published in ${Math.round((performance.now() - started) / 1000)} s`);
  await database.admin.query('vacuum (analyze)');
  await database.admin.query('checkpoint');
  return { database, students, events: loaded.events };
}
