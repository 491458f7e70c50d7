import { dateText, type Session, sqlState } from '../database/session';
import type { Logger } from '../logger';
import { LATEST_MS } from '../model/arrivals';
import { DAY_MS } from '../model/day';

/** Day partitions that stand ready ahead of stream time. */
const PARTITIONS_AHEAD_DAYS = 8;
/**
 * Days of one call: enrolments of all replicas wait until it ends, and its answer must come within the query timeout, also on a busy
 * machine, which takes 50 ms for a day.
 */
const DAYS_PER_CALL = 20;
/** Pause before the next try when a lock was not free. Each one holds back enrolments while it waits; days ahead leave time. */
const RETRY_MS = 60_000;
/** SQLSTATE `lock_not_available`: `ops.ensure_partitions` gave up waiting. */
const LOCK_NOT_AVAILABLE = '55P03';

/** UTC days, days since 1970-01-01, both inclusive. */
interface Days {
  readonly first: number;
  readonly last: number;
}

/** Keeps the day partitions standing that a replica's events fall into, some days ahead of stream time. */
export class Partitions {
  /** Days whose partitions are known to stand: a failed session may have taken their creation with it, so only commits count. */
  private known: Days = { first: Infinity, last: -Infinity };
  private retryAt = -Infinity;

  /** @param clock ms of a clock that never goes back */
  constructor(
    private readonly log: Logger,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /**
   * Makes what is missing. While a lock is not free the ingest goes on with the days that it needs now, and the others are tried again
   * later.
   * @param watermark oldest one of all shards, ms since 1970-01-01Z; late events reach back 72 hours from it
   * @param firstDay no event is earlier than this day
   * @throws the lock's error if a day is missing that events may fall into now
   */
  async ensure(session: Session, watermark: number, now: number, firstDay: number): Promise<void> {
    const today = Math.floor(now / DAY_MS);
    const first = Math.max(Math.floor((watermark - LATEST_MS) / DAY_MS), firstDay);
    const wanted = { first, last: today + PARTITIONS_AHEAD_DAYS };
    if (this.covers(wanted)) return;
    const postponed = this.clock() < this.retryAt;
    if (postponed && this.covers({ first, last: today })) return;
    try {
      await makePartitions(session, wanted);
    } catch (err) {
      if (sqlState(err) !== LOCK_NOT_AVAILABLE) throw err;
      const missing = await missingDays(session, wanted);
      if (missing.length > 0 && missing[0] <= today) throw err;
      this.known = { first, last: (missing[0] ?? wanted.last + 1) - 1 };
      this.retryAt = this.clock() + RETRY_MS;
      const days = missing.map(dateText);
      this.log.warn({ err, days, retryMs: RETRY_MS }, 'partitions ahead are not made yet: a lock is not free');
      return;
    }
    if (this.retryAt > -Infinity) this.log.info({ last: dateText(wanted.last) }, 'partitions ahead are made');
    this.known = wanted;
    this.retryAt = -Infinity;
  }

  private covers({ first, last }: Days): boolean {
    return first >= this.known.first && last <= this.known.last;
  }
}

async function makePartitions(session: Session, { first, last }: Days): Promise<void> {
  for (let from = first; from <= last; from += DAYS_PER_CALL) {
    const to = Math.min(from + DAYS_PER_CALL - 1, last);
    await session.query('select ops.ensure_partitions($1, $2)', [dateText(from), dateText(to)]);
  }
}

/** Days without a partition, ascending; those that retention has dropped need none. */
async function missingDays(session: Session, { first, last }: Days): Promise<number[]> {
  const { rows } = await session.query<{ day: number }>(
    `select d as day from generate_series($1::int, $2::int) d
     where ops.partition_of(date '1970-01-01' + d) is null
       and not exists (select from ops.dropped_partitions p where p.utc_day = date '1970-01-01' + d)
     order by 1`,
    [first, last],
  );
  return rows.map(({ day }) => day);
}
