import type { Client } from 'pg';
import type { LocalConsumer } from '../../local/postgres/bootstrap';
import { World } from './support/world';

const CONSUMERS = ['simulator', 'analytics', 'educator', 'admin', 'monitor', 'backup'] as const;
type Reader = (typeof CONSUMERS)[number];

/** Functions of each consumer besides those that everybody may call. */
const FUNCTIONS: Readonly<Record<Reader, readonly string[]>> = {
  simulator: [
    'analytics.record_outcome',
    'analytics.roll_up',
    'ingest.bulk_begin',
    'ingest.bulk_finish',
    'ingest.change_day_kinds',
    'ingest.end_session',
    'ingest.unfinished_backfill',
    'ops.device_code',
    'ops.ensure_partitions',
    'ops.event_type_code',
    'ops.hash_instant',
    'ops.partition_checksum',
    'ops.partition_name',
    'ops.partition_of',
    'ops.record_verification',
    'ops.record_verify_result',
    'ops.row_hash',
    'ops.utc_start',
  ],
  analytics: [
    'analytics.check_day',
    'analytics.check_open_day',
    'analytics.compute_day',
    'analytics.compute_risk',
    'analytics.due_restatements',
    'analytics.first_cut',
    'analytics.open_days',
    'analytics.publish_day',
    'analytics.ready',
    'analytics.roll_up',
    'ops.close_partitions',
    'ops.drop_partitions',
    'ops.ensure_partitions',
    'ops.finish_erasure_day',
    'ops.finish_erasures',
    'ops.forget_student',
    'ops.hold',
    'ops.partition_checksum',
    'ops.partition_of',
    'ops.prune_ledger',
    'ops.release',
    'ops.utc_start',
  ],
  educator: ['ops.partition_name', 'ops.partition_of', 'ops.utc_start'],
  admin: ['ops.partition_name', 'ops.partition_of', 'ops.utc_start'],
  monitor: ['analytics.open_days', 'ops.partition_name', 'ops.partition_of', 'ops.utc_start'],
  backup: [],
};
const EVERYBODY = ['analytics.seats', 'edtech.classroom_of', 'edtech.seat_of'];

/** Tables that a consumer may write to, with the privileges, column privileges included. */
const WRITES: Readonly<Record<Reader, readonly string[]>> = {
  simulator: [
    'edtech.classrooms INSERT',
    'edtech.cohorts INSERT',
    'edtech.lessons INSERT',
    'edtech.lessons UPDATE',
    'edtech.school_days INSERT',
    'edtech.streaming_logs INSERT',
    'edtech.students INSERT',
    'edtech.students UPDATE',
    'ingest.batches INSERT',
    'ingest.rejected INSERT',
    'ingest.replicas DELETE',
    'ingest.replicas INSERT',
    'ingest.replicas UPDATE',
    'ingest.shards UPDATE',
    'ingest.stream_versions INSERT',
  ],
  analytics: [],
  educator: [],
  admin: [],
  monitor: [],
  backup: ['ops.backups INSERT', 'ops.backups UPDATE', 'ops.restore_drills INSERT'],
};

/** What each consumer must not be able to do, besides the above. */
const REFUSED: readonly [Reader, string][] = [
  ['simulator', 'update edtech.streaming_logs set stalled_ms = 0'],
  ['simulator', 'delete from edtech.streaming_logs'],
  ['simulator', 'truncate edtech.streaming_logs'],
  ['simulator', 'update edtech.students set display_name = $$x$$'],
  ['simulator', 'delete from edtech.students'],
  ['simulator', 'update ingest.batches set rolled_up_at = now()'],
  ['simulator', 'insert into ingest.batches (rolled_up_at) values (now())'],
  ['simulator', 'delete from ingest.batches'],
  ['simulator', 'insert into analytics.lesson_views values (1, 1, 1, now())'],
  ['simulator', 'select * from analytics_stage.views'],
  ['simulator', 'select * from ops.audit'],
  ['simulator', 'insert into ops.dropped_partitions (utc_day, events, checksum) values (now(), 1, 1)'],
  ['simulator', `select ops.forget_student(1, 'x')`],
  ['simulator', `select * from ops.drop_partitions('2026-01-01', true)`],
  ['simulator', 'create table edtech.mine ()'],
  ['simulator', 'create temporary table mine ()'],
  ['analytics', 'select display_name from edtech.students'],
  ['analytics', 'select email from edtech.students'],
  ['analytics', 'insert into analytics.lesson_views values (1, 1, 1, now())'],
  ['analytics', `update analytics.runs set status = 'published'`],
  ['analytics', 'insert into ops.audit (action, subject) values ($$erase$$, $$x$$)'],
  ['analytics', 'set session_replication_role = replica'],
  ['educator', 'select email from edtech.students'],
  ['educator', 'select * from edtech.students'],
  ['educator', 'select * from ops.audit'],
  ['educator', 'select analytics.roll_up()'],
  ['admin', 'select display_name from edtech.students'],
  ['admin', 'select email from edtech.students'],
  ['admin', 'select from edtech.streaming_logs'],
  ['admin', 'select session_id from edtech.streaming_logs'],
  ['admin', 'select * from ops.partition_checksum($$2026-01-05$$)'],
  ['admin', 'select analytics.publish_day(1)'],
  ['monitor', 'select detail from analytics.data_quality_results'],
  ['monitor', 'select * from edtech.streaming_logs'],
  ['monitor', 'select * from analytics.at_risk'],
  ['monitor', 'select display_name from edtech.students'],
  ['monitor', 'select student_id from ops.erasure_days'],
  ['backup', 'delete from ops.backups'],
  ['backup', 'delete from ops.restore_drills'],
  ['backup', "update ops.restore_drills set outcome = 'passed'"],
  ['backup', 'update ops.backups set repository_bytes = 0'],
  ['backup', 'select * from edtech.students'],
  ['backup', 'select * from ops.audit'],
];

