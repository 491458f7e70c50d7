import type { SimulatorConfig } from '../config';
import { requireCompatible } from '../database/compatible';
import { Session } from '../database/session';
import { clockOf } from '../ingest/replica';
import { announceVersion } from '../ingest/stream-versions';
import { createLogger } from '../logger';
import { formatDay, type Day } from '../model/day';

/** Puts the configured stream settings into force from a day on that has not begun; live replicas take them up by themselves. */
export async function runAnnounce(config: SimulatorConfig, from: Day): Promise<void> {
  const session = await Session.open(config.database, 'edtech-simulator announce');
  try {
    await requireCompatible(session);
    await announceVersion(session, config.stream, from, clockOf(config).now());
  } finally {
    await session.close();
  }
  createLogger(config.logLevel).info(
    { from: formatDay(from), settings: config.stream.config },
    'stream version announced',
  );
}
