import { readFileSync } from 'node:fs';
import path from 'node:path';
import { untilSessionsWait } from '../support/waiting-sessions';
import { enrolment, insertEvents } from './support/events';
import { randomSessions } from './support/random-events';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const ORIGIN = '2025-12-31T00:00:00Z';
/** A UTC day that two Los Angeles days and two Tokyo days touch. */
const UTC_DAY = '2026-01-06';

const RUNBOOK = readFileSync(path.resolve(__dirname, '../../docs/operations/runbooks/VolumeAlmostFull.md'), 'utf8');

describe('retention', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    const events = randomSessions(9, '2026-01-05T00:00:00Z', 60, 60).map((event) => ({
      ...event,
      receivedAt: event.occurredAt + 500,
    }));
    await world.receive(events, ORIGIN, '2026-01-20T00:00:00Z');
    await world.rollUp();
  });
  afterEach(() => world.drop());

  const firstCut = (cohort: number, day: string): Promise<string> =>
    world.value('select analytics.first_cut($1::smallint, $2)::text', [cohort, day]);
  const publishAll = async (): Promise<void> => {
    for (const day of ['2026-01-05', '2026-01-06', '2026-01-07']) {
      for (const cohort of [LOS_ANGELES, TOKYO]) await world.publish(cohort, day, await firstCut(cohort, day));
    }
  };
  const verify = async (day: string, ok = true): Promise<void> => {
    await world.simulator.query(
      'select ops.record_verification($1, p.events, p.checksum, $2) from ops.partition_checksum($1) p',
      [day, ok],
    );
  };
  const drop = async (dryRun = false): Promise<{ reason: string | null; dropped: boolean }> => {
    const { rows } = await world.analytics.query<{ day: string; reason: string | null; dropped: boolean }>(
      'select utc_day::text as day, reason, dropped from ops.drop_partitions($1, $2)',
      ['2026-01-10', dryRun],
    );
    const { reason, dropped } = rows.find(({ day }) => day === UTC_DAY) ?? { reason: 'not held', dropped: false };
    return { reason, dropped };
  };

  it('is refused below four days of stream time', async () => {
    await expect(world.analytics.query(`select * from ops.drop_partitions('2026-01-17', true)`)).rejects.toThrow(
      'older_than is 2026-01-17, raw rows are kept for at least 4 days: the latest allowed is 2026-01-16',
    );
  });

  it('keeps a day that is not published, not verified, held by law or no longer what was verified', async () => {
    expect((await drop()).reason).toMatch(/is not published/);
    await publishAll();
    expect((await drop()).reason).toBe('verify has not proven it');
    await verify(UTC_DAY, false);
    expect((await drop()).reason).toBe('verify has not proven it');
    await verify(UTC_DAY);
    const hold = await world.value(`select ops.hold('2026-01-01', '2026-01-31', 'inspection')`);
    expect((await drop()).reason).toMatch(/legal hold \d+: inspection/);
    await world.value('select ops.release($1)', [hold]);
    await world.superuser.query(
      `update edtech.streaming_logs set stalled_ms = stalled_ms + 1 where event_id = (select min(event_id) from edtech.streaming_logs where occurred_at >= '2026-01-06Z')`,
    );
    expect(await drop()).toEqual({ reason: 'its rows are not those that verify has proven', dropped: false });
  });

  it.each([
    ['session_id = -1', 'lesson_id is null'],
    ['session_id = 4294967295', 'lesson_id is null'],
    ['lesson_id = -1', 'lesson_id is null'],
    ['position_seconds = -1', 'position_seconds is null'],
    [
      `received_at = 'epoch'::timestamptz + (received_at - 'epoch') / 1000`,
      'extract(milliseconds from received_at) % 1000 <> 0',
    ],
  ])('keeps a day if %s, which no row hash shows, came after verify', async (change, where) => {
    await publishAll();
    await world.superuser.query('set session_replication_role = replica');
    const event = await world.value(
      `select min(event_id)::text from edtech.streaming_logs where occurred_at >= '2026-01-06Z' and ${where}`,
    );
    const set = (assignment: string): Promise<unknown> =>
      world.superuser.query(`update edtech.streaming_logs set ${assignment} where event_id = $1`, [event]);
    const hash = async (): Promise<unknown[]> =>
      (await world.superuser.query('select ops.row_hash(s) from edtech.streaming_logs s where event_id = $1', [event]))
        .rows;
    // Only an enrolment has no session, and this day has none.
    if (change.startsWith('session_id')) await set('session_id = null');
    await verify(UTC_DAY);
    expect(await drop(true)).toEqual({ reason: null, dropped: false });
    const sound = await hash();
    await set(change);
    expect(await hash()).toEqual(sound);
    expect(await drop()).toEqual({ reason: 'its rows are not those that verify has proven', dropped: false });
  });

  it('keeps a day that late events may still reach, or whose restatement is due', async () => {
    await publishAll();
    await verify(UTC_DAY);
    await world.owner.query(`update ingest.shards set watermark = '2026-01-10T08:00:00Z'`);
    // The last local day that touches it is Tokyo's 7th or Los Angeles' 6th, which ends on the 7th at 15:00Z.
    expect(await world.rows(`select ops.keep_reason($1) as reason`, [UTC_DAY])).toEqual([
      { reason: 'late events can arrive until 2026-01-10 15:00:00+00' },
    ]);
    await world.owner.query(`update ingest.shards set watermark = '2026-01-20T00:00:00Z'`);
    await world.owner.query(`update analytics.student_day set late_hours = 20 where day = '2026-01-06'`);
    expect((await drop()).reason).toMatch(/a restatement of 2026-01-06 is due/);
  });

  it('keeps a day whose restatement is owed and waits for a ledger row of another day', async () => {
    await publishAll();
    await verify(UTC_DAY);
    await world.owner.query(`update analytics.student_day set late_hours = 20 where day = '2026-01-06'`);
    await world.owner.query(
      `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
       select replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, 1
       from ingest.batches where utc_day = '2026-01-05'`,
    );
    expect(await world.value(`select count(*)::int from analytics.due_restatements('2026-01-20Z')`)).toBe(0);
    expect(await drop()).toEqual({ reason: 'a restatement of 2026-01-06 is due', dropped: false });
  });

  it('has no day restated of which rows are gone, and keeps no other rows for that', async () => {
    await publishAll();
    await world.owner.query(`update analytics.student_day set late_hours = 20 where day = '2026-01-06'`);
    const due = (): Promise<unknown[]> =>
      world.rows(`select cohort_id as cohort, day::text from analytics.due_restatements('2026-01-20Z')`);
    const day = '2026-01-06';
    expect(await due()).toEqual([
      { cohort: LOS_ANGELES, day },
      { cohort: TOKYO, day },
    ]);
    // Tokyo's 6th begins on the 5th, which ends for Los Angeles before its 6th begins.
    await world.owner.query(
      `insert into ops.dropped_partitions (utc_day, events, checksum) values ('2026-01-05', 0, 0)`,
    );
    expect(await due()).toEqual([{ cohort: LOS_ANGELES, day }]);
    await world.owner.query(
      `insert into ops.dropped_partitions (utc_day, events, checksum) values ('2026-01-07', 0, 0)`,
    );
    expect(await due()).toEqual([]);
    expect(await world.rows('select ops.keep_reason($1) as reason', [UTC_DAY])).toEqual([
      { reason: 'verify has not proven it' },
    ]);
  });

  it('says in a dry run what it would drop, then drops it and remembers count and checksum', async () => {
    await publishAll();
    await verify(UTC_DAY);
    expect(await drop(true)).toEqual({ reason: null, dropped: false });
    const [held] = await world.rows(`select events::int, checksum::text from ops.partition_checksum($1)`, [UTC_DAY]);
    expect(await drop()).toEqual({ reason: null, dropped: true });
    expect(
      await world.rows(`select events::int, checksum::text from ops.dropped_partitions where utc_day = $1`, [UTC_DAY]),
    ).toEqual([held]);
    expect(await world.rows(`select ops.partition_of($1) as partition`, [UTC_DAY])).toEqual([{ partition: null }]);
    expect(await world.rows(`select subject from ops.audit where action = 'drop_partition'`)).toEqual([
      { subject: UTC_DAY },
    ]);
  });

  it('leaves days whose rows are gone as they are published, whoever wants them computed again', async () => {
    await publishAll();
    await verify(UTC_DAY);
    const figures = 'select * from analytics.cohort_day order by day, cohort_id';
    const { rows } = await world.superuser.query(figures);
    expect(await drop()).toEqual({ reason: null, dropped: true });
    for (const [cohort, day] of [
      [LOS_ANGELES, '2026-01-05'],
      [LOS_ANGELES, '2026-01-06'],
      [TOKYO, '2026-01-06'],
      [TOKYO, '2026-01-07'],
    ] as const) {
      await expect(world.publish(cohort, day, await firstCut(cohort, day))).rejects.toThrow(
        `retention has dropped the raw rows of ${UTC_DAY}: the figures of cohort ${cohort}, ${day} stay as they are`,
      );
    }
    // The day before touches no row that is gone.
    await world.publish(TOKYO, '2026-01-05', await firstCut(TOKYO, '2026-01-05'));
    expect((await world.superuser.query(figures)).rows).toEqual(rows);
    const refused = await world.value(
      "select count(*)::int from analytics.runs where status in ('computed', 'refused')",
    );
    expect(refused).toBe(0);
  });

  it('drops a day from before the first run of its cohorts, which is not published any more then', async () => {
    await verify(UTC_DAY);
    const first = '2026-01-07';
    await world.publish(LOS_ANGELES, first, await firstCut(LOS_ANGELES, first));
    // Of the other cohort nothing tells yet where its analytics begin.
    expect(await drop()).toEqual({ reason: `2026-01-06 of cohort ${TOKYO} is not published`, dropped: false });
    await world.publish(TOKYO, first, await firstCut(TOKYO, first));
    expect(await drop(true)).toEqual({ reason: null, dropped: false });
    const run = await world.compute(LOS_ANGELES, '2026-01-05', await firstCut(LOS_ANGELES, '2026-01-05'));
    await world.owner.query(`update analytics.runs set status = 'refused' where run_id = $1`, [run]);
    expect(await drop()).toEqual({ reason: `2026-01-05 of cohort ${LOS_ANGELES} is not published`, dropped: false });
    await world.owner.query('delete from analytics.runs where run_id = $1', [run]);
    expect(await drop()).toEqual({ reason: null, dropped: true });
    await expect(world.publish(TOKYO, '2026-01-06', await firstCut(TOKYO, '2026-01-06'))).rejects.toThrow(
      `retention has dropped the raw rows of ${UTC_DAY}`,
    );
  });

  it('drops as many days as one call may, and the others with the next ones', async () => {
    await publishAll();
    await world.publish(TOKYO, '2026-01-08', await firstCut(TOKYO, '2026-01-08'));
    for (const day of ['2026-01-05', UTC_DAY, '2026-01-07']) await verify(day);
    // Counted each time, it may not go and takes no place.
    await world.superuser.query(`update edtech.streaming_logs_20260105 set stalled_ms = stalled_ms + 1`);
    const call = async (): Promise<unknown[]> => {
      const { rows } = await world.analytics.query({
        text: `select utc_day::text, dropped, events is not null, reason from ops.drop_partitions('2026-01-10', false, 1) where utc_day > '2026-01-04'`,
        rowMode: 'array',
      });
      return rows;
    };
    const kept = ['2026-01-05', false, true, 'its rows are not those that verify has proven'];
    expect(await call()).toEqual([
      kept,
      [UTC_DAY, true, true, null],
      ['2026-01-07', false, false, 'left for the next call'],
    ]);
    expect(await call()).toEqual([kept, ['2026-01-07', true, true, null]]);
    await expect(world.analytics.query(`select ops.drop_partitions('2026-01-10', false, 0)`)).rejects.toThrow(
      'most_days is 0, it must be at least 1, or null for all days',
    );
  });

  it('does not stand in the way of the ingest while it counts and waits for further days', async () => {
    await publishAll();
    await world.publish(TOKYO, '2026-01-08', await firstCut(TOKYO, '2026-01-08'));
    for (const day of [UTC_DAY, '2026-01-07']) await verify(day);
    await world.simulator.query(`select ops.ensure_partitions('2026-01-19', '2026-01-19')`);
    // A student's erasure, say: the last of the days cannot be counted before it ends.
    await world.owner.query('begin');
    await world.owner.query('lock table only edtech.streaming_logs_20260107 in row exclusive mode');
    const dropping = drop();
    await untilSessionsWait(world.superuser);
    await world.simulator.query(`set lock_timeout = '1s'`);
    await insertEvents(world.simulator, [enrolment(studentId(1, 0), '2026-01-19T12:00:00Z')]);
    await world.owner.query('commit');
    expect(await dropping).toEqual({ reason: null, dropped: true });
    const dropped = await world.rows<{ day: string }>(
      'select utc_day::text as day from ops.dropped_partitions order by 1',
    );
    expect(dropped.map(({ day }) => day)).toEqual([UTC_DAY, '2026-01-07']);
    const held = `select count(*)::int as days from ops.partitions where utc_day in ('2026-01-06', '2026-01-07')`;
    expect(await world.rows(held)).toEqual([{ days: 0 }]);
  });

  it('keeps a day that is held by law while retention counts it', async () => {
    await publishAll();
    await verify(UTC_DAY);
    await world.owner.query('begin');
    await world.owner.query('lock table only edtech.streaming_logs_20260106 in row exclusive mode');
    const dropping = drop();
    await untilSessionsWait(world.superuser);
    const lawyer = await world.database.connect('analytics');
    await lawyer.query(`select ops.hold('2026-01-01', '2026-01-31', 'inspection')`);
    await world.owner.query('commit');
    expect(await dropping).toEqual({
      reason: expect.stringMatching(/^legal hold \d+: inspection$/) as string,
      dropped: false,
    });
    expect(await world.rows('select from ops.dropped_partitions')).toEqual([]);
    expect(await world.rows(`select ops.partition_of($1)::text as partition`, [UTC_DAY])).toEqual([
      { partition: 'edtech.streaming_logs_20260106' },
    ]);
  });

  it('drops by the two calls of the runbook what the first of them has told', async () => {
    await publishAll();
    await verify(UTC_DAY);
    const calls = [...RUNBOOK.matchAll(/^(select \* from ops\.drop_partitions.*?);/gm)].map(([, call]) => call);
    expect(calls).toHaveLength(2);
    for (const [index, call] of calls.entries()) {
      const query = `select reason, dropped from (${call.replace('current_date', `date '2026-02-09'`)}) d where utc_day = '${UTC_DAY}'`;
      expect((await world.superuser.query(query)).rows).toEqual([{ reason: null, dropped: index === 1 }]);
    }
  });

  it('looks up what is due once for all days', async () => {
    await publishAll();
    await world.superuser.query(
      `do $$ begin execute format('alter database %I set track_functions = %L', current_database(), 'all'); end $$`,
    );
    const counting = await world.database.connect('analytics');
    const { rows } = await counting.query(`select * from ops.drop_partitions('2026-01-10', true)`);
    expect(rows.length).toBeGreaterThan(2);
    await counting.query('select pg_stat_force_next_flush()');
    expect(await world.rows(`select calls::int from pg_stat_user_functions where funcname = 'outdated_days'`)).toEqual([
      { calls: 1 },
    ]);
  });

  it('reads no day from the name of another relation, however the planner goes about it', async () => {
    await publishAll();
    await verify(UTC_DAY);
    await world.analytics.query('set enable_nestloop = off; set enable_indexscan = off; set enable_bitmapscan = off');
    expect(await drop(true)).toEqual({ reason: null, dropped: false });
    const { rows } = await world.analytics.query(
      `select utc_day::text as day from ops.partitions where utc_day < '2026-01-06' order by 1`,
    );
    expect(rows).toEqual([{ day: '2026-01-05' }]);
  });

  it('closes a day with the index for one student once each local day of it is published or over for good', async () => {
    const closed = async (watermark: string): Promise<string[]> => {
      await world.owner.query('update ingest.shards set watermark = $1', [watermark]);
      const before = await world.rows('select from ops.partitions where closed');
      const count = await world.value<number>('select ops.close_partitions()');
      const { rows } = await world.owner.query<{ day: string }>(
        'select utc_day::text as day from ops.partitions where closed order by 1',
      );
      expect(rows.length - before.length).toBe(count);
      return rows.map(({ day }) => day);
    };
    expect(await closed('2026-01-08T12:00:00Z')).toEqual([]);
    await publishAll();
    // Los Angeles' 4th touches the 5th, Tokyo's 8th the 7th; events of them can arrive for 72 h after their ends.
    expect(await closed('2026-01-08T07:59:59Z')).toEqual([UTC_DAY]);
    expect(await closed('2026-01-08T08:00:00Z')).toEqual(['2026-01-05', UTC_DAY]);
    await world.owner.query('update ingest.shards set watermark = null where shard = 0');
    expect(await world.value('select ops.close_partitions()')).toBe(0);
    expect(await closed('2026-01-11T15:00:00Z')).toEqual(['2026-01-05', UTC_DAY, '2026-01-07']);
    await world.simulator.query(`select ops.ensure_partitions('2025-12-30', '2025-12-30')`);
    expect(await closed('2026-01-20T00:00:00Z')).not.toContain('2025-12-30');
  });

  it('prunes the ledger after 14 days and still knows what it counted', async () => {
    await world.owner.query(`update ingest.shards set watermark = '2026-01-20T23:00:00Z'`);
    await expect(world.analytics.query('select ops.prune_ledger(13)')).rejects.toThrow(
      'keep_days is 13, the ledger is kept for at least 14 days',
    );
    const [before] = await world.rows(
      `select sum(events)::int as events from ingest.batches where utc_day < '2026-01-06'`,
    );
    expect(await world.value<string>('select ops.prune_ledger()')).toBe('1');
    expect(await world.rows(`select sum(events)::int as events from ingest.pruned_batches`)).toEqual([before]);
    const { rows } = await world.analytics.query('select * from ingest.ledger_differences where difference <> 0');
    expect(rows).toEqual([]);
    await publishAll();
  });
});

describe('the audit', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create('audit');
    await world.value(`select ops.hold('2026-01-01', '2026-01-31', 'inspection')`);
  });
  afterAll(() => world.drop());

  it('names the login that asked, not the owner of the function', async () => {
    expect(await world.rows('select role, action from ops.audit')).toEqual([
      { role: 'edtech_analytics_a', action: 'hold' },
    ]);
  });

  it.each(['update ops.audit set subject = $$x$$', 'delete from ops.audit', 'truncate ops.audit'])(
    'is append-only, even for its owner and without plain triggers: %s',
    async (statement) => {
      await expect(world.owner.query(statement)).rejects.toThrow(/of ops.audit is refused: its rows never change/);
      await world.superuser.query('set session_replication_role = replica');
      await expect(world.superuser.query(statement)).rejects.toThrow(/is refused/);
      await world.superuser.query('reset session_replication_role');
    },
  );
});
