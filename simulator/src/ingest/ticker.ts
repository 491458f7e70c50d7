import type { Clock, MachineTime } from '../clock';
import type { SimulatorConfig } from '../config';
import { requireCompatible } from '../database/compatible';
import type { Session } from '../database/session';
import { databaseTime } from '../database/time';
import { EVENT_TYPES } from '../events/columns';
import { CopyEncoder } from '../events/copy-encoder';
import type { Logger } from '../logger';
import { configHash, type StreamVersion } from '../model/config';
import { DAY_MS } from '../model/day';
import { Stream } from '../model/stream';
import { AcknowledgedWatermarks } from './acknowledged';
import { type BatchResult, runBatch } from './batch';
import { BatchWindow } from './batch-window';
import { ClockWatch } from './clock-watch';
import { correctSchoolDays, storeDimensions, storeSchoolDays } from './dimensions';
import { EventSource } from './event-source';
import { readExclusions } from './exclusions';
import { Leases, type ShardState } from './leases';
import { saidUnfinished, unfinishedBackfill } from './ledger';
import type { IngestMetrics } from './metrics';
import { Partitions } from './partitions';
import { prepareSchedules } from './prepare-schedules';
import { guardStream, readVersions, streamOrigin } from './stream-versions';
import { takeOver } from './takeover';

/** The work of one replica, tick by tick; holds nothing that could not be read again from the database. */
export class Ticker {
  private readonly leases: Leases;
  private readonly window: BatchWindow;
  private readonly encoder: CopyEncoder;
  private readonly acknowledged = new AcknowledgedWatermarks();
  private readonly clockWatch: ClockWatch;
  private source: EventSource | undefined;
  private waits: string | undefined;
  private schoolDaysUntil = -Infinity;
  private partitions: Partitions;

  constructor(
    private readonly config: SimulatorConfig,
    replica: string,
    private readonly clock: Clock,
    machine: MachineTime,
    private readonly metrics: IngestMetrics,
    private readonly log: Logger,
  ) {
    this.leases = new Leases(replica, config.ingest.leaseMs);
    this.encoder = new CopyEncoder(config.ingest.copyChunkBytes);
    this.window = new BatchWindow(config.ingest.maxRows);
    this.partitions = new Partitions(log);
    this.clockWatch = new ClockWatch(machine, metrics, log);
  }

  /** Shards held. */
  get shards(): number {
    return this.leases.held.length;
  }

  /** Why the replica takes no shards although some are free; undefined when it does. */
  get waitingFor(): string | undefined {
    return this.waits;
  }

  /**
   * Checks and fills what a new session needs. It may lead to a database that was made anew, so what was known to stand in the one
   * before is forgotten.
   * @throws IncompatibleDatabase, StreamRefused
   */
  async prepare(session: Session): Promise<void> {
    await requireCompatible(session);
    const versions = await guardStream(session, this.config.stream, this.clock.now(await databaseTime(session)));
    this.schoolDaysUntil = -Infinity;
    this.partitions = new Partitions(this.log);
    if (this.source === undefined || !sameVersions(this.source.stream.versions, versions))
      await this.useVersions(session, versions);
    else await storeDimensions(session, this.source.stream);
  }

  /**
   * One tick: sign of life, leases, and as many batches as fit into the tick's time.
   * @returns whether there is still something to receive
   */
  async tick(session: Session, signal: AbortSignal): Promise<boolean> {
    const until = performance.now() + this.config.ingest.tickMs;
    const { share, databaseNow } = await this.clockWatch.compare(() => this.leases.announce(session));
    const shards = await this.leases.shards(session);
    this.observe(shards);
    await this.reloadVersions(session);
    await this.takeShare(session, share, shards);
    const now = this.clock.now(databaseNow);
    if (now > (this.schoolDaysUntil - 7) * DAY_MS)
      this.schoolDaysUntil = await storeSchoolDays(session, this.source!.stream, now);
    await this.ensurePartitions(session, shards, now);
    const exclusions = await readExclusions(session);
    const { leases, window, encoder, acknowledged } = this;
    const context = { leases, window, encoder, acknowledged, source: this.source!, exclusions };
    let watermarks = new Map(shards.map(({ shard, watermark }) => [shard, watermark]));
    for (;;) {
      await prepareSchedules(session, { ...context, leaseMs: this.config.ingest.leaseMs, watermarks, now, signal });
      const result = await runBatch(session, context, now);
      this.count(result, watermarks, now);
      const caughtUp = result.watermark === undefined || result.watermark >= now;
      if (caughtUp || signal.aborted || performance.now() >= until) return !caughtUp;
      watermarks = new Map(this.leases.held.map((shard) => [shard, result.watermark!]));
    }
  }

