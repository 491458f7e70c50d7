import { completeView, session } from './support/events';
import { LESSON_SECONDS, LOS_ANGELES, studentId, World } from './support/world';

const DAY = '2026-01-05';

describe('checks of an open day', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    const events = session({
      student: studentId(1, 0),
      start: '2026-01-05T18:00:00Z',
      views: [completeView(1, 10, 100)],
      end: 120,
    });
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-05T20:30:00Z');
    await world.rollUp();
  });
  afterAll(() => world.drop());

  const failing = async (): Promise<string[]> => {
    await world.owner.query('select analytics.check_open_day($1::smallint, $2, $3)', [
      LOS_ANGELES,
      DAY,
      '2026-01-05T20:30:00Z',
    ]);
    const rows = await world.rows<{ check_name: string }>(
      'select check_name from analytics.open_day_checks where failed_rows > 0 order by 1',
    );
    return rows.map(({ check_name }) => check_name);
  };

  it('find nothing wrong with sound data before the day is over', async () => {
    expect(await failing()).toEqual([]);
  });

  it('find a roll-up that does not fit its rows, and leave no staged row behind', async () => {
    await world.owner.query('begin');
    await world.owner.query('update analytics.lesson_hour set watched_seconds = watched_seconds + 1');
    expect(await failing()).toEqual(['lesson_roll_up', 'minute_roll_up']);
    expect(await world.rows('select from analytics_stage.views')).toEqual([]);
    await world.owner.query('rollback');
  });

  it('find nothing wrong with the rows that arrive in the last local hour, after the cut', async () => {
    const events = session({
      student: studentId(1, 1),
      start: '2026-01-06T07:30:00Z',
      views: [1, 2, 3].map((lesson, index) => completeView(lesson, 10 + index * 400, LESSON_SECONDS[lesson])),
      end: 1250,
    });
    const cut = '2026-01-06T07:35:00Z';
    await world.receive(events, '2026-01-05T20:30:00Z', cut);
    await world.rollUp();
    await world.receive(events, cut, '2026-01-06T07:55:00Z');
    await world.rollUp();
    const check = 'select analytics.check_open_day($1::smallint, $2, $3)';
    expect(await world.value<number>(check, [LOS_ANGELES, DAY, cut])).toBe(0);
  });
});

describe('a backfill that has not moved the watermarks yet', () => {
  const REACHED = '2026-01-06T13:00:00Z';
  const LATE = '2026-01-07T20:00:00Z';
  const TARGET = '2026-01-10T00:00:00Z';
  const [ANNA, BEN] = [studentId(1, 0), studentId(1, 1)];
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    const view = { start: '2026-01-05T18:00:00Z', views: [completeView(1, 10, 100)], end: 120 };
    const late = { ...view, start: '2026-01-05T19:00:00Z', receivedAt: LATE };
    const events = [ANNA, BEN].flatMap((student) => [
      ...session({ student, ...view }),
      ...session({ student, ...late }),
    ]);
    await world.receive(events, '2025-12-31T00:00:00Z', REACHED);
    // What a backfill commits, but for its last transaction.
    await world.receive(events, REACHED, TARGET);
    await world.owner.query(
      `update ingest.batches set kind = 'backfill' where received_to = '${TARGET}';
       update ingest.shards set watermark = '${REACHED}'`,
    );
    await world.rollUp();
    expect(await world.value<number>('select count(*)::int from analytics.student_day where late_hours > 4')).toBe(2);
  });
  afterAll(() => world.drop());

  /** What the checks of all open days find, in a session that may have changed rows behind the back of every role. */
  const found = async (client = world.owner): Promise<unknown[]> => {
    const { rows: open } = await client.query('select * from analytics.open_days()');
    expect(open.length).toBeGreaterThan(4);
    for (const { cohort_id, day, as_of } of open)
      await client.query('select analytics.check_open_day($1::smallint, $2, $3)', [cohort_id, day, as_of]);
    const { rows } = await client.query(
      `select cohort_id, day::text, check_name, failed_rows::int as rows from analytics.open_day_checks
       where failed_rows > 0`,
    );
    return rows;
  };

  it('has received no row that is a fault of an open day', async () => {
    expect(await found()).toEqual([]);
  });

  it('hides no row that was received after the instant that it receives up to', async () => {
    const client = world.superuser;
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query(
      `update edtech.streaming_logs set received_at = timestamptz '${TARGET}' + interval '1 ms'
       where student_id = ${ANNA} and received_at = '${LATE}' and event_type = 'session_ended'`,
    );
    const faults = await found(client);
    await client.query('rollback');
    expect(faults).toContainEqual({ cohort_id: LOS_ANGELES, day: DAY, check_name: 'future_timestamps', rows: 1 });
  });

  it('holds up neither a day that is due nor one that an erasure has left', async () => {
    await world.publish(LOS_ANGELES, DAY, '2026-01-06T12:00:00Z');
    const events = 'select events::int from analytics.cohort_day';
    expect(await world.value<number>(events)).toBe(10);
    await world.value(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
    await world.analytics.query('call ops.finish_erasures()');
    expect([await world.value<number>(events), await world.rows('select from ops.erasure_days')]).toEqual([5, []]);
  });
});
