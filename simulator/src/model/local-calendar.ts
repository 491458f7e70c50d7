import { DAY_MS, Day, HOUR_MS } from './day';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { floor, max, min } = Math;

/**
 * Local time of one IANA zone. Offsets are asked of `Intl` once per day and kept: a question costs microseconds, an event must not.
 */
export class LocalCalendar {
  private readonly format: Intl.DateTimeFormat;
  private readonly midnights = new Map<Day, number>();
  private readonly offsets = new Map<Day, number>();

  constructor(readonly timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The instant at which a local day begins; the day ends where the next one begins. */
  startOf(day: Day): number {
    let instant = this.midnights.get(day);
    if (instant === undefined) {
      instant = this.instantOf(day, 0);
      this.midnights.set(day, instant);
    }
    return instant;
  }

  /**
   * The instant of a local wall-clock hour of a day (24 and more: of the days after it). An hour that is skipped by daylight
   * saving maps to the instant at which the clock jumps over it, an hour that comes twice to its first coming.
   */
  instantOf(day: Day, hour: number): number {
    const wall = day * DAY_MS + hour * HOUR_MS;
    const before = wall - this.offsetAt(wall - DAY_MS);
    const after = wall - this.offsetAt(wall + DAY_MS);
    const earlier = min(before, after);
    const later = max(before, after);
    if (earlier + this.offsetAt(earlier) === wall) return earlier;
    if (later + this.offsetAt(later) === wall) return later;
    return this.jumpBetween(earlier, later);
  }

  /** Milliseconds that local time is ahead of UTC; days without a change of the clock need one question for all their instants. */
  offsetAt(instant: number): number {
    const day = floor(instant / DAY_MS);
    const offset = this.offsetOfDay(day);
    return offset === this.offsetOfDay(day + 1) ? offset : this.askOffset(instant);
  }

  /** At 00:00 UTC. */
  private offsetOfDay(utcDay: Day): number {
    let offset = this.offsets.get(utcDay);
    if (offset === undefined) {
      offset = this.askOffset(utcDay * DAY_MS);
      this.offsets.set(utcDay, offset);
    }
    return offset;
  }

  private askOffset(instant: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(instant)) part[type] = Number(value);
    const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return wall - floor(instant / 1000) * 1000;
  }

  /** The first instant with the offset of `later`, to the second. */
  private jumpBetween(earlier: number, later: number): number {
    const offset = this.offsetAt(later);
    let low = earlier;
    let high = later;
    while (high - low > 1000) {
      const middle = low + floor((high - low) / 2000) * 1000;
      if (this.offsetAt(middle) === offset) high = middle;
      else low = middle;
    }
    return high;
  }
}
