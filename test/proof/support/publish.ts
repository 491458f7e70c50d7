import type { Client } from 'pg';

/**
 * Rolls up and publishes every day of every cohort whose first cut has passed, in the order of days, as the analytics do.
 * @param client a session of the analytics login
 * @returns published runs
 */
export async function publishDays(client: Client): Promise<number> {
  await client.query('select analytics.roll_up(100000000)');
  const { rows: due } = await client.query<{ cohort_id: number; day: string; as_of: string }>(
    `select d.cohort_id, d.day::text, analytics.first_cut(d.cohort_id, d.day)::text as as_of from edtech.school_days d
     where analytics.ready(d.cohort_id, d.day, analytics.first_cut(d.cohort_id, d.day)) order by d.day, d.cohort_id`,
  );
  for (const { cohort_id: cohort, day, as_of: asOf } of due) {
    const run = await value<string>(client, 'select analytics.compute_day($1, $2, $3)', [cohort, day, asOf]);
    expect(await failedChecks(client, run)).toEqual([]);
    await client.query('select analytics.publish_day($1)', [run]);
    await client.query('select analytics.compute_risk($1)', [run]);
  }
  return due.length;
}

/** Publishes the restatements that are due at an instant. @returns their number */
export async function restateDays(client: Client, now: string): Promise<number> {
  const { rows: due } = await client.query<{ cohort_id: number; day: string; as_of: string }>(
    'select cohort_id, day::text, as_of::text from analytics.due_restatements($1)',
    [now],
  );
  for (const { cohort_id: cohort, day, as_of: asOf } of due) {
    const run = await value<string>(client, `select analytics.compute_day($1, $2, $3, 'restatement')`, [
      cohort,
      day,
      asOf,
    ]);
    expect(await failedChecks(client, run)).toEqual([]);
    await client.query('select analytics.publish_day($1)', [run]);
  }
  return due.length;
}

async function failedChecks(client: Client, run: string): Promise<unknown[]> {
  await client.query('select analytics.check_day($1)', [run]);
  const { rows } = await client.query(
    'select check_name, detail from analytics.data_quality_results where run_id = $1 and failed_rows > 0 and blocking',
    [run],
  );
  return rows;
}

async function value<T>(client: Client, sql: string, parameters: unknown[]): Promise<T> {
  const { rows } = await client.query<[T]>({ text: sql, values: parameters, rowMode: 'array' });
  return rows[0][0];
}
