import { setTimeout as sleep } from 'node:timers/promises';

/** A fixed schedule without drift: slots at multiples of the interval since its start; slots that were missed are skipped. */
export class Schedule {
  private readonly start = performance.now();

  constructor(private readonly intervalMs: number) {}

  /** Resolves at the next slot, or at once when the signal is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    const elapsed = performance.now() - this.start;
    await pause(this.intervalMs - (elapsed % this.intervalMs), signal);
  }
}

/** Sleeps, or returns early when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}
