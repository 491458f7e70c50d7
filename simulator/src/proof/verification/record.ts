import { Client } from 'pg';

/** What `ops.record_verification` is told of a day. */
export interface ProvenDay {
  readonly day: string;
  readonly state: 'held' | 'dropped';
  readonly events: number;
  readonly checksum: string;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

/** Records the outcome of each held day with rows; retention drops a day only after a green one that still fits. */
export async function recordVerification(databaseUrl: string, days: readonly ProvenDay[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'edtech-proof' });
  await client.connect();
  try {
    for (const { day, events, checksum, lost, extra, changed, state } of days) {
      if (state !== 'held' || events === 0) continue;
      await client.query('select ops.record_verification($1::date, $2::bigint, $3::numeric, $4::boolean)', [
        day,
        events,
        checksum,
        lost + extra + changed === 0,
      ]);
    }
  } finally {
    await client.end();
  }
}