  /** Gives everything back. @returns shards that another session kept from that */
  leave(session: Session): Promise<number[]> {
    return this.leases.leave(session);
  }

  private observe(shards: readonly ShardState[]): void {
    this.metrics.watermark.set(Math.min(...shards.map(({ watermark }) => watermark)) / 1000);
    for (const { shard, watermark } of shards) {
      const lost = this.acknowledged.lost(shard, watermark);
      if (lost === 0) continue;
      this.metrics.acknowledgedLost.inc(lost / 1000);
      this.log.error({ shard, watermark, lostMs: lost }, 'the database lost events whose commit it had acknowledged');
    }
  }

  /** Takes what is missing to its share of what is free, gives back what is above it. */
  private async takeShare(session: Session, share: number, shards: readonly ShardState[]): Promise<void> {
    const held = this.leases.held;
    if (held.length > share) await this.leases.release(session, held.slice(share));
    const wanted = Math.min(share - held.length, shards.filter(({ free }) => free).length);
    if (wanted <= 0) this.waits = undefined;
    else if (!(await this.mustWait(session))) {
      const { database, ingest } = this.config;
      const options = { database, patienceMs: ingest.lockPatienceMs, log: this.log };
      const taken = await takeOver(this.leases, session, wanted, options);
      this.log.info({ taken: taken.length, held: this.shards, share }, 'took shards');
    }
    this.source!.keep(this.leases.held);
  }

  /** Free shards of a backfill that was interrupted are left to the next one: what it has committed cannot be received again. */
  private async mustWait(session: Session): Promise<boolean> {
    const target = await unfinishedBackfill(session);
    const waits = target === undefined ? undefined : saidUnfinished(target);
    if (waits !== undefined && waits !== this.waits) this.log.warn(`takes no shards: ${waits}`);
    this.waits = waits;
    return waits !== undefined;
  }

  /** Another process may have announced a version; it is for a day that has not begun, so no event that was made changes. */
  private async reloadVersions(session: Session): Promise<void> {
    const { rows } = await session.query<{ count: number }>(
      'select count(*)::int as count from ingest.stream_versions',
    );
    if (rows[0].count !== this.source!.stream.versions.length)
      await this.useVersions(session, await readVersions(session));
  }

  private async useVersions(session: Session, versions: readonly StreamVersion[]): Promise<void> {
    const stream = new Stream(versions);
    await storeDimensions(session, stream);
    // A replica that had not read the version yet may have written days as they were before it.
    if (versions.length > 1) await correctSchoolDays(session, stream);
    this.source = new EventSource(stream, streamOrigin(stream.firstDay));
  }

  private ensurePartitions(session: Session, shards: readonly ShardState[], now: number): Promise<void> {
    const { stream, origin } = this.source!;
    const watermark = Math.min(...shards.map(({ watermark }) => watermark));
    return this.partitions.ensure(session, Math.max(watermark, origin), now, stream.firstDay - 1);
  }

  /** @param before watermarks of the shards held, as they were before the batch */
  private count({ lost, stored, watermark }: BatchResult, before: ReadonlyMap<number, number>, now: number): void {
    const { metrics } = this;
    if (lost.length > 0) {
      metrics.leasesLost.inc(lost.length);
      this.log.warn({ shards: lost }, 'leases lost');
    }
    metrics.batches.inc({ result: 'committed' });
    metrics.shardsHeld.set(this.shards);
    const { held } = this.leases;
    // Without shards there is no backlog that could be told. The rows of those that are held may be locked by another session.
    if (held.length === 0) metrics.backlog.remove();
    else metrics.backlog.set((now - (watermark ?? Math.min(...held.map((shard) => before.get(shard)!)))) / 1000);
    // Renewed leases alone are no sign that events are stored.
    if (stored === undefined) return;
    metrics.lastCommit.set(this.clockWatch.corrected() / 1000);
    stored.types.forEach((events, type) => metrics.events.inc({ type: EVENT_TYPES[type] }, events));
    if (stored.rejected > 0) metrics.rejected.inc({ reason: 'partition dropped' }, stored.rejected);
  }
}

/** Whether both make the same stream: the schedules that were made for one are good for the other. */
function sameVersions(a: readonly StreamVersion[], b: readonly StreamVersion[]): boolean {
  const names = (versions: readonly StreamVersion[]): string =>
    versions.map((v) => [v.validFromDay, v.modelVersion, v.seed, configHash(v.config)].join(' ')).join('\n');
  return names(a) === names(b);
}
