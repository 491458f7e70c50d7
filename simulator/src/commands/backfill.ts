import { ConfigError, type SimulatorConfig } from '../config';
import { Session, timestamp } from '../database/session';
import { databaseTime } from '../database/time';
import { backfill } from '../ingest/backfill';
import type { HistoryProgress } from '../ingest/history';
import { clockOf } from '../ingest/replica';
import { ShardsHeld } from '../ingest/take-all-shards';
import { createLogger } from '../logger';
import { terminalProgress } from '../proof/progress';

export interface BackfillFlags {
  /** ms since 1970-01-01Z, not in the future. @default the target of an interrupted backfill, else now */
  readonly to?: number;
  readonly days?: number;
}

/**
 * Loads history, with a progress bar on a terminal. Without a target it only sees to it that history is there: where live
 * replicas hold shards they receive it by themselves, and there is nothing to do. Not so while history stands unfinished: they cannot.
 * @throws ConfigError for a target in the future: no watermark moves back, so live replicas would receive nothing until then
 */
export async function runBackfill(config: SimulatorConfig, flags: BackfillFlags, signal: AbortSignal): Promise<void> {
  if (flags.to !== undefined) await requirePast(config, flags.to);
  const log = createLogger(config.logLevel);
  const showProgress = terminalProgress(process.stderr);
  const onProgress = ({ share, events, eventsPerSecond }: HistoryProgress): void => {
    const phase = `${events.toLocaleString('en')} events, ${Math.round(eventsPerSecond).toLocaleString('en')}/s`;
    showProgress({ phase, done: Math.round(share * 1000), total: 1000 });
  };
  try {
    await backfill(config, { ...flags, signal, log, onProgress });
  } catch (error) {
    if (!(error instanceof ShardsHeld) || flags.to !== undefined || error.unfinished !== undefined) throw error;
    log.info({ reason: error.message }, 'no backfill, live replicas receive everything');
  }
}

async function requirePast(config: SimulatorConfig, to: number): Promise<void> {
  const session = await Session.open(config.database, 'edtech-simulator backfill');
  try {
    const now = clockOf(config).now(await databaseTime(session));
    if (to > now)
      throw new ConfigError([`--to: ${timestamp(to)} is in the future, allowed is up to now, ${timestamp(now)}`]);
  } finally {
    await session.close();
  }
}
