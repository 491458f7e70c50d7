import type { SimulatorConfig } from '../config';
import { requireCompatible } from '../database/compatible';
import { Session } from '../database/session';
import { databaseTime } from '../database/time';
import { CopyEncoder } from '../events/copy-encoder';
import { createLogger, type Logger } from '../logger';
import { Stream } from '../model/stream';
import { loadHistory, type HistoryProgress } from './history';
import { storeDimensions, storeSchoolDays } from './dimensions';
import { readExclusions } from './exclusions';
import { LeaseKeeper } from './lease-keeper';
import { Leases, STAY_LOCKED } from './leases';
import { unfinishedBackfill } from './ledger';
import { levelWatermarks } from './level-watermarks';
import { IngestMetrics } from './metrics';
import { clockOf, processName } from './replica';
import { RollUpWorker } from './roll-up';
import { guardStream } from './stream-versions';
import { takeAllShards, untilNobodyHolds } from './take-all-shards';

export interface BackfillOptions {
  /** Everything received up to this instant is loaded, ms since 1970-01-01Z. @default the target of an interrupted backfill, else `now` */
  readonly to?: number;
  /** Stream time. @default as configured */
  readonly now?: number;
  /** Where a stream that does not exist yet begins: days before the UTC day of `to`. @default the configuration's history days */
  readonly days?: number;
  readonly onProgress?: (progress: HistoryProgress) => void;
  /** Ends the backfill at its next step; the next call goes on where it stopped. */
  readonly signal?: AbortSignal;
  readonly log?: Logger;
}

export interface BackfillResult {
  readonly events: number;
  /** UTC days that were loaded. */
  readonly days: number;
  readonly seconds: number;
  /** Watermark before, ms since 1970-01-01Z. */
  readonly from: number;
  /** Watermark after. */
  readonly to: number;
}

/**
 * Loads everything that the stream has received up to `to` and that the database does not hold, with all shards in its hands:
 * days without rows by the bulk path. A backfill that was interrupted is finished first, up to its own target.
 * @throws ShardsHeld while live replicas hold shards
 */
export async function backfill(config: SimulatorConfig, options: BackfillOptions): Promise<BackfillResult> {
  const started = performance.now();
  const replica = processName(`${config.ingest.replica}-backfill`);
  const log = (options.log ?? createLogger(config.logLevel)).child({ replica });
  const applicationName = `edtech-simulator ${replica}`.slice(0, 63);
  const session = await Session.open(config.database, applicationName);
  const leases = new Leases(replica, config.ingest.leaseMs, 'backfill');
  let keeper: LeaseKeeper | undefined;
  const rollUp = config.ingest.rollUp
    ? new RollUpWorker(config.database, applicationName, new IngestMetrics(), log)
    : undefined;
  let second: Session | undefined;
  try {
    await requireCompatible(session);
    second = await Session.open(config.database, applicationName);
    const settings = { ...config.stream, historyDays: options.days ?? config.stream.historyDays };
    const now = options.now ?? clockOf(config).now(await databaseTime(session));
    const stream = new Stream(await guardStream(session, settings, options.to ?? now));
    await storeDimensions(session, stream);
    await storeSchoolDays(session, stream, options.to ?? now);
    await untilNobodyHolds(session, leases, config.ingest);
    keeper = new LeaseKeeper(config.database, leases, config.ingest.leaseMs, log);
    await takeAllShards(session, leases, config, log);
    const common = {
      session,
      leases,
      stream,
      encoder: new CopyEncoder(config.ingest.copyChunkBytes),
      exclusions: await readExclusions(session),
      signal: options.signal,
    };
    const from = await levelWatermarks({ ...common, ...config.ingest });
    const result = { events: 0, days: 0, from, to: from };
    const unfinished = await unfinishedBackfill(session);
    const targets = [...(unfinished === undefined ? [] : [unfinished]), options.to ?? unfinished ?? now];
    for (const target of targets) {
      if (target <= result.to) continue;
      const onDay = (): void => rollUp?.notify();
      const { onProgress } = options;
      const loaded = await loadHistory({ ...common, second, from: result.to, to: target, onDay, onProgress });
      result.events += loaded.events;
      result.days += loaded.days;
      result.to = target;
    }
    rollUp?.notify();
    await rollUp?.finish();
    const seconds = (performance.now() - started) / 1000;
    log.info({ ...result, seconds }, 'backfill done');
    return { ...result, seconds };
  } finally {
    // Before the shards are given back: a sign of life under way would put the process on the list of the living again.
    await keeper?.stop();
    await rollUp?.stop();
    await leave(leases, session, log);
    await Promise.all([session.close(), second?.close()]);
  }
}

/** Gives the shards back, also after an error; where that fails they are free when their leases end. */
async function leave(leases: Leases, session: Session, log: Logger): Promise<void> {
  if (!session.usable) return;
  try {
    const left = await leases.leave(session);
    if (left.length > 0) log.warn({ shards: left }, STAY_LOCKED);
  } catch (err) {
    log.warn({ err }, 'shards could not be given back, they are free when their leases end');
  }
}
