import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyEncoder } from '../../simulator/src/events/copy-encoder';
import { Session } from '../../simulator/src/database/session';
import { AcknowledgedWatermarks } from '../../simulator/src/ingest/acknowledged';
import { runBatch } from '../../simulator/src/ingest/batch';
import { BatchWindow } from '../../simulator/src/ingest/batch-window';
import { storeDimensions } from '../../simulator/src/ingest/dimensions';
import { EventSource } from '../../simulator/src/ingest/event-source';
import { Leases, type LockedShard } from '../../simulator/src/ingest/leases';
import { guardStream, streamOrigin } from '../../simulator/src/ingest/stream-versions';
import { takeOver } from '../../simulator/src/ingest/takeover';
import { silentLogger } from '../../simulator/src/logger';
import { Stream } from '../../simulator/src/model/stream';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { DAY, HOUR, START, testConfig } from './support/replicas';

const LEASE_MS = 600_000;

describe('fencing', () => {
  let database: TestDatabase;
  let stream: Stream;
  const sessions: Session[] = [];

  async function open(): Promise<Session> {
    const session = await Session.open(testConfig(database.url('simulator')).database, 'test');
    sessions.push(session);
    return session;
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    const session = await open();
    stream = new Stream(await guardStream(session, testConfig(database.url('simulator')).stream, START));
    await storeDimensions(session, stream);
    await session.query(`select ops.ensure_partitions('2026-02-01', '2026-02-20')`);
  });
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await database.drop();
  });

  const contextOf = (leases: Leases) => ({
    leases,
    window: new BatchWindow(1e6),
    encoder: new CopyEncoder(),
    acknowledged: new AcknowledgedWatermarks(),
    source: new EventSource(stream, streamOrigin(stream.firstDay)),
    exclusions: { droppedDays: new Set<number>(), forgottenStudents: new Set<number>() },
  });

  /** Lets all leases run out without waiting for them. */
  async function expireLeases(): Promise<void> {
    const superuser = await database.connect('superuser');
    await superuser.query(`update ingest.shards set lease_expires_at = clock_timestamp() - interval '1 ms'`);
  }

  async function batchesOf(replica: string): Promise<number> {
    const session = await open();
    const { rows } = await session.query<{ n: number }>(
      'select count(*)::int as n from ingest.batches where replica = $1',
      [replica],
    );
    return rows[0].n;
  }

  /** A sleeper holds all shards; another one takes them over. @returns batches that the sleeper writes when it wakes up */
  async function writtenAfterTakeover(sleeper: Leases, other: Leases): Promise<number> {
    await expireLeases();
    await sleeper.acquire(await open(), 64, 'skip');
    expect(sleeper.held).toHaveLength(64);
    await expireLeases();
    const taker = await open();
    await other.acquire(taker, 64, 'skip');
    await runBatch(taker, contextOf(other), START + HOUR);
    const before = await batchesOf(sleeper.replica);
    await runBatch(await open(), contextOf(sleeper), START + DAY);
    return (await batchesOf(sleeper.replica)) - before;
  }

  it('lets a replica that wakes up after a takeover write nothing, and tells it what it lost', async () => {
    const sleeper = new Leases('sleeper', LEASE_MS);
    expect(await writtenAfterTakeover(sleeper, new Leases('taker', LEASE_MS))).toBe(0);
    expect(sleeper.held).toEqual([]);
  });

  it('lets nothing be written under a lease that has run out, even if nobody has taken it', async () => {
    await expireLeases();
    const leases = new Leases('late', LEASE_MS);
    const session = await open();
    await leases.acquire(session, 64, 'skip');
    await expireLeases();
    const { lost, stored } = await runBatch(session, contextOf(leases), START + DAY);
    expect(lost).toHaveLength(64);
    expect(stored).toBeUndefined();
  });

  it('would be missed: without the check of the epoch the sleeper writes', async () => {
    class Unfenced extends Leases {
      override async lock(session: Session): Promise<{ locked: LockedShard[]; lost: number[] }> {
        const shards = await this.shards(session);
        return { locked: shards.map(({ shard, watermark }) => ({ shard, watermark })), lost: [] };
      }
    }
    expect(await writtenAfterTakeover(new Unfenced('unfenced', LEASE_MS), new Leases('taker-2', LEASE_MS))).toBe(1);
  });

  it('gives two replicas that take shards at the same time each shard once', async () => {
    await expireLeases();
    const both = [new Leases('left', LEASE_MS), new Leases('right', LEASE_MS)];
    await Promise.all(both.map(async (leases) => leases.acquire(await open(), 64, 'wait')));
    for (const leases of both) await leases.acquire(await open(), 64, 'wait');
    const held = both.flatMap((leases) => leases.held).sort((a, b) => a - b);
    expect(held).toEqual(Array.from({ length: 64 }, (_, shard) => shard));
  });

  it('ends a session that holds the rows of an expired lease in the middle of a COPY', async () => {
    await expireLeases();
    // What SIGSTOP leaves behind: locked rows and a COPY that waits for data. No timeout of the server ends that.
    const frozen = await database.connect('simulator');
    const lost = new Promise((resolve) => frozen.once('end', resolve));
    await frozen.query('begin');
    await frozen.query('select from ingest.shards for update');
    const copy = frozen.query(copyFrom('copy edtech.streaming_logs from stdin with (format binary)'));
    copy.on('error', () => undefined);
    const [empty] = new CopyEncoder().encode([]);
    await new Promise((resolve) => copy.write(empty.subarray(0, 19), resolve));
    const leases = new Leases('taker-3', LEASE_MS);
    const options = { database: testConfig(database.url('simulator')).database, patienceMs: 100, log: silentLogger };
    expect(await takeOver(leases, await open(), 64, options)).toHaveLength(64);
    await lost;
  });

  describe('beside a session that keeps one shard locked', () => {
    let leases: Leases;
    let erasure: Client;
    beforeEach(async () => {
      await expireLeases();
      leases = new Leases('giver', LEASE_MS);
      await leases.acquire(await open(), 64, 'skip');
      erasure = await database.connect('superuser');
      await erasure.query('begin');
      await erasure.query('select from ingest.shards where shard = 5 for update');
    });
    afterEach(() => erasure.query('rollback'));

    async function heldInDatabase(): Promise<number[]> {
      const session = await open();
      const { rows } = await session.query<{ shard: number }>(
        'select shard from ingest.shards where holder = $1 order by shard',
        [leases.replica],
      );
      return rows.map(({ shard }) => shard);
    }

    it('a replica gives back the shards above its share but that one, which stays its own', async () => {
      await leases.release(await open(), [4, 5, 6]);
      expect(leases.held).toHaveLength(62);
      expect(leases.held).toContain(5);
      expect(await heldInDatabase()).toEqual(leases.held);
      await erasure.query('rollback');
      await leases.release(await open(), [5]);
      expect(leases.held).not.toContain(5);
      expect(await heldInDatabase()).toEqual(leases.held);
    });

    it('a replica that ends gives back all others, and says which one is left', async () => {
      expect(await leases.leave(await open())).toEqual([5]);
      expect(await heldInDatabase()).toEqual([5]);
    });

    it('a replica that ends waits a moment for a lock that is soon free', async () => {
      setTimeout(() => void erasure.query('rollback'), 200);
      expect(await leases.leave(await open())).toEqual([]);
      expect(await heldInDatabase()).toEqual([]);
    });
  });

  it('shares the shards among the replicas that live', async () => {
    const superuser = await database.connect('superuser');
    await superuser.query('delete from ingest.replicas');
    const replicas = ['a', 'b', 'c', 'd', 'e'].map((name) => new Leases(name, LEASE_MS));
    const session = await open();
    for (const replica of replicas) await replica.announce(session);
    const shares = [];
    for (const replica of replicas) shares.push((await replica.announce(session)).share);
    expect(shares).toEqual([13, 13, 13, 13, 12]);
    await superuser.query(`update ingest.replicas set seen_at = seen_at - interval '1 day' where replica < 'd'`);
    expect((await replicas[3].announce(session)).share).toBe(32);
  });
});
