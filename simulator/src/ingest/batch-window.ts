import { DAY_MS, MINUTE_MS, SECOND_MS } from '../model/day';
import type { LockedShard } from './leases';

/** The part of the backlog that one transaction takes: shards with the same watermark, and the interval to be received. */
export interface Window {
  readonly shards: readonly number[];
  /** Exclusive, ms since 1970-01-01Z. */
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/** Length of the first window of a backlog. */
const START_MS = MINUTE_MS;

/**
 * Sizes the transactions of a backlog by the rows that they turn out to have. A replica that keeps up takes everything since its
 * last tick; one that is behind takes as much stream time as keeps a transaction below the row limit, so memory stays bounded.
 */
export class BatchWindow {
  private lengthMs = START_MS;

  constructor(private readonly maxRows: number) {}

  /** The oldest shards go first, up to the watermark of the next ones: then they are one group. Undefined when all have reached `now`. */
  next(locked: readonly LockedShard[], now: number): Window | undefined {
    const from = Math.min(...locked.map(({ watermark }) => watermark));
    if (locked.length === 0 || from >= now) return undefined;
    const ahead = locked.map(({ watermark }) => watermark).filter((watermark) => watermark > from);
    return {
      shards: locked.filter(({ watermark }) => watermark === from).map(({ shard }) => shard),
      from,
      to: Math.min(this.reach(from, now), ...ahead),
    };
  }

  /** Where a window that begins at `from` ends at the latest. */
  reach(from: number, now: number): number {
    return Math.min(now, from + this.lengthMs);
  }

  /** Learns from a window that was made. @returns false if it has too many rows: it must be asked for again, smaller */
  accept({ from, to }: Window, rows: number): boolean {
    if (rows > this.maxRows && to - from > SECOND_MS) {
      this.lengthMs = Math.max(SECOND_MS, Math.floor((to - from) / 2));
      return false;
    }
    // One that was cut, as all are of a replica that keeps up, says nothing about a full one; and the next backlog may be denser.
    if (to - from < this.lengthMs) this.lengthMs = Math.min(this.lengthMs, START_MS);
    else if (rows < this.maxRows / 2) this.lengthMs = Math.min(DAY_MS, this.lengthMs * 2);
    return true;
  }
}
