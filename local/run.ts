import { Pool } from 'pg';
import { SHARDS } from '../simulator/src/events/event-id';
import { pause } from '../simulator/src/ingest/schedule';
import { Replicas, runScript } from './children';
import { openDatabase, type LocalDatabase } from './database';
import { finishErasures } from './erasures';
import type { HeldBackDay } from './held-back';
import type { Home } from './home';
import { InterruptedError } from './interrupted';
import { describeFigures, liveFigures } from './live';
import type { LocalOptions } from './options';
import { startPage, type RunningPage } from './page/server';
import { databaseUrl } from './postgres/bootstrap';
import { answerKey, holds, verify } from './proof';
import { publishDueDays } from './publish';
import { scenariosOf } from './scenarios';
import { counts, publishedDays, replicaShares, type Summary } from './summary';
import type { Terminal } from './terminal';

const REFRESH_MS = 5000;
/** A replica takes its share within two ticks; a crashed run's leases run out in 15 s. */
const SHARING_MS = 120_000;
/** How often days that became due are published while the run lives. */
const PUBLISH_MS = 60_000;

/** One local run, from the server's start to its stop. */
export class LocalRun {
  private readonly startedAt = new Date();
  private pool!: Pool;
  private lastVerified = 'at the end of this run';
  private firstLiveSeconds: number | null = null;
  private failure: Error | undefined;

  constructor(
    private readonly home: Home,
    private readonly options: LocalOptions,
    private readonly terminal: Terminal,
    /** Aborted by Ctrl-C. */
    private readonly stop: AbortSignal,
    /** Aborted by a second one. */
    private readonly giveUp: AbortSignal,
  ) {}

  /** @throws InterruptedError if the run was ended before it had a summary, or its proof was */
  async run(): Promise<Summary> {
    const database = await openDatabase(this.home, this.stop);
    if (database.found === 'left running')
      this.terminal.line('found the database of a run that did not end cleanly: going on with it');
    if (database.migrated.length > 0) this.terminal.line(`migrated: ${database.migrated.length} migrations`);
    const url = databaseUrl(database.address, 'analytics');
    this.pool = new Pool({ connectionString: url, max: 4 });
    // An idle connection that breaks is replaced; a query on a broken one fails where it is made.
    this.pool.on('error', (error) => this.terminal.line(`database connection lost: ${error.message}`));
    try {
      return await this.live(database);
    } finally {
      await this.pool.end();
      await database.close();
    }
  }

  private async live({ address }: LocalDatabase): Promise<Summary> {
    const env = {
      DATABASE_URL: databaseUrl(address, 'simulator'),
      STREAM_SEED: String(this.options.seed),
      STREAM_STUDENTS: String(this.options.students),
      STREAM_HISTORY_DAYS: String(this.options.days),
      STREAM_CONFIG: JSON.stringify({ scenarios: await scenariosOf(this.pool, this.options.scenarios) }),
      HTTP_PORT: 'off',
      LOG_LEVEL: 'warn',
    };
    await this.history(env);
    if (this.stop.aborted) throw new InterruptedError();
    const replicas = new Replicas(
      this.options.replicas,
      env,
      (text) => this.terminal.line(text.trimEnd()),
      (error) => (this.failure ??= error),
    );
    let summary: Omit<Summary, 'verify' | 'answer_key' | 'seconds'>;
    let page: RunningPage | undefined;
    try {
      page = await startPage({
        databaseUrl: databaseUrl(address, 'educator'),
        adminUrl: databaseUrl(address, 'admin'),
        port: this.options.port,
        onError: (error) => this.terminal.line(`page: ${String(error)}`),
      });
      this.terminal.line(`page             ${page.url}`);
      this.terminal.line(`database         ${databaseUrl(address, 'educator')}`);
      await this.publish();
      await this.shared();
      await this.watch();
      // Those of an erasure after the last pass: what is not made again is not proven.
      this.tellHeldBack(await finishErasures(this.pool, () => undefined));
      summary = await this.summarize(databaseUrl(address, 'educator'));
    } finally {
      await page?.close();
      await replicas.stop();
    }
    if (this.failure) throw this.failure;
    const seconds = this.elapsed();
    const proof = await this.prove(env);
    return { ...summary, ...(await counts(this.pool)), seconds, ...proof };
  }

