import { readConfig, type SimulatorConfig } from '../../../simulator/src/config';
import type { ManualClock, MachineTime } from '../../../simulator/src/clock';
import { IngestMetrics } from '../../../simulator/src/ingest/metrics';
import { type ReplicaState, runReplica } from '../../../simulator/src/ingest/replica';
import { createLogger, type Logger } from '../../../simulator/src/logger';
import type { TestDatabase } from '../../support/database';
import { soon } from '../../support/eventually';

/** A Monday of a term week; all four zones have begun it at 20:00Z. */
export const START = Date.parse('2026-02-02T20:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Configuration of a small stream with short ticks. */
export function testConfig(url: string, variables: Record<string, string> = {}): SimulatorConfig {
  return readConfig({
    DATABASE_URL: url,
    STREAM_STUDENTS: '300',
    STREAM_SEED: '7',
    INGEST_TICK_MS: '100',
    INGEST_LEASE_MS: '1500',
    INGEST_LOCK_PATIENCE_MS: '300',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    HTTP_PORT: 'off',
    ...variables,
  });
}

/** A replica in this process. */
export interface RunningReplica {
  readonly metrics: IngestMetrics;
  /** Shards held after the last tick. */
  shards(): number;
  /** What `/readyz` says that it waits for. */
  waitingFor(): string | undefined;
  /** Stops it as SIGTERM does; rejects with what made it end before. */
  stop(): Promise<void>;
}

/** @param time stream time, or that of a machine whose time the stream has */
export function startReplica(
  config: SimulatorConfig,
  time: ManualClock | { readonly machine: MachineTime },
  name: string,
  log: Logger = createLogger(config.logLevel),
): RunningReplica {
  const abort = new AbortController();
  const metrics = new IngestMetrics();
  let now: ReplicaState = { shards: 0 };
  const ended = runReplica({ ...config, ingest: { ...config.ingest, replica: name } }, abort.signal, {
    ...('machine' in time ? time : { clock: time }),
    metrics,
    log,
    onState: (state) => (now = state),
  });
  // Reported by stop(); a test that fails earlier must not see it as unhandled.
  ended.catch(() => undefined);
  return {
    metrics,
    shards: () => now.shards,
    waitingFor: () => now.waitingFor,
    stop: () => {
      abort.abort();
      return ended;
    },
  };
}

/** Waits until every shard's watermark has reached `instant`. */
export async function allReceived(database: TestDatabase, instant: number): Promise<void> {
  const client = await database.connect('simulator');
  await soon(`all watermarks at ${new Date(instant).toISOString()}`, async () => {
    const { rows } = await client.query<{ behind: number }>(
      'select count(*)::int as behind from ingest.shards where watermark is null or watermark < $1',
      [new Date(instant).toISOString()],
    );
    return rows[0].behind === 0;
  });
}
