import type { Client } from 'pg';
import { ManualClock } from '../../simulator/src/clock';
import { Session } from '../../simulator/src/database/session';
import { Partitions } from '../../simulator/src/ingest/partitions';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { recorder } from '../support/recorder';
import { allReceived, DAY, type RunningReplica, START, startReplica, testConfig } from './support/replicas';

const POSTPONED = 'partitions ahead are not made yet';

describe('partitions ahead', () => {
  let database: TestDatabase;
  let blocker: Client;
  let replica: RunningReplica | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
    blocker = await database.connect('superuser');
  });
  afterEach(async () => {
    await blocker.query('rollback');
    await replica?.stop();
    replica = undefined;
    await database.drop();
  });

  /** The lock of a transaction that has changed a student, such as an erasure. */
  const block = (): Promise<unknown> => blocker.query('begin; lock table edtech.students in row exclusive mode');
  const days = async (): Promise<string[]> =>
    (await blocker.query<{ day: string }>('select utc_day::text as day from ops.partitions order by 1')).rows.map(
      ({ day }) => day,
    );

  it('do not stop the ingest at midnight while somebody holds a lock that they need', async () => {
    const { log, said } = recorder();
    const clock = new ManualClock(START);
    replica = startReplica(testConfig(database.url('simulator'), { INGEST_LEASE_MS: '30000' }), clock, 'midnight', log);
    await allReceived(database, START);
    const before = await days();
    await block();
    clock.set(START + DAY);
    await allReceived(database, START + DAY);
    expect(await days()).toEqual(before);
    expect(said('tick failed')).toEqual([]);
    // Once, although many ticks have ended.
    expect(said(POSTPONED)).toEqual([expect.objectContaining({ level: 'warn', days: ['2026-02-11'] })]);
  });

  const FIRST = Date.parse('2026-02-02') / DAY;
  const NOW = START;
  const open = (): Promise<Session> => Session.open(testConfig(database.url('simulator')).database, 'test');

  it('are tried again a minute later, not at each tick', async () => {
    const { log, said } = recorder();
    let time = 0;
    const partitions = new Partitions(log, () => time);
    const session = await open();
    const ensure = (now: number): Promise<void> => partitions.ensure(session, NOW, now, FIRST);
    await ensure(NOW);
    await block();
    await ensure(NOW + DAY);
    await blocker.query('rollback');
    time = 59_999;
    await ensure(NOW + DAY);
    expect((await days()).at(-1)).toBe('2026-02-10');
    time = 60_000;
    await ensure(NOW + DAY);
    expect((await days()).at(-1)).toBe('2026-02-11');
    expect(said(POSTPONED)).toHaveLength(1);
    expect(said('partitions ahead are made')).toHaveLength(1);
    await session.close();
  });

  it('are an error while a day is missing that events may fall into now', async () => {
    const { log, said } = recorder();
    const partitions = new Partitions(log);
    const session = await open();
    await block();
    await expect(partitions.ensure(session, NOW, NOW, FIRST)).rejects.toMatchObject({ code: '55P03' });
    await blocker.query('rollback');
    await partitions.ensure(session, NOW, NOW, FIRST);
    expect(await days()).toHaveLength(9);
    expect(said(POSTPONED)).toEqual([]);
    await session.close();
  });

  it('reach back over years of history, more days than one call makes', async () => {
    const session = await open();
    const first = NOW - 1200 * DAY;
    // Most of them need none, which takes less time than to make them.
    await blocker.query(`insert into ops.dropped_partitions (utc_day, events, checksum)
      select day::date, 0, 0 from generate_series(date '2022-11-01', '2026-01-31', '1 day') day`);
    await new Partitions(recorder().log).ensure(session, first, NOW, Math.floor(first / DAY));
    const { rows } = await blocker.query(
      'select count(*)::int as held, min(utc_day)::text as first, max(utc_day)::text as last from ops.partitions',
    );
    expect(rows).toEqual([{ held: 21, first: '2022-10-21', last: '2026-02-10' }]);
    await session.close();
  });
});
