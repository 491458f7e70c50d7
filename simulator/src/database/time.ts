import type { Session } from './session';

/** The database's time in SQL, in whole milliseconds since 1970-01-01Z. */
export const DATABASE_NOW = 'floor(extract(epoch from clock_timestamp()) * 1000)::float8';

/** The database's time, ms since 1970-01-01Z. */
export async function databaseTime(session: Session): Promise<number> {
  const { rows } = await session.query<{ now: number }>(`select ${DATABASE_NOW} as now`);
  return rows[0].now;
}
