import { ManualClock } from '../../simulator/src/clock';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { soon } from '../support/eventually';
import { allReceived, HOUR, type RunningReplica, START, startReplica, testConfig } from './support/replicas';

describe('the figures of a replica', () => {
  let database: TestDatabase;
  const clock = new ManualClock(START);
  let replica: RunningReplica;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await replica.stop();
    await database.drop();
  });

  /** Value of a gauge; undefined where it is absent. */
  async function value(gauge: 'lastCommit' | 'backlog'): Promise<number | undefined> {
    return (await replica.metrics[gauge].get()).values[0]?.value;
  }

  /** Some ticks end. */
  async function ticks(): Promise<void> {
    const count = async (): Promise<number> => (await replica.metrics.batches.get()).values[0]?.value ?? 0;
    const before = await count();
    await soon('the replica ticks', async () => (await count()) >= before + 3);
  }

  async function hold(holder: string | null): Promise<void> {
    const admin = await database.connect('superuser');
    await admin.query(
      `update ingest.shards set holder = $1::text, epoch = epoch + 1,
         lease_expires_at = case when $1::text is not null then clock_timestamp() + interval '1 hour' end`,
      [holder],
    );
  }

  it('do not say that it stored anything while others hold all shards', async () => {
    await hold('other');
    replica = startReplica(testConfig(database.url('simulator')), clock, 'idle');
    await ticks();
    expect(await value('lastCommit')).toBe(0);
    expect(await value('backlog')).toBeUndefined();
  });

  it('say when it last moved watermarks, and how far it is behind', async () => {
    await hold(null);
    await allReceived(database, START);
    await ticks();
    const first = await value('lastCommit');
    expect(first).toBeGreaterThan(0);
    expect(await value('backlog')).toBe(0);
    // Nothing is received while stream time stands still, although leases are renewed.
    await ticks();
    expect(await value('lastCommit')).toBe(first);
    clock.set(START + 1000);
    await allReceived(database, START + 1000);
    await ticks();
    expect(await value('lastCommit')).toBeGreaterThan(first!);
  });

  it('count a batch without an event, whose watermarks move all the same', async () => {
    const admin = await database.connect('superuser');
    const ledger = async (): Promise<object> =>
      (await admin.query('select events::int from ingest.batches order by batch_id desc limit 1')).rows[0] as object;
    const before = await value('lastCommit');
    clock.set(START + 1001);
    await allReceived(database, START + 1001);
    await ticks();
    expect(await ledger()).toEqual({ events: 0 });
    expect(await value('lastCommit')).toBeGreaterThan(before!);
  });

  it('tell a backlog that another session keeps from being received, and none of shards that are lost', async () => {
    const admin = await database.connect('superuser');
    const before = await value('lastCommit');
    await admin.query('begin');
    await admin.query('select from ingest.shards for update');
    clock.set(START + HOUR);
    await ticks();
    expect(await value('backlog')).toBe((HOUR - 1001) / 1000);
    expect(await value('lastCommit')).toBe(before);
    await admin.query('rollback');
    await allReceived(database, START + HOUR);
    await hold('other');
    clock.set(START + 2 * HOUR);
    await soon('the replica has noticed', () => replica.shards() === 0);
    await ticks();
    expect(await value('backlog')).toBeUndefined();
  });
});
