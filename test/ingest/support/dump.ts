import type { TestDatabase } from '../../support/database';

/** What a stream left behind, as text that must not depend on how it came there. */
export interface Dump {
  readonly rows: number;
  /** MD5 of all rows of the event log, each column as text, by event. */
  readonly events: string;
  /** MD5 of students, lessons, classrooms and cohorts. */
  readonly dimensions: string;
}

const ORDERED: readonly (readonly [table: string, key: string])[] = [
  ['students', 'student_id'],
  ['lessons', 'lesson_id'],
  ['classrooms', 'classroom_id'],
  ['cohorts', 'cohort_id'],
];

export async function dump(database: TestDatabase): Promise<Dump> {
  const client = await database.connect('simulator');
  const { rows } = await client.query<{ rows: number; events: string }>(
    `select count(*)::int as rows, md5(string_agg(l::text, chr(10) order by event_id)) as events from edtech.streaming_logs l`,
  );
  const parts: string[] = [];
  for (const [table, key] of ORDERED) {
    const { rows: dumped } = await client.query<{ md5: string }>(
      `select md5(string_agg(t::text, chr(10) order by ${key})) as md5 from edtech.${table} t`,
    );
    parts.push(dumped[0].md5);
  }
  return { ...rows[0], dimensions: parts.join(' ') };
}

/** Rows of the event log, of the ledger, and of each roll-up once everything pending is rolled up: all must be equal. */
export async function sums(database: TestDatabase): Promise<Record<string, number>> {
  const client = await database.connect('simulator');
  for (let pending = 1; pending > 0;) {
    const { rows } = await client.query<{ pending: number }>('select pending::int from analytics.roll_up()');
    pending = rows[0].pending;
  }
  const reader = await database.connect('superuser');
  const { rows } = await reader.query<Record<string, number>>(`
    select (select count(*)::int from edtech.streaming_logs) as raw,
           (select coalesce(sum(events), 0)::int from ingest.batches) as ledger,
           (select coalesce(sum(events), 0)::int from analytics.minute) as minute,
           (select coalesce(sum(events), 0)::int from analytics.classroom_hour) as classroom_hour,
           (select coalesce(sum(events), 0)::int from analytics.student_day) as student_day`);
  return rows[0];
}

/** Asserts that log, ledger and roll-ups agree, and returns the number of rows. */
export async function expectExactSums(database: TestDatabase): Promise<number> {
  const { raw, ...others } = await sums(database);
  expect(others).toEqual({ ledger: raw, minute: raw, classroom_hour: raw, student_day: raw });
  return raw;
}
