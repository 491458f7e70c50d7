/** Stream time in whole milliseconds since 1970-01-01Z. */
export interface Clock {
  now(): number;
}

/** How stream time follows the machine's time; several processes with equal settings share one stream time. */
export interface ClockSettings {
  /** Stream time at `wallOrigin`, ms since 1970-01-01Z. */
  readonly streamOrigin: number;
  /** Machine time at which stream time is `streamOrigin`, ms since 1970-01-01Z. */
  readonly wallOrigin: number;
  /** Stream milliseconds per machine millisecond, at least 0. */
  readonly rate: number;
  /** Stream time stops here, ms since 1970-01-01Z. @default never */
  readonly until?: number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Stream time that is shifted or accelerated against the machine's. */
export function shiftedClock(settings: ClockSettings, wall: Clock = systemClock): Clock {
  const { streamOrigin, wallOrigin, rate, until = Infinity } = settings;
  return { now: () => Math.floor(Math.min(streamOrigin + (wall.now() - wallOrigin) * rate, until)) };
}

/** Stream time that stands still until it is set. */
export class ManualClock implements Clock {
  constructor(private instant: number) {}

  now(): number {
    return this.instant;
  }

  set(instant: number): void {
    this.instant = instant;
  }
}
