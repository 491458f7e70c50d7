import { Session } from '../../simulator/src/database/session';
import { CopyEncoder } from '../../simulator/src/events/copy-encoder';
import { storeDimensions } from '../../simulator/src/ingest/dimensions';
import { EventSource } from '../../simulator/src/ingest/event-source';
import { readExclusions } from '../../simulator/src/ingest/exclusions';
import { Leases } from '../../simulator/src/ingest/leases';
import { levelWatermarks, type LevelOptions } from '../../simulator/src/ingest/level-watermarks';
import { guardStream } from '../../simulator/src/ingest/stream-versions';
import { Stream } from '../../simulator/src/model/stream';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { sleep } from '../support/eventually';
import { START, testConfig } from './support/replicas';

/** The shards that are behind all others. */
const BEHIND = [5, 41];

describe('shards that are behind, before a backfill', () => {
  let database: TestDatabase;
  let session: Session;
  let options: LevelOptions;
  let stop: AbortController;
  beforeEach(async () => {
    database = await createTestDatabase();
    const config = testConfig(database.url('simulator'));
    session = await Session.open(config.database, 'test');
    const stream = new Stream(await guardStream(session, config.stream, START));
    await storeDimensions(session, stream);
    await session.query(`select ops.ensure_partitions('2026-02-01', '2026-02-03')`);
    const admin = await database.connect('superuser');
    await admin.query('update ingest.shards set watermark = $1 where shard <> all ($2)', [new Date(START), BEHIND]);
    const leases = new Leases('backfill', 600_000, 'backfill');
    await leases.acquire(session, 64, 'wait');
    stop = new AbortController();
    options = {
      session,
      leases,
      stream,
      encoder: new CopyEncoder(),
      exclusions: await readExclusions(session),
      signal: stop.signal,
      maxRows: 50_000,
      leaseMs: 600_000,
    };
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await session.close();
    await database.drop();
  });

  it('get their schedules before the transaction of their batch begins', async () => {
    const prepared = jest.spyOn(EventSource.prototype, 'prepare');
    const begun = jest.spyOn(session, 'transaction');
    expect(await levelWatermarks(options)).toBe(START);
    const [firstBatch] = begun.mock.invocationCallOrder;
    const before = prepared.mock.calls.filter((_, call) => prepared.mock.invocationCallOrder[call] < firstBatch);
    expect(before.map(([shard]) => shard)).toEqual(expect.arrayContaining(BEHIND));
    const { rows } = await session.query<{ level: number }>(
      'select count(distinct watermark)::int as level from ingest.shards',
    );
    expect(rows).toEqual([{ level: 1 }]);
  });

  it('end the backfill when another process has taken one', async () => {
    const admin = await database.connect('superuser');
    await admin.query(`update ingest.shards set holder = 'other', epoch = epoch + 1 where shard = 5`);
    await expect(levelWatermarks(options)).rejects.toThrow('the backfill lost shards 5');
  });

  it('are waited for without haste while an erasure has them locked, until the backfill is told to stop', async () => {
    const erasure = await database.connect('superuser');
    await erasure.query('begin');
    await erasure.query('select from ingest.shards where shard = any ($1) for update', [BEHIND]);
    const begun = jest.spyOn(session, 'transaction');
    const levelling = levelWatermarks(options);
    levelling.catch(() => undefined); // Looked at below.
    await sleep(1.2);
    expect(begun.mock.calls.length).toBeLessThanOrEqual(3);
    stop.abort();
    await expect(levelling).rejects.toThrow('aborted');
    await erasure.query('rollback');
    expect(await levelWatermarks({ ...options, signal: undefined })).toBe(START);
  });
});
