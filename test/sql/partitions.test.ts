import { eventId } from '../../simulator/src/events/event-id';
import { untilSessionsWait } from '../support/waiting-sessions';
import { completeView, insertEvents, session } from './support/events';
import { studentId, World } from './support/world';

const ANNA = studentId(1, 0);
const EVENTS = session({ student: ANNA, start: '2026-01-05T18:00:00Z', views: [completeView(1, 10, 100)], end: 120 });
const names = `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'edtech.streaming_logs'::regclass order by 1`;

describe('partitions', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.drop());

  const bulkLoad = async (day: string, rows: string): Promise<void> => {
    await world.simulator.query('begin');
    try {
      const { rows: begun } = await world.simulator.query<{ table: string }>('select ingest.bulk_begin($1) as table', [
        day,
      ]);
      await world.simulator.query(`insert into ${begun[0].table} ${rows}`);
      await world.simulator.query('select ingest.bulk_finish($1)', [day]);
      await world.simulator.query('commit');
    } catch (error) {
      await world.simulator.query('rollback');
      throw error;
    }
  };
  const row = (student: number, lesson: number | null, at: string): string =>
    `values (${eventId(Date.parse(at), student)}, '${at}', '${at}', 1, ${student}, ${lesson}, 'heartbeat', 1, 1, 0, 'desktop')`;

  it('are made once, by UTC day, whatever the time zone of the session', async () => {
    await world.simulator.query(`set timezone = 'Asia/Tokyo'`);
    const ensure = async (): Promise<number> =>
      (await world.simulator.query(`select ops.ensure_partitions('2026-01-05', '2026-01-07') as made`)).rows[0]
        .made as number;
    expect(await ensure()).toBe(3);
    expect(await ensure()).toBe(0);
    expect((await world.rows<{ relname: string }>(names)).map(({ relname }) => relname)).toEqual([
      'streaming_logs_20260105',
      'streaming_logs_20260106',
      'streaming_logs_20260107',
    ]);
    const [{ bounds }] = await world.rows<{ bounds: string }>(
      `select pg_get_expr(relpartbound, oid) as bounds from pg_class where relname = 'streaming_logs_20260105'`,
    );
    expect(bounds).toBe(`FOR VALUES FROM ('2026-01-05 00:00:00+00') TO ('2026-01-06 00:00:00+00')`);
  });

  it('are refused for a range that is empty or longer than 1001 days', async () => {
    await expect(world.simulator.query(`select ops.ensure_partitions('2026-01-05', '2026-01-04')`)).rejects.toThrow(
      'partitions from 2026-01-05 to 2026-01-04 make no range, allowed are 1 to 1001 days',
    );
    await expect(world.simulator.query(`select ops.ensure_partitions('2026-01-05', '2029-01-05')`)).rejects.toThrow(
      /1001 days/,
    );
  });

  it('are not made again for a day that retention has dropped', async () => {
    await world.owner.query(
      `insert into ops.dropped_partitions (utc_day, events, checksum) values ('2026-01-06', 1, 1)`,
    );
    const { rows } = await world.simulator.query(`select ops.ensure_partitions('2026-01-05', '2026-01-07') as made`);
    expect(rows).toEqual([{ made: 2 }]);
    await expect(bulkLoad('2026-01-06', row(ANNA, 1, '2026-01-06T10:00:00Z'))).rejects.toThrow(
      /was dropped by retention/,
    );
  });

  it('are filled by the bulk path with keys that hold, also in the place of an empty one', async () => {
    await world.simulator.query(`select ops.ensure_partitions('2026-01-05', '2026-01-05')`);
    await bulkLoad('2026-01-05', row(ANNA, 1, '2026-01-05T10:00:00Z'));
    await bulkLoad('2026-01-06', row(ANNA, 1, '2026-01-06T10:00:00Z'));
    expect(await world.rows('select count(*)::int as rows from edtech.streaming_logs')).toEqual([{ rows: 2 }]);
    await expect(insertEvents(world.simulator, [{ ...EVENTS[0], studentId: studentId(9, 9) }])).rejects.toThrow(
      /foreign key/,
    );
    await expect(world.owner.query(`delete from edtech.students where student_id = ${ANNA}`)).rejects.toThrow(
      /foreign key/,
    );
  });

  it.each([
    ['rows of another day', row(ANNA, 1, '2026-01-06T00:00:00Z'), /violates|violated by some row/],
    ['an unknown student', row(studentId(9, 9), 1, '2026-01-05T10:00:00Z'), /foreign key/],
    ['an unknown lesson', row(ANNA, 99, '2026-01-05T10:00:00Z'), /foreign key/],
  ])('are not attached with %s', async (_, rows, reason) => {
    await expect(bulkLoad('2026-01-05', rows)).rejects.toThrow(reason);
    expect(await world.rows(names)).toEqual([]);
  });

  it('are not loaded by the bulk path once they hold rows', async () => {
    await world.receive(EVENTS, '2026-01-05T00:00:00Z', '2026-01-06T00:00:00Z');
    await expect(bulkLoad('2026-01-05', row(ANNA, 1, '2026-01-05T10:00:00Z'))).rejects.toThrow(
      'the partition of 2026-01-05 holds rows, the bulk path loads empty days only',
    );
    await expect(world.simulator.query(`select ingest.bulk_finish('2026-01-09')`)).rejects.toThrow(
      'no bulk load of 2026-01-09 was begun',
    );
  });

  it('have a checksum that every change of a row moves', async () => {
    await world.receive(EVENTS, '2026-01-05T00:00:00Z', '2026-01-06T00:00:00Z');
    const sum = async (damage?: string): Promise<string> => {
      await world.superuser.query('begin');
      if (damage !== undefined)
        await world.superuser.query(
          `set local session_replication_role = replica; update edtech.streaming_logs set ${damage} where event_type = 'heartbeat'`,
        );
      const { rows } = await world.superuser.query(`select checksum::text from ops.partition_checksum('2026-01-05')`);
      await world.superuser.query('rollback');
      return rows[0].checksum as string;
    };
    const sound = await sum();
    expect(await sum()).toBe(sound);
    const changes = [
      'event_id = event_id + 1',
      `occurred_at = occurred_at + interval '1 us'`,
      `received_at = received_at + interval '1 us'`,
      'session_id = session_id + 1',
      'session_id = null',
      'student_id = student_id + 1',
      'lesson_id = lesson_id + 1',
      'lesson_id = null',
      `event_type = 'paused'`,
      'position_seconds = position_seconds + 1',
      'watched_seconds = watched_seconds - 1',
      'stalled_ms = stalled_ms + 1',
      `device = 'tablet'`,
    ];
    for (const change of changes) expect([change, await sum(change)]).not.toEqual([change, sound]);
    await expect(world.simulator.query(`select * from ops.partition_checksum('2026-01-09')`)).rejects.toThrow(
      'no partition holds 2026-01-09',
    );
  });
});

