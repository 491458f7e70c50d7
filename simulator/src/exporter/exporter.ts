import { Gauge, Registry } from 'prom-client';
import type { DatabaseConfig } from '../database/session';
import { Session, sqlState } from '../database/session';
import { pause } from '../ingest/schedule';
import type { Logger } from '../logger';
import { DatabaseGauges } from './gauges';
import { GROUPS, samplesOf, type Group, type Reading } from './groups';

/** A query that takes longer costs the database too much to be worth its figure. */
const STATEMENT_TIMEOUT_MS = 3000;
/** SQLSTATEs with which the server ends a session. */
const ENDED = /^(08|57P)/;
/** While the database is away, or the schema of a new one not yet made, every look fails in the same way. */
const SAY_AGAIN_MS = 60_000;

export interface ExporterOptions {
  readonly log: Logger;
  /** @default all */
  readonly groups?: readonly Group[];
  /** Milliseconds between two looks at what is due. @default 1000 */
  readonly stepMs?: number;
}

/**
 * Reads the database on a schedule and keeps the answers for whoever scrapes: a scrape never waits for the database, and no
 * number of scrapers costs it anything. While a query fails its last figures stay, and their age is a figure itself.
 */
export class Exporter {
  readonly registry = new Registry();
  private readonly gauges = new DatabaseGauges(this.registry);
  private readonly lastSuccess = this.gauge(
    'edtech_exporter_last_success_timestamp_seconds',
    'When a query last succeeded',
  );
  private readonly duration = this.gauge(
    'edtech_exporter_query_duration_seconds',
    'Time of the last answer of a query',
  );
  private readonly up = this.gauge('edtech_exporter_query_up', 'Whether the last try of a query succeeded');
  private readonly stepMs: number;
  private readonly due: Map<Group, number>;
  private readonly answered = new Set<Group>();
  private session: Session | undefined;
  private readonly said = new Map<Group, { readonly text: string; readonly at: number }>();

  constructor(
    private readonly database: DatabaseConfig,
    private readonly options: ExporterOptions,
  ) {
    this.stepMs = options.stepMs ?? 1000;
    this.due = new Map((options.groups ?? GROUPS).map((group) => [group, 0]));
  }

  /** Whether every query has answered at least once; what waits is named. */
  get waitingFor(): string | undefined {
    const waiting = [...this.due.keys()].filter((group) => !this.answered.has(group)).map(({ name }) => name);
    return waiting.length > 0 ? `the first answer of ${waiting.join(', ')}` : undefined;
  }

  /** Reads until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.readDue();
      await pause(this.stepMs, signal);
    }
    await this.session?.close();
  }

  /** One look: every query that is due, one after the other. One that fails holds up none of the others, and has its turn again when it is due. */
  async readDue(): Promise<void> {
    for (const [group, at] of this.due) {
      if (performance.now() < at) continue;
      const started = performance.now();
      try {
        await this.read(group, started);
      } catch (err) {
        this.up.set({ query: group.name }, 0);
        this.report(group, err);
        if (!this.session?.usable || ENDED.test(sqlState(err) ?? '')) {
          // Without the database none of the others would fare better.
          this.session?.destroy();
          return;
        }
      }
      // Until it has answered once, the pod is not ready: the schema may come any moment.
      this.due.set(group, started + (this.answered.has(group) ? group.everySeconds * 1000 : this.stepMs));
    }
  }

  private async read(group: Group, started: number): Promise<void> {
    const label = { query: group.name };
    const session = await this.connected();
    const { rows } = await session.query<Reading>(group.sql);
    this.gauges.replace(samplesOf(group, rows));
    this.duration.set(label, (performance.now() - started) / 1000);
    this.lastSuccess.set(label, Date.now() / 1000);
    this.up.set(label, 1);
    this.answered.add(group);
    this.said.delete(group);
  }

  private report(group: Group, err: unknown): void {
    const text = String(err);
    const at = performance.now();
    const before = this.said.get(group);
    if (before?.text === text && at - before.at < SAY_AGAIN_MS) return;
    this.said.set(group, { text, at });
    this.options.log.warn({ err, query: group.name }, 'query failed, its last figures stay');
  }

  private async connected(): Promise<Session> {
    if (!this.session?.usable) {
      this.session = await Session.open(this.database, 'edtech-exporter', {
        statement_timeout: STATEMENT_TIMEOUT_MS,
        default_transaction_read_only: 'on',
      });
    }
    return this.session;
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, labelNames: ['query'], registers: [this.registry] });
  }
}