  private async prove(env: Readonly<Record<string, string>>): Promise<Pick<Summary, 'verify' | 'answer_key'>> {
    const advise = (): void => this.terminal.line('proving what is stored; Ctrl-C again ends without the proof');
    if (this.stop.aborted) advise();
    else this.stop.addEventListener('abort', advise, { once: true });
    try {
      const verified = await this.terminal.progress('verify', () => verify(env, this.giveUp));
      const answered = await this.terminal.progress('answer key', () => answerKey(env, this.giveUp));
      return { verify: verified, answer_key: answered };
    } catch (error) {
      throw this.giveUp.aborted ? new InterruptedError('ended without the proof; what is stored is kept') : error;
    } finally {
      this.stop.removeEventListener('abort', advise);
    }
  }

  private async history(env: Readonly<Record<string, string>>): Promise<void> {
    await this.terminal.progress('history', async (report) => {
      const loaded = runScript(['local/history.ts'], env, {
        stop: this.stop,
        onOutput: (line) => {
          const { share, events } = JSON.parse(line) as { share: number; events: number };
          report(Math.round(share * 100), 100, `% of days, ${events.toLocaleString('en')} events`);
        },
      });
      await loaded.catch((error: unknown) => {
        // It ended because it was told to.
        if (!this.stop.aborted) throw error;
      });
    });
  }

  private async publish(): Promise<void> {
    const heldBack = await this.terminal.progress('daily analytics', (report) =>
      publishDueDays(this.pool, report, { stop: this.stop }),
    );
    this.tellHeldBack(heldBack);
  }

  private tellHeldBack(days: readonly HeldBackDay[]): void {
    for (const { cohort, day, state, because } of days)
      this.terminal.line(`cohort ${cohort}, ${day}: ${state}, ${because}`);
  }

  /** Waits until each replica holds its share of the shards: live running begins there. */
  private async shared(): Promise<void> {
    const share = Math.floor(SHARDS / this.options.replicas);
    const deadline = Date.now() + SHARING_MS;
    for (;;) {
      const { rows } = await this.pool.query<{ holders: number }>(
        `select count(*)::int as holders from (
           select from ingest.shards where holder like 'replica-%' group by holder having count(*) >= $1) h`,
        [share],
      );
      if (rows[0].holders === this.options.replicas || this.stop.aborted || this.failure) return;
      if (Date.now() > deadline) throw new Error(`the replicas did not share the shards within ${SHARING_MS / 1000} s`);
      await pause(200, this.stop);
    }
  }

  /** Shows the live figures until the time is over or somebody stops the run. */
  private async watch(): Promise<void> {
    const end = this.options.forMs === undefined ? Infinity : Date.now() + this.options.forMs;
    let publishAt = Date.now() + PUBLISH_MS;
    for (;;) {
      const figures = await liveFigures(this.pool);
      if (this.firstLiveSeconds === null) await this.noteFirstLive();
      this.terminal.redraw(describeFigures(figures, this.lastVerified));
      if (Date.now() >= publishAt) {
        this.tellHeldBack(await publishDueDays(this.pool, () => undefined, { stop: this.stop }));
        publishAt = Date.now() + PUBLISH_MS;
      }
      const remaining = end - Date.now();
      if (remaining <= 0 || this.stop.aborted || this.failure) return;
      await pause(Math.min(REFRESH_MS, remaining), this.stop);
    }
  }

  /** When the first live tick was committed: the database knows, however long publishing took meanwhile. */
  private async noteFirstLive(): Promise<void> {
    const { rows } = await this.pool.query<{ at: Date | null }>(
      "select min(committed_at) as at from ingest.batches where replica like 'replica-%' and committed_at >= $1",
      [this.startedAt],
    );
    if (rows[0].at === null) return;
    this.firstLiveSeconds = (rows[0].at.getTime() - this.startedAt.getTime()) / 1000;
    this.terminal.line(`first live figures ${this.firstLiveSeconds.toFixed(1)} s after the start`);
  }

  private async summarize(database_url: string): Promise<Omit<Summary, 'verify' | 'answer_key' | 'seconds'>> {
    return {
      ...(await counts(this.pool)),
      first_live_seconds: this.firstLiveSeconds,
      replicas: await replicaShares(this.pool, this.startedAt),
      rollup_lag_seconds: (await liveFigures(this.pool)).rollupLagSeconds,
      database_url,
      days: await publishedDays(this.pool),
    };
  }

  private elapsed(): number {
    return (Date.now() - this.startedAt.getTime()) / 1000;
  }
}

/** Whether everything that the summary proves is right. */
export const proven = ({ verify, answer_key }: Pick<Summary, 'verify' | 'answer_key'>): boolean =>
  holds(verify) && answer_key.different === 0 && answer_key.notMadeAgain === 0 && answer_key.compared > 0;
