/** Stream time in whole milliseconds since 1970-01-01Z. */
export interface Clock {
  /** @param databaseNow the database's time, ms since 1970-01-01Z: where stream time is that of machines, it bounds it */
  now(databaseNow: number): number;
}

/** A machine's time in whole milliseconds since 1970-01-01Z. */
export type MachineTime = () => number;

export const machineTime: MachineTime = () => Date.now();

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

/**
 * Stream time that is the machine's, but no later than the database's. No watermark moves back, so one machine with a clock that is ahead
 * would fill the future of its shards, and the others would receive nothing for them until then.
 */
export function boundedClock(machine: MachineTime = machineTime): Clock {
  return { now: (databaseNow) => Math.min(machine(), databaseNow) };
}

/** Stream time that is shifted or accelerated against the machine's. */
export function shiftedClock(settings: ClockSettings, machine: MachineTime = machineTime): Clock {
  const { streamOrigin, wallOrigin, rate, until = Infinity } = settings;
  return { now: () => Math.floor(Math.min(streamOrigin + (machine() - wallOrigin) * rate, until)) };
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
