import type { SimulatorConfig } from '../config';
import { requireCompatible } from '../database/compatible';
import { Session } from '../database/session';
import { databaseTime } from '../database/time';
import { announceVersion } from '../ingest/announce-version';
import { clockOf } from '../ingest/replica';
import { createLogger } from '../logger';
import { formatDay, type Day } from '../model/day';
import type { Scenario } from '../model/scenario';

export interface AnnounceFlags {
  readonly from: Day;
  readonly scenarios: readonly Scenario[];
}

/**
 * Puts the settings that the environment names into force from a day on that has not begun, and says what changes; live replicas take
 * them up by themselves.
 */
export async function runAnnounce(config: SimulatorConfig, { from, scenarios }: AnnounceFlags): Promise<void> {
  const session = await Session.open(config.database, 'edtech-simulator announce');
  try {
    await requireCompatible(session);
    const change = { ...config.stream.named, scenarios };
    const announced = await announceVersion(session, change, from, clockOf(config).now(await databaseTime(session)));
    createLogger(config.logLevel).info({ from: formatDay(from), ...announced }, 'stream version announced');
  } finally {
    await session.close();
  }
}
