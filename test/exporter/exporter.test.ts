import type { Client } from 'pg';
import type { DatabaseConfig } from '../../simulator/src/database/session';
import { Exporter } from '../../simulator/src/exporter/exporter';
import { GAUGES } from '../../simulator/src/exporter/gauges';
import { GROUPS } from '../../simulator/src/exporter/groups';
import { createLogger, silentLogger } from '../../simulator/src/logger';
import { createTestDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase;
let admin: Client;

/** The exporter logs in as it does in production. */
function monitor(): DatabaseConfig {
  const url = new URL(database.url('monitor'));
  return {
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    user: url.username,
    password: url.password,
    connectTimeoutMs: 2000,
    queryTimeoutMs: 5000,
  };
}

/** Values by metric with labels, after every query was asked once. */
async function read(exporter = new Exporter(monitor(), { log: silentLogger })): Promise<Map<string, number>> {
  await exporter.readDue();
  const lines = (await exporter.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const stop = new AbortController();
  stop.abort();
  await exporter.run(stop.signal);
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const now = (): number => Date.now() / 1000;

beforeAll(async () => {
  database = await createTestDatabase();
  // Rows are put in place by hand: what matters is what the exporter makes of them.
  admin = await database.connect('superuser');
  await admin.query(`
    insert into edtech.cohorts values (1, 'North', 'UTC'), (2, 'South', 'UTC');
    insert into edtech.school_days
      select cohort, date '2000-01-01' + d, start_at, start_at + interval '24 hours', 'school_day'
      from (values (1), (2)) c (cohort), generate_series(0, 9) d,
        lateral (select date_trunc('hour', clock_timestamp()) - make_interval(days => 9 - d, hours => 12) as start_at) s`);
});
afterAll(() => database.drop());

test('an empty database shows what there is and leaves out what nobody can know', async () => {
  const values = await read();
  expect(values.get('edtech_shards_total')).toBe(64);
  expect(values.get('edtech_shards_leased')).toBe(0);
  expect(values.get('edtech_rollup_oldest_pending_seconds')).toBe(0);
  expect(values.get('edtech_verify_failed_days')).toBe(0);
  expect(now() - values.get('edtech_verify_last_timestamp_seconds')!).toBeLessThan(3600);
  for (const absent of ['edtech_ingest_watermark_timestamp_seconds', 'edtech_ingest_last_commit_timestamp_seconds']) {
    expect(values.has(absent)).toBe(false);
  }
  for (const { name } of GROUPS) expect(values.get(`edtech_exporter_query_up{query="${name}"}`)).toBe(1);
});

test('the oldest watermark counts, also that of a shard that nobody holds', async () => {
  await admin.query(`
    update ingest.shards set watermark = clock_timestamp() - interval '10 seconds', lease_expires_at = clock_timestamp() + interval '1 minute';
    update ingest.shards set watermark = clock_timestamp() - interval '500 seconds', lease_expires_at = clock_timestamp() - interval '1 second' where shard = 7`);
  const values = await read();
  expect(now() - values.get('edtech_ingest_watermark_timestamp_seconds')!).toBeCloseTo(500, -1);
  expect(values.get('edtech_shards_leased')).toBe(63);
  await admin.query('update ingest.shards set watermark = null where shard = 7');
  expect((await read()).has('edtech_ingest_watermark_timestamp_seconds')).toBe(false);
});

test('only ledger rows with events wait for the roll-up', async () => {
  const batch = (age: number, events: number): Promise<unknown> =>
    admin.query(
      `insert into ingest.batches (committed_at, replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
       select t, 'test', 'live', -1, t - interval '5 s', t, o::date, o, o, $2 from (select clock_timestamp() - make_interval(secs => $1)) n (t), lateral (select case when $2 > 0 then t end) x (o)`,
      [age, events],
    );
  await batch(9 * 86_400, 0);
  await batch(900, 0);
  expect((await read()).get('edtech_rollup_oldest_pending_seconds')).toBe(0);
  await batch(300, 5);
  await batch(20, 5);
  const values = await read();
  expect(values.get('edtech_rollup_pending_batches')).toBe(2);
  expect(values.get('edtech_rollup_oldest_pending_seconds')).toBeCloseTo(300, -1);
  expect(now() - values.get('edtech_ingest_last_commit_timestamp_seconds')!).toBeCloseTo(20, -1);
});

test('a day is late when it ended 7 hours ago, unless it was loaded as history or is published', async () => {
  // Days begin 9.5, 8.5, … days ago; the ledger begins 9 days ago, so the first one is history and the last two are not due.
  const late = (values: Map<string, number>, cohort: string): number | undefined =>
    values.get(`edtech_analytics_days_late{cohort="${cohort}"}`);
  expect([late(await read(), 'North'), late(await read(), 'South')]).toEqual([8, 8]);
  const run = (day: number, status: string, failed: number): Promise<unknown> =>
    admin.query(
      `insert into analytics.runs (cohort_id, day, kind, as_of, status, started_at, published_at, checksum, failed_checks)
       select 1, d.day, 'first', d.ends_at, $2, clock_timestamp() - interval '90 seconds', p.at, case when p.at is not null then 0 end, $3
       from edtech.school_days d cross join lateral (select case when $2 = 'published' then clock_timestamp() end) p (at)
       where d.cohort_id = 1 and d.day = date '2000-01-01' + $1::int`,
      [day, status, failed],
    );
  await run(1, 'published', 0);
  await run(2, 'refused', 2);
  const values = await read();
  expect([late(values, 'North'), late(values, 'South')]).toEqual([7, 8]);
  expect(values.get('edtech_analytics_last_run_duration_seconds{cohort="North"}')).toBeCloseTo(90, -1);
  expect(values.has('edtech_analytics_last_run_duration_seconds{cohort="South"}')).toBe(false);
});

const failedChecks = (values: Map<string, number>, scope: string): number | undefined =>
  values.get(`edtech_data_quality_failed_checks{scope="${scope}",cohort="South"}`);

test('failed checks are those of the newest run of each day and of open days', async () => {
  const before = await read();
  expect([failedChecks(before, 'newest run'), failedChecks(before, 'open day')]).toEqual([0, 0]);
  await admin.query(`
    update ingest.shards set watermark = clock_timestamp();
    insert into edtech.school_days values (2, current_date + 400, current_date + 400, current_date + 401, 'weekend'),
      (2, current_date - 1, clock_timestamp() - interval '30 hours', clock_timestamp() - interval '6 hours', 'weekend');
    insert into analytics.runs (cohort_id, day, kind, as_of, status, failed_checks) values (2, current_date + 400, 'first', clock_timestamp(), 'refused', 3);
    insert into analytics.open_day_checks (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
    values (2, current_date - 1, 'orphans', clock_timestamp(), 4, 'x', clock_timestamp()), (2, current_date - 1, 'gaps', clock_timestamp(), 0, null, null)`);
  const values = await read();
  expect([failedChecks(values, 'newest run'), failedChecks(values, 'open day')]).toEqual([3, 1]);
});

test('a fault of a day counts as long as the hourly checks look at that day', async () => {
  // Late events of a day arrive for 72 hours of stream time, and the checks follow them.
  await admin.query(`
    insert into edtech.school_days select 2, current_date - age, end_at - interval '24 hours', end_at, 'weekend'
      from (values (3, 72), (4, 74)) d (age, hours), lateral (select clock_timestamp() - make_interval(hours => hours) as end_at) e;
    insert into analytics.open_day_checks (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
      select 2, current_date - age, name, clock_timestamp(), 1, 'x', clock_timestamp() from unnest(array[3, 4]) age, unnest(array['orphans', 'gaps']) name`);
  const checks = async (): Promise<number | undefined> => failedChecks(await read(), 'open day');
  await admin.query(`update ingest.shards set watermark = clock_timestamp() - interval '2 hours'`);
  expect(await checks()).toBe(5);
  await admin.query('update ingest.shards set watermark = clock_timestamp()');
  expect(await checks()).toBe(3);
});

test('a day that was refused counts until a run of that very day is published, whatever other days do', async () => {
  const checks = async (): Promise<number | undefined> => failedChecks(await read(), 'newest run');
  await admin.query(`
    insert into edtech.school_days select 2, current_date + d, current_date + d, current_date + d + 1, 'weekend' from unnest(array[401, 402, -40]) d`);
  const run = (day: number, status: string, failed: number | null): Promise<unknown> =>
    admin.query(
      `insert into analytics.runs (cohort_id, day, kind, as_of, status, failed_checks, published_at, checksum)
       select 2, current_date + $1::int, 'restatement', clock_timestamp(), $2, $3, p.at, case when p.at is not null then 0 end
       from (select case when $2 = 'published' then clock_timestamp() end) p (at)`,
      [day, status, failed],
    );
  await run(401, 'published', 0);
  await run(402, 'refused', 2);
  await run(402, 'discarded', null);
  // Older than a month.
  await run(-40, 'refused', 7);
  expect(await checks()).toBe(5);
  await run(402, 'computed', null);
  expect(await checks()).toBe(3);
  await admin.query(`update analytics.runs set status = 'refused', failed_checks = 1 where status = 'computed'`);
  expect(await checks()).toBe(4);
  await run(400, 'published', 0);
  await run(402, 'published', 0);
  expect(await checks()).toBe(0);
});

test('a restatement counts by its largest relative change, for a day, but for the number of late events', async () => {
  await admin.query(`
    insert into analytics.restatements (run_id, restated_at, day, table_name, metric, old_value, new_value)
    select run_id, clock_timestamp() - age, current_date, 'total_day', metric, was, 90
    from (select min(run_id) from analytics.runs) r (run_id),
      (values (interval '1 hour', 'events', 100), (interval '2 days', 'events', 10), (interval '1 hour', 'late_events', 60),
        (interval '1 hour', 'sessions', null)) v (age, metric, was)`);
  expect((await read()).get('edtech_restatement_largest_ratio')).toBeCloseTo(0.1, 5);
});

test('what was never verified is as old as the platform', async () => {
  await admin.query(
    `update migrations.applied set applied_at = clock_timestamp() - interval '5 days' where name like '%create_retention%'`,
  );
  expect((now() - (await read()).get('edtech_verify_last_timestamp_seconds')!) / 86_400).toBeCloseTo(5, 2);
});

test('partitions ahead are those after today, and a failed verification of a dropped day is over', async () => {
  await admin.query(`
    select ops.ensure_partitions((clock_timestamp() at time zone 'UTC')::date - 1, (clock_timestamp() at time zone 'UTC')::date + 3);
    insert into ops.verifications (utc_day, events, checksum, ok) values ('2020-01-01', 1, 1, false), ('2020-01-02', 1, 1, false), ('2020-01-03', 1, 1, true);
    insert into ops.dropped_partitions (utc_day, events, checksum) values ('2020-01-01', 1, 1)`);
  const values = await read();
  expect([values.get('edtech_partitions_ahead'), values.get('edtech_partitions_held')]).toEqual([3, 5]);
  expect(values.get('edtech_verify_failed_days')).toBe(1);
  expect(now() - values.get('edtech_verify_last_timestamp_seconds')!).toBeLessThan(60);
});

test('differences are those of the last recorded run of verify, and absent before one', async () => {
  const differences = async (): Promise<(number | undefined)[]> => {
    const values = await read();
    return ['lost', 'extra', 'changed', 'unproven'].map((kind) =>
      values.get(`edtech_verify_difference_events{kind="${kind}"}`),
    );
  };
  expect(await differences()).toEqual([undefined, undefined, undefined, undefined]);
  await admin.query(`select ops.record_verify_result('2026-01-01', '2026-01-31', 1000, 3, 0, 1, 2)`);
  expect(await differences()).toEqual([3, 0, 1, 2]);
  await admin.query(`select ops.record_verify_result('2026-01-01', '2026-01-31', 1000, 0, 0, 0, 0)`);
  expect(await differences()).toEqual([0, 0, 0, 0]);
});

test('a backup is as old as its end, and one that was never made as old as the platform', async () => {
  const ages = async (): Promise<(number | undefined)[]> => {
    const values = await read();
    return ['full', 'incr', 'any'].map((kind) => {
      const at = values.get(`edtech_backup_last_completion_timestamp_seconds{kind="${kind}"}`);
      return at === undefined ? undefined : Math.round((now() - at) / 3600);
    });
  };
  await admin.query(
    `update migrations.applied set applied_at = clock_timestamp() - interval '50 hours' where name like '%record_backups%'`,
  );
  expect(await ages()).toEqual([50, undefined, 50]);
  const backup = (label: string, kind: string, hours: number, bytes: number): Promise<unknown> =>
    admin.query(
      `insert into ops.backups select $1, $2, t - interval '100 seconds', t, 9000, $4, 'a', 'b', case when $1 = 'gone' then t end
       from (select clock_timestamp() - make_interval(hours => $3)) s (t)`,
      [label, kind, hours, bytes],
    );
  await backup('gone', 'full', 40, 1000);
  await backup('kept', 'full', 20, 2000);
  await backup('last', 'incr', 3, 30);
  expect(await ages()).toEqual([20, 3, 3]);
  const values = await read();
  expect(values.get('edtech_backup_size_bytes{of="repository",kind="full"}')).toBe(2000);
  expect(values.get('edtech_backup_size_bytes{of="database",kind="incr"}')).toBe(9000);
  expect(values.get('edtech_backup_duration_seconds{kind="incr"}')).toBeCloseTo(100, 3);
  expect(values.get('edtech_backup_kept_bytes')).toBe(2030);
});

test('the last restore drill counts; before one nothing is said but for how long there was none', async () => {
  const drill = (values: Map<string, number>): (number | undefined)[] =>
    ['failed', 'duration_seconds'].map((name) => values.get(`edtech_restore_drill_${name}`));
  await admin.query(
    `update migrations.applied set applied_at = clock_timestamp() - interval '12 days' where name like '%record_restore_drills%'`,
  );
  const before = await read();
  expect(drill(before)).toEqual([undefined, undefined]);
  expect((now() - before.get('edtech_restore_drill_last_timestamp_seconds')!) / 86_400).toBeCloseTo(12, 2);
  await admin.query(`
    insert into ops.restore_drills (started_at, finished_at, backup, reached_at, outcome, failed_step, compared, lost, extra, changed)
    select n - interval '90 seconds', n, '20260101-000000F', n - interval '1 hour', 'passed', null, 10, 0, 0, 0 from clock_timestamp() n`);
  const passed = await read();
  expect(drill(passed)).toEqual([0, 90]);
  expect(now() - passed.get('edtech_restore_drill_last_timestamp_seconds')!).toBeLessThan(60);
  expect(now() - passed.get('edtech_restore_drill_reached_timestamp_seconds')!).toBeCloseTo(3600, -2);
  await admin.query(`
    insert into ops.restore_drills (started_at, finished_at, outcome, failed_step, detail)
    select n - interval '5 seconds', n, 'failed', 'restore', 'no backup' from clock_timestamp() n`);
  const failed = await read();
  expect(drill(failed)).toEqual([1, 5]);
  expect(failed.has('edtech_restore_drill_reached_timestamp_seconds')).toBe(false);
});

test('every declared gauge belongs to exactly one query, and no label has more values than cohorts and scopes', async () => {
  expect(GROUPS.flatMap(({ gauges }) => gauges).sort()).toEqual(Object.keys(GAUGES).sort());
  const series = [...(await read()).keys()].filter(
    (name) => name.startsWith('edtech_') && !name.startsWith('edtech_exporter_'),
  );
  expect(series.length).toBeLessThan(50);
});

test('a query that fails keeps its last figures, and says so', async () => {
  const broken = { ...GROUPS[0], everySeconds: 0, sql: 'select 1 / 0' };
  const exporter = new Exporter(monitor(), { log: silentLogger, groups: [GROUPS[2], broken] });
  const values = await read(exporter);
  expect(values.get('edtech_exporter_query_up{query="storage"}')).toBe(1);
  expect(values.get('edtech_exporter_query_up{query="ingest"}')).toBe(0);
  expect(values.get('edtech_partitions_held')).toBe(5);
  expect(exporter.waitingFor).toBe('the first answer of ingest');
});

test('a query that fails holds up none of the others, and is asked again when it is due', async () => {
  const lines: string[] = [];
  const log = createLogger('warn', { write: (line) => void lines.push(line) });
  let asked = 0;
  const broken = {
    ...GROUPS[0],
    get sql(): string {
      return `select 1 / 0 as "${(asked += 1)}"`;
    },
  };
  const exporter = new Exporter(monitor(), { log, groups: [broken, ...GROUPS.slice(1)], stepMs: 600_000 });
  for (let look = 0; look < 3; look += 1) await exporter.readDue();
  const values = await read(exporter);
  for (const { name } of GROUPS)
    expect(values.get(`edtech_exporter_query_up{query="${name}"}`)).toBe(name === broken.name ? 0 : 1);
  expect(exporter.waitingFor).toBe('the first answer of ingest');
  expect([asked, lines.length]).toEqual([1, 1]);
});

test('a session that the server ends ends the look, and the next one has a new session', async () => {
  const ending = { ...GROUPS[0], sql: 'select pg_terminate_backend(pg_backend_pid())' };
  const exporter = new Exporter(monitor(), { log: silentLogger, groups: [ending, GROUPS[2]] });
  await exporter.readDue();
  expect(exporter.waitingFor).toBe('the first answer of ingest, storage');
  ending.sql = GROUPS[0].sql;
  await read(exporter);
  expect(exporter.waitingFor).toBeUndefined();
});

test('a query that goes on failing in the same way is logged once, and again when it fails after an answer', async () => {
  const lines: string[] = [];
  const log = createLogger('warn', { write: (line) => void lines.push(line) });
  const group = { ...GROUPS[0], everySeconds: 0, sql: 'select 1 / 0' };
  const exporter = new Exporter(monitor(), { log, groups: [group], stepMs: 0 });
  for (let look = 0; look < 3; look += 1) await exporter.readDue();
  expect(lines).toHaveLength(1);
  group.sql = 'select no_such_column';
  await exporter.readDue();
  expect(lines).toHaveLength(2);
  group.sql = GROUPS[0].sql;
  await exporter.readDue();
  group.sql = 'select no_such_column';
  await read(exporter);
  expect(lines).toHaveLength(3);
});

test('a database that is away gives no figure, and is said to be away', async () => {
  const exporter = new Exporter({ ...monitor(), port: 1 }, { log: silentLogger });
  const values = await read(exporter);
  expect(values.get('edtech_exporter_query_up{query="ingest"}')).toBe(0);
  expect(values.has('edtech_shards_total')).toBe(false);
});

test('the exporter may only read', async () => {
  const client = await database.connect('monitor');
  await expect(client.query('update ingest.shards set holder = null')).rejects.toThrow('permission denied');
  await expect(client.query('select email from edtech.students')).rejects.toThrow('permission denied');
});
