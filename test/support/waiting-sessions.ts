import type { Client } from 'pg';
import { soon } from './eventually';

/** Until so many sessions of the client's database wait for a lock of any kind. @returns their process ids */
export function untilSessionsWait(client: Client, count = 1): Promise<number[]> {
  return soon(`${count} sessions that wait for a lock`, async () => {
    // The lock of a row is that of a transaction, which belongs to no database: the session tells.
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`,
    );
    if (rows.length !== count) throw new Error(`${rows.length} wait`);
    return rows.map(({ pid }) => pid);
  });
}
