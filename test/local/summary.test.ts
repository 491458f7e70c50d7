import { Pool } from 'pg';
import { replicaShares } from '../../local/summary';
import { shardMask } from '../../simulator/src/ingest/ledger';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the share of a replica in a local run', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new Pool({ connectionString: database.url('analytics'), max: 1 });
  });
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  it('counts transactions, not the ledger rows that each of them writes for every UTC day', async () => {
    const owner = await database.connect('owner');
    // Two ticks for the same shards, the first of them around midnight; one for another shard in the same interval; and an earlier run.
    await owner.query(
      `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, committed_at)
       select replica, 'live', mask, second, second + interval '1 second', day, day, day, events, committed
       from (values
         ('replica-1', $1::bigint, timestamptz '2026-01-06 00:00:00Z', date '2026-01-05', 2, timestamptz '2026-01-06 00:00:01.001Z'),
         ('replica-1', $1, '2026-01-06 00:00:00Z', '2026-01-06', 3, '2026-01-06 00:00:01.002Z'),
         ('replica-1', $1, '2026-01-06 00:00:01Z', '2026-01-06', 4, '2026-01-06 00:00:02Z'),
         ('replica-1', $2, '2026-01-06 00:00:01Z', '2026-01-06', 5, '2026-01-06 00:00:03Z'),
         ('replica-2', $1, '2026-01-05 00:00:01Z', '2026-01-05', 6, '2026-01-05 00:00:02Z')
       ) v (replica, mask, second, day, events, committed)`,
      [shardMask([0, 1]), shardMask([2])],
    );
    expect(await replicaShares(pool, new Date('2026-01-06T00:00:00Z'))).toEqual([
      { name: 'replica-1', batches: 3, events: 14, shards: 0 },
    ]);
  });
});
