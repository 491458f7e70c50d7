import type { Client } from 'pg';
import { completeView, session } from './support/events';
import { LOS_ANGELES, studentId, World } from './support/world';

const ANNA = studentId(1, 0);
const DAY = '2026-01-05';

/** Hours and windows of other classrooms after the student's only session, as months of a larger site leave them. */
const MONTHS = `
  delete from edtech.school_days where day > '2026-05-15';
  insert into analytics.classroom_hour
    select c, h, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from generate_series(timestamptz '2026-01-07Z', '2026-05-06 23:00Z', '1 hour') h, generate_series(4, 63) c;
  insert into analytics.lesson_hour
    select l, 1, h, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from generate_series(timestamptz '2026-01-07Z', '2026-05-06 23:00Z', '1 hour') h, generate_series(1, 60) l;
  insert into analytics.classroom_window
    select 1, d::date, c, w, 1, 1, 0, 0, 0, 0
    from generate_series(date '2026-01-07', '2026-05-06', '1 day') d, generate_series(4, 1000) c, unnest(array[7, 30]) w`;
const TABLES = ['classroom_hour', 'classroom_window', 'lesson_hour'];

describe('an erasure after months of history', () => {
  let world: World;
  let eraser: Client;
  beforeAll(async () => {
    world = await World.create();
    const events = session({ student: ANNA, start: `${DAY}T18:00:00Z`, views: [completeView(1, 10, 100)], end: 120 });
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-20T00:00:00Z');
    await world.rollUp();
    const cut = await world.value('select analytics.first_cut($1::smallint, $2)', [LOS_ANGELES, DAY]);
    await world.value('select analytics.compute_risk($1)', [await world.publish(LOS_ANGELES, DAY, cut)]);
    await world.owner.query(MONTHS);
    for (const table of TABLES) await world.superuser.query(`vacuum analyze analytics.${table}`);
    eraser = await world.database.connect('analytics');
  });
  afterAll(() => world.drop());

  it('reads the hours and windows of the student, not those of all', async () => {
    await eraser.query('begin');
    await eraser.query(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
    // What this transaction has read of each table and its keys, beside the size of the keys.
    const { rows } = await eraser.query<{ name: string; read: number; keys: number }>(
      `select c.relname as name, (pg_indexes_size(c.oid) / 8192)::int as keys,
         (pg_stat_get_xact_blocks_fetched(c.oid) + (
           select sum(pg_stat_get_xact_blocks_fetched(i.indexrelid)) from pg_index i where i.indrelid = c.oid
         ))::int as read
       from pg_class c where c.oid = any ($1::regclass[]) order by 1`,
      [TABLES.map((table) => `analytics.${table}`)],
    );
    await eraser.query('commit');
    expect(rows.map(({ name }) => name)).toEqual(TABLES);
    for (const { name, read, keys } of rows)
      expect({ name, read, few: read > 0 && read < keys / 3 }).toEqual({ name, read, few: true });
  });

  it('takes the student out of them', async () => {
    for (const table of ['classroom_hour', 'classroom_window'])
      expect([
        table,
        await world.rows(`select from analytics.${table} where classroom_id = 1 and active_mask & 1 = 1`),
      ]).toEqual([table, []]);
    expect(await world.rows(`select from analytics.lesson_hour where hour < '2026-01-07Z'`)).toEqual([]);
  });
});

/** The raw rows of a day of other students, as an afternoon of a larger site leaves them. */
const AFTERNOON = `
  insert into edtech.streaming_logs (event_id, occurred_at, received_at, session_id, student_id, lesson_id, event_type, position_seconds, watched_seconds, stalled_ms, device)
    select n, timestamptz '${DAY}T10:00Z' + n * interval '1 second', timestamptz '${DAY}T10:00Z' + n * interval '1 second', n, $1, 1,
      'heartbeat', 1, 0, 0, 'desktop'
    from generate_series(1, 20000) n`;

describe('an erasure with history that nobody publishes', () => {
  let world: World;
  let eraser: Client;
  beforeAll(async () => {
    world = await World.create('unpublished');
    const events = session({ student: ANNA, start: `${DAY}T18:00:00Z`, views: [completeView(1, 10, 100)], end: 120 });
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-20T00:00:00Z');
    await world.rollUp();
    await world.owner.query(AFTERNOON, [studentId(1, 1)]);
    await world.superuser.query('vacuum analyze edtech.streaming_logs');
    eraser = await world.database.connect('analytics');
  });
  afterAll(() => world.drop());

  it('reads the raw rows of the student, not those of all, neither to delete them nor for the foreign key', async () => {
    expect(await world.rows(`select from analytics.runs`)).toEqual([]);
    expect(await world.value('select ops.close_partitions()')).toBe(1);
    await eraser.query('begin');
    await eraser.query(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
    const { rows } = await eraser.query<{ read: number; pages: number }>(
      `select pg_stat_get_xact_blocks_fetched(c.oid)::int as read, relpages as pages
       from pg_class c where c.oid = 'edtech.streaming_logs_20260105'::regclass`,
    );
    await eraser.query('commit');
    const [{ read, pages }] = rows;
    expect({ read, pages, few: pages > 100 && read < pages / 3 }).toEqual({ read, pages, few: true });
  });
});
