import { setTimeout as sleep } from 'node:timers/promises';
import { type Session, timestamp } from '../database/session';
import { DATABASE_NOW } from '../database/time';
import { SHARDS } from '../events/event-id';

/** A shard as every replica sees it. */
export interface ShardState {
  readonly shard: number;
  /** ms since 1970-01-01Z. */
  readonly watermark: number;
  /** Nobody holds it, or its lease has run out by the database's time. */
  readonly free: boolean;
}

/** What a replica is told when it says that it lives. */
export interface Announcement {
  /** How many shards it is to hold: the shares of all replicas that live add up to all shards. */
  readonly share: number;
  /** The database's time, ms since 1970-01-01Z. */
  readonly databaseNow: number;
}

/** A shard that this replica holds, its row locked until the transaction ends. */
export interface LockedShard {
  readonly shard: number;
  readonly watermark: number;
}

/** How long a process that ends waits for rows that another session has locked; much less than it is given to end. */
const LOCKED_MS = 1000;
const LOOK_MS = 50;

/** What is said of shards that could not be given back. */
export const STAY_LOCKED = 'another session keeps shards locked, they are taken over when their leases end';

const WATERMARK = '(extract(epoch from watermark) * 1000)::float8 as watermark';

const OURS = `
  select s.shard, ${WATERMARK}
  from ingest.shards s join unnest($2::smallint[], $3::bigint[]) as mine (shard, epoch) on s.shard = mine.shard
  where s.holder = $1 and s.epoch = mine.epoch and s.lease_expires_at > clock_timestamp()`;

/**
 * The shards that one process holds. Leases count by the database's time; an epoch grows whenever a shard changes hands, so a
 * process that slept past its lease finds rows that are no longer its own, whatever it believes.
 */
export class Leases {
  private readonly epochs = new Map<number, string>();

  /**
   * @param replica unique per process, or a restarted one would be taken for the one before it
   * @param leaseMs how long a lease lasts after its last renewal
   * @param forWhom while a backfill stands unfinished, only another backfill may take shards
   */
  constructor(
    readonly replica: string,
    private readonly leaseMs: number,
    private readonly forWhom: 'live' | 'backfill' = 'live',
  ) {}

  get held(): number[] {
    return [...this.epochs.keys()].sort((a, b) => a - b);
  }

  /** Says that this replica lives. */
  async announce(session: Session): Promise<Announcement> {
    const { rows } = await session.query<{ replicas: number; place: number; now: number }>(
      `with me as (
         insert into ingest.replicas (replica, seen_at) values ($1, clock_timestamp())
         on conflict (replica) do update set seen_at = excluded.seen_at
       )
       select count(*)::int + 1 as replicas, count(*) filter (where replica < $1)::int as place, ${DATABASE_NOW} as now
       from ingest.replicas where replica <> $1 and seen_at > clock_timestamp() - $2 * interval '1 ms'`,
      [this.replica, this.leaseMs],
    );
    const { replicas, place, now } = rows[0];
    const share = Math.floor(SHARDS / replicas) + (place < SHARDS % replicas ? 1 : 0);
    return { share, databaseNow: now };
  }

  async shards(session: Session): Promise<ShardState[]> {
    const { rows } = await session.query<{ shard: number; watermark: number; free: boolean }>(
      `select shard, ${WATERMARK}, holder is null or lease_expires_at <= clock_timestamp() as free
       from ingest.shards order by shard`,
    );
    return rows;
  }

  /**
   * Takes up to `count` free shards; live, none of them while a backfill stands unfinished. It locks all rows when it begins to
   * write, so a statement that has not seen it either comes before that and takes them from it, or finds them held.
   * @param locked what to do about rows that another session has locked: leave them out, or wait for them
   */
  async acquire(session: Session, count: number, locked: 'skip' | 'wait'): Promise<number[]> {
    const { rows } = await session.query<{ shard: number; epoch: string }>(
      `update ingest.shards s
       set holder = $1, epoch = s.epoch + 1, lease_expires_at = clock_timestamp() + $3 * interval '1 ms'
       from (
         select shard from ingest.shards where (holder is null or lease_expires_at <= clock_timestamp())
           and ($4 = 'backfill' or ingest.unfinished_backfill() is null)
         order by shard limit $2 for update ${locked === 'skip' ? 'skip locked' : ''}
       ) free
       where s.shard = free.shard
       returning s.shard, s.epoch::text`,
      [this.replica, count, this.leaseMs, this.forWhom],
    );
    for (const { shard, epoch } of rows) this.epochs.set(shard, epoch);
    return rows.map(({ shard }) => shard);
  }

