import { type DatabaseConfig, Session } from '../database/session';
import type { Logger } from '../logger';
import type { IngestMetrics } from './metrics';

/** A large backlog is rolled up in several calls, each of which may take this long. */
const ROLL_UP_TIMEOUT_MS = 120_000;

/**
 * Calls the roll-up function on a connection of its own, so that it never holds up the ingest. Failures are logged and tried
 * again after the next commit: the ledger remembers what is pending.
 */
export class RollUpWorker {
  private session: Session | undefined;
  private wanted = false;
  private working: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: DatabaseConfig,
    private readonly applicationName: string,
    private readonly metrics: IngestMetrics,
    private readonly log: Logger,
  ) {}

  /** Says that there are new ledger rows; returns at once. */
  notify(): void {
    this.wanted = true;
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Waits until nothing is pending, or a call has failed. */
  async finish(): Promise<void> {
    while (this.working) await this.working;
  }

  /** Waits for the call under way and closes the connection. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.session?.destroy();
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        await this.rollUpAll();
      } catch (err) {
        if (this.stopped) return;
        this.log.warn({ err }, 'roll-up failed, tried again after the next commit');
        this.session?.destroy();
      }
    }
  }

  private async rollUpAll(): Promise<void> {
    if (!this.session?.usable) this.session = await Session.open(this.database, this.applicationName);
    for (let more = true; more && !this.stopped;) {
      const end = this.metrics.rollUpSeconds.startTimer();
      const { rows } = await this.session.query<{ batches: number; pending: number }>(
        'select batches::float8, pending::float8 from analytics.roll_up()',
        [],
        ROLL_UP_TIMEOUT_MS,
      );
      end();
      // No batches although some are pending: another session is at work and will see ours.
      more = rows[0].pending > 0 && rows[0].batches > 0;
    }
    const { rows } = await this.session.query<{ age: number }>(
      `select coalesce(extract(epoch from clock_timestamp() - min(committed_at)), 0)::float8 as age
       from ingest.batches where rolled_up_at is null`,
    );
    this.metrics.rollUpPending.set(rows[0].age);
  }
}