describe('ingest.end_session', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create('sessions');
  });
  afterAll(() => world.drop());

  const pid = async (client: { query: (sql: string) => Promise<{ rows: { pid: number }[] }> }): Promise<number> =>
    (await client.query('select pg_backend_pid() as pid')).rows[0].pid;

  it('refuses sessions of other roles and sessions that block nobody', async () => {
    const idle = await world.database.connect('simulator');
    await expect(world.simulator.query('select ingest.end_session($1)', [await pid(idle)])).rejects.toThrow(
      /blocks no session of the simulator/,
    );
    await expect(world.simulator.query('select ingest.end_session($1)', [await pid(world.owner)])).rejects.toThrow(
      /belongs to edtech_owner, only sessions of the simulator may be ended/,
    );
    expect((await world.simulator.query('select ingest.end_session(2147483647) as ended')).rows).toEqual([
      { ended: false },
    ]);
  });

  it('ends a simulator session that holds what another one waits for', async () => {
    const holder = await world.database.connect('simulator');
    const waiter = await world.database.connect('simulator');
    const holderPid = await pid(holder);
    await holder.query('begin');
    await holder.query('update ingest.shards set epoch = epoch + 1 where shard = 1');
    const waiting = waiter.query('update ingest.shards set epoch = epoch + 1 where shard = 1');
    await untilSessionsWait(world.superuser);
    expect((await world.simulator.query('select ingest.end_session($1) as ended', [holderPid])).rows).toEqual([
      { ended: true },
    ]);
    await waiting;
    expect(await world.rows('select epoch::int from ingest.shards where shard = 1')).toEqual([{ epoch: 1 }]);
  });
});