/** What PostgreSQL lets everybody do who may connect, reader or not: data, WAL of any size, and the locks that writers wait for. */
const OPEN_TO_EVERYBODY = [
  "select lo_from_bytea(0, '\\x00')",
  'select lo_create(0)',
  'select lo_creat(-1)',
  "select lo_put(1, 0, '\\x00')",
  'select lo_unlink(1)',
  "select pg_logical_emit_message(false, 'x', repeat('x', 1000))",
  "select pg_logical_emit_message(false, 'x', '\\x00'::bytea)",
  "select pg_advisory_lock(hashtext('analytics.roll_up'))",
  "select pg_advisory_lock(hashtext('analytics.day'), 1)",
  "select pg_try_advisory_lock_shared(hashtext('ops.partitions'))",
  "select pg_advisory_xact_lock(hashtext('ops.partitions'))",
];

describe('privileges', () => {
  let world: World;
  const clients = {} as Record<Reader, Client>;
  beforeAll(async () => {
    world = await World.create();
    for (const consumer of CONSUMERS)
      clients[consumer] = await world.database.connect(consumer satisfies LocalConsumer);
  });
  afterAll(() => world.drop());

  it.each(CONSUMERS)('let %s call exactly the functions it needs', async (consumer) => {
    const { rows } = await clients[consumer].query<{ name: string }>(
      `select distinct n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('edtech', 'ingest', 'analytics', 'ops', 'analytics_stage', 'public') and has_function_privilege(p.oid, 'execute')
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([...FUNCTIONS[consumer], ...EVERYBODY].sort());
  });

  it.each(CONSUMERS)('let %s write exactly where it has to', async (consumer) => {
    const { rows } = await clients[consumer].query<{ name: string }>(
      `select c.oid::regclass || ' ' || p as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
         cross join unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
       where n.nspname in ('edtech', 'ingest', 'analytics', 'analytics_stage', 'ops', 'migrations', 'public') and c.relkind in ('r', 'p', 'v')
         and (has_table_privilege(c.oid, p) or (p in ('INSERT', 'UPDATE') and has_any_column_privilege(c.oid, p))) and not c.relispartition
         and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
       order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(WRITES[consumer]);
  });

  it.each(REFUSED)('refuse to %s: %s', async (consumer, statement) => {
    await expect(clients[consumer].query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it.each(
    (['educator', 'admin', 'monitor', 'analytics', 'backup'] as const).flatMap((who) =>
      OPEN_TO_EVERYBODY.map((text) => [who, text] as const),
    ),
  )('refuse to %s what everybody may call elsewhere: %s', async (consumer, statement) => {
    await clients[consumer].query('begin read write');
    await expect(clients[consumer].query(statement)).rejects.toMatchObject({ code: '42501' });
    await clients[consumer].query('rollback');
  });

  it('leave to the simulator the one kind of lock that it takes, and all of them to the owner', async () => {
    const locks = `select p.oid::regprocedure::text as name from pg_proc p
       where p.pronamespace = 'pg_catalog'::regnamespace and p.proname like '%\\_advisory\\_%' and has_function_privilege(p.oid, 'execute')`;
    expect((await clients.simulator.query(locks)).rows).toEqual([{ name: 'pg_advisory_xact_lock(bigint)' }]);
    expect((await world.owner.query(locks)).rowCount).toBe((await world.superuser.query(locks)).rowCount);
  });

  it.each(['educator', 'admin'] as const)('give %s sessions that only read and end', async (consumer) => {
    const { rows } = await clients[consumer].query<{ name: string; setting: string }>(
      `select name, setting from pg_settings
       where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'default_transaction_read_only') order by 1`,
    );
    expect(rows).toEqual([
      { name: 'default_transaction_read_only', setting: 'on' },
      { name: 'idle_in_transaction_session_timeout', setting: '60000' },
      { name: 'statement_timeout', setting: '60000' },
    ]);
  });

  it('let the simulator lock students and lessons for its set-wise check of keys, yet change no lesson', async () => {
    const { simulator } = clients;
    await simulator.query('select from edtech.students where student_id = 63 for key share');
    await simulator.query('select from edtech.lessons where lesson_id = 1 for key share');
    await simulator.query('begin');
    await simulator.query('set local session_replication_role = replica');
    await expect(simulator.query('update edtech.lessons set lesson_id = 9 where lesson_id = 1')).rejects.toThrow(
      'UPDATE of edtech.lessons is refused: its rows never change',
    );
    await simulator.query('rollback');
  });

  it('let administrators see students without names', async () => {
    const { rows, fields } = await clients.admin.query('select * from edtech.student_ids order by student_id limit 1');
    expect(rows).toHaveLength(1);
    expect(fields.map(({ name }) => name)).toEqual([
      'student_id',
      'classroom_id',
      'cohort_id',
      'seat',
      'enrolled_at',
      'unenrolled_at',
    ]);
    await clients.educator.query('select student_id, display_name from edtech.students');
    await clients.educator.query('select student_id from edtech.streaming_logs');
  });

  it('give every function that runs as the owner a fixed search path', async () => {
    const loose = await world.rows(
      `select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.prosecdef and n.nspname in ('edtech', 'ingest', 'analytics', 'ops')
         and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']`,
    );
    expect(loose).toEqual([]);
  });

  it('leave no protection to a trigger that session_replication_role can switch off', async () => {
    const plain = await world.rows(
      `select tgrelid::regclass || '.' || tgname as name from pg_trigger where not tgisinternal and tgenabled <> 'A'`,
    );
    expect(plain).toEqual([]);
  });
});
