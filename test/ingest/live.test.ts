import { ManualClock } from '../../simulator/src/clock';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { soon } from '../support/eventually';
import { allReceived, DAY, START, startReplica, testConfig } from './support/replicas';

describe('a live replica', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('stores what the stream has received, and a ledger that adds up to it', async () => {
    const clock = new ManualClock(START);
    const replica = startReplica(testConfig(database.url('simulator')), clock, 'a');
    await allReceived(database, START);
    clock.set(START + DAY);
    await allReceived(database, START + DAY);
    await replica.stop();
    const client = await database.connect('simulator');
    const { rows } = await client.query(`
      select (select count(*)::int from edtech.streaming_logs) as rows, (select sum(events)::int from ingest.batches) as ledger,
             (select count(*)::int from ingest.shards where holder is not null) as held`);
    expect(rows[0].rows).toBeGreaterThan(1000);
    expect(rows[0].ledger).toBe(rows[0].rows);
    expect(rows[0].held).toBe(0);
  });

  it('gives its shards back when it ends, although its connection has just been lost', async () => {
    // Ticks and leases long enough that neither helps.
    const slow = { INGEST_TICK_MS: '60000', INGEST_LEASE_MS: '600000' };
    const replica = startReplica(testConfig(database.url('simulator'), slow), new ManualClock(START + DAY), 'b');
    await soon('the replica holds all shards', () => replica.shards() === 64);
    const client = await database.connect('superuser');
    const { rows: ended } = await client.query(
      "select pg_terminate_backend(pid) as done from pg_stat_activity where application_name like 'edtech-simulator b/%' and datname = current_database()",
    );
    expect(ended).toContainEqual({ done: true });
    await replica.stop();
    const { rows } = await client.query('select shard from ingest.shards where holder is not null');
    expect(rows).toEqual([]);
  });
});
