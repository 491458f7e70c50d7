import { randomSessions } from './support/random-events';
import { LOS_ANGELES, World } from './support/world';

describe('views', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    await world.receive(
      randomSessions(2, '2026-01-05T00:00:00Z', 40, 80),
      '2025-12-31T00:00:00Z',
      '2026-01-09T00:00:00Z',
    );
  });
  afterAll(() => world.drop());

  const monitor = async <T>(sql: string): Promise<T[]> => {
    const client = await world.database.connect('monitor');
    await client.query(`set timezone = 'UTC'`);
    return (await client.query(sql)).rows as T[];
  };

  it('show pending roll-ups until they are done', async () => {
    const query =
      'select batches::int > 0 as pending, events::int > 0 as events, oldest_committed_at is not null as since from ingest.pending_roll_ups';
    expect(await monitor(query)).toEqual([{ pending: true, events: true, since: true }]);
    await world.rollUp();
    expect(await monitor(query)).toEqual([{ pending: false, events: false, since: false }]);
  });

  it('show a difference between ledger and roll-ups, and none where there is none', async () => {
    const query =
      'select count(*)::int as days, count(*) filter (where difference <> 0)::int as different from ingest.ledger_differences';
    const [sound] = await monitor<{ days: number; different: number }>(query);
    expect(sound.days).toBeGreaterThan(1);
    expect(sound.different).toBe(0);
    await world.owner.query(
      `update analytics.minute set events = events + 1 where minute = (select min(minute) from analytics.minute)`,
    );
    expect(await monitor(query)).toEqual([{ days: sound.days, different: 1 }]);
    await world.owner.query(
      `update analytics.minute set events = events - 1 where minute = (select min(minute) from analytics.minute)`,
    );
  });

  it('tell how fresh the figures of each cohort are', async () => {
    await world.publish(LOS_ANGELES, '2026-01-05', '2026-01-06T12:00:00Z');
    await world.publish(LOS_ANGELES, '2026-01-05', '2026-01-07T08:00:00Z', 'restatement');
    expect(
      await monitor(
        'select cohort, live_to::text, published_day::text, as_of::text, restated from analytics.freshness order by cohort_id',
      ),
    ).toEqual([
      {
        cohort: 'Los Angeles',
        live_to: '2026-01-09 00:00:00+00',
        published_day: '2026-01-05',
        as_of: '2026-01-07 08:00:00+00',
        restated: true,
      },
      { cohort: 'Tokyo', live_to: '2026-01-09 00:00:00+00', published_day: null, as_of: null, restated: null },
    ]);
    expect(
      await monitor('select day::text, kind, first_published_at < published_at as again from analytics.published_days'),
    ).toEqual([{ day: '2026-01-05', kind: 'restatement', again: true }]);
  });

  it('list partitions with size and proof', async () => {
    await world.simulator.query(
      `select ops.record_verification('2026-01-05', events, checksum, true) from ops.partition_checksum('2026-01-05')`,
    );
    const [row] = await monitor(
      `select bytes > 0 as sized, closed, verified from ops.partitions where utc_day = '2026-01-05'`,
    );
    expect(row).toEqual({ sized: true, closed: false, verified: true });
  });
});