  /**
   * Locks the rows of the shards that are still ours until the transaction ends, and gives up those that are not. This is the
   * fence: nothing may be written for a shard that it does not return. A row that another session has locked (an erasure works
   * on one shard for as long as it takes) is left out this time and stays ours.
   */
  async lock(session: Session): Promise<{ locked: LockedShard[]; lost: number[] }> {
    const mine = [this.replica, [...this.epochs.keys()], [...this.epochs.values()]];
    const { rows } = await session.query<LockedShard>(`${OURS} order by s.shard for update of s skip locked`, mine);
    if (rows.length === this.epochs.size) return { locked: rows, lost: [] };
    const { rows: ours } = await session.query<LockedShard>(OURS, mine);
    const kept = new Set(ours.map(({ shard }) => shard));
    const lost = this.held.filter((shard) => !kept.has(shard));
    for (const shard of lost) this.epochs.delete(shard);
    return { locked: rows, lost };
  }

  /** Renews the leases of locked shards and moves watermarks; part of the transaction that writes the rows. */
  async renew(
    session: Session,
    locked: readonly LockedShard[],
    moved: readonly number[],
    watermark: number,
  ): Promise<void> {
    await session.query(
      `update ingest.shards set lease_expires_at = clock_timestamp() + $2 * interval '1 ms',
         watermark = case when shard = any ($3::smallint[]) then $4::timestamptz else watermark end
       where shard = any ($1::smallint[])`,
      [locked.map(({ shard }) => shard), this.leaseMs, moved, timestamp(watermark)],
    );
  }

  /**
   * Renews every lease that nobody has taken, also one that has run out meanwhile. For a backfill, which may keep its process
   * or the server busy for longer than a lease: nobody else has written as long as the epoch is still ours.
   */
  async renewAll(session: Session): Promise<void> {
    await session.query(
      // Locked in order first: two sessions of one backfill do this at the same time.
      `with mine as materialized (
         select s.shard from ingest.shards s join unnest($2::smallint[], $3::bigint[]) as own (shard, epoch) on s.shard = own.shard
         where s.holder = $1 and s.epoch = own.epoch order by s.shard for update of s
       )
       update ingest.shards s set lease_expires_at = clock_timestamp() + $4 * interval '1 ms' from mine where s.shard = mine.shard`,
      [this.replica, [...this.epochs.keys()], [...this.epochs.values()], this.leaseMs],
    );
  }

  /**
   * Gives shards back at once; others take them at their next tick. One whose row another session has locked stays ours, as in
   * {@link lock}: whoever waited for it would let the leases of all the others run out.
   */
  async release(session: Session, shards: readonly number[]): Promise<void> {
    const { rows } = await session.query<{ shard: number }>(
      `update ingest.shards s set holder = null, lease_expires_at = null
       from (
         select s.shard
         from ingest.shards s join unnest($2::smallint[], $3::bigint[]) as mine (shard, epoch) on s.shard = mine.shard
         where s.holder = $1 and s.epoch = mine.epoch order by s.shard for update of s skip locked
       ) given
       where s.shard = given.shard
       returning s.shard`,
      [this.replica, shards, shards.map((shard) => this.epochs.get(shard))],
    );
    for (const { shard } of rows) this.epochs.delete(shard);
  }

  /**
   * Leaves the list of living replicas and gives back everything. Everything is what the database says: a tick whose connection broke may
   * have taken shards that this replica does not know of, and the server may still be at work on its rows.
   * @returns shards whose rows another session has kept locked: others take them when their leases end
   */
  async leave(session: Session): Promise<number[]> {
    await session.query('delete from ingest.replicas where replica = $1', [this.replica]);
    this.epochs.clear();
    for (const until = performance.now() + LOCKED_MS; ; await sleep(LOOK_MS)) {
      await session.query(
        `update ingest.shards s set holder = null, lease_expires_at = null
         from (select shard from ingest.shards where holder = $1 order by shard for update skip locked) given
         where s.shard = given.shard`,
        [this.replica],
      );
      const { rows } = await session.query<{ shard: number }>(
        'select shard from ingest.shards where holder = $1 order by shard',
        [this.replica],
      );
      if (rows.length === 0 || performance.now() > until) return rows.map(({ shard }) => shard);
    }
  }
}
