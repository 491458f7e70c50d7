import type { MachineTime } from '../clock';
import type { Logger } from '../logger';
import type { IngestMetrics } from './metrics';

/** A difference above it is logged. A machine whose clock is set by any time service is far below. */
const WARN_MS = 5000;

/**
 * By how much a machine's clock is surely ahead of the database's, in ms; negative: behind.
 * @param before the machine's time when the database was asked
 * @param database the database's time in the answer
 * @param after the machine's time when the answer was there
 */
export function clockDifference(before: number, database: number, after: number): number {
  return Math.max(0, before - database) + Math.min(0, after - database);
}

/** Compares the machine's clock with the database's, and says when they differ. */
export class ClockWatch {
  private aheadMs = 0;
  private differs = false;

  constructor(
    private readonly machine: MachineTime,
    private readonly metrics: IngestMetrics,
    private readonly log: Logger,
  ) {}

  /** Compares by what the database is asked anyway. @returns its answer */
  async compare<T extends { readonly databaseNow: number }>(ask: () => Promise<T>): Promise<T> {
    const before = this.machine();
    const answer = await ask();
    this.aheadMs = clockDifference(before, answer.databaseNow, this.machine());
    this.tell();
    return answer;
  }

  /** The machine's time without what it was ahead or behind when it was last compared: alerts on what it says compare it with others. */
  corrected(): number {
    return this.machine() - this.aheadMs;
  }

  private tell(): void {
    const aheadSeconds = this.aheadMs / 1000;
    this.metrics.clockDifference.set(aheadSeconds);
    const differs = Math.abs(this.aheadMs) > WARN_MS;
    if (differs === this.differs) return;
    this.differs = differs;
    if (differs) this.log.warn({ aheadSeconds }, "the machine's clock and the database's differ");
    else this.log.info({ aheadSeconds }, "the machine's clock and the database's agree again");
  }
}
