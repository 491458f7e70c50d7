import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from '../simulator/src/database/session';
import type { BenchDatabase } from './server';

/** Pause between two looks at whether there is something to do. */
const IDLE_MS = 2;

export interface RollUpWork {
  readonly events: number;
  /** Time in calls of the function, in seconds. */
  readonly seconds: number;
}

/** Calls the roll-up function on a connection of its own, as a replica does after its ticks. */
export class RollUpLoop {
  private wanted = false;
  private stopped = false;
  private events = 0;
  private seconds = 0;
  private working: Promise<void> = Promise.resolve();

  private constructor(private readonly session: Session) {}

  static async open(database: BenchDatabase): Promise<RollUpLoop> {
    return new RollUpLoop(await Session.open(database.config(), 'bench roll-up'));
  }

  /** Works whenever {@link notify} was called, until {@link finish}. */
  start(): void {
    this.working = this.work();
    // Reported by finish(); until then it must not end the process.
    this.working.catch(() => undefined);
  }

  notify(): void {
    this.wanted = true;
  }

  /** Waits for the call under way and leaves the rest. @returns what was done since the start */
  async finish(): Promise<RollUpWork> {
    this.stopped = true;
    await this.working;
    return { events: this.events, seconds: this.seconds };
  }

  /** Rolls up everything that is pending, now. */
  async drain(): Promise<RollUpWork> {
    while ((await this.call()) > 0);
    return { events: this.events, seconds: this.seconds };
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      if (!this.wanted) {
        await sleep(IDLE_MS);
        continue;
      }
      this.wanted = false;
      while ((await this.call()) > 0 && !this.stopped);
    }
  }

  /** @returns ledger rows that are still pending */
  private async call(): Promise<number> {
    const start = performance.now();
    const { rows } = await this.session.query<{ events: number; pending: number }>(
      'select events::float8, pending::float8 from analytics.roll_up()',
    );
    this.seconds += (performance.now() - start) / 1000;
    this.events += rows[0].events;
    return rows[0].pending;
  }
}
