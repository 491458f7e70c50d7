import type { NamedSettings } from '../config';
import type { Session } from '../database/session';
import { configHash, MODEL_VERSION, type StreamConfig, type StreamVersion } from '../model/config';
import { DAY_MS, formatDay, HOUR_MS, MINUTE_MS, type Day } from '../model/day';
import type { Scenario } from '../model/scenario';
import { checkTargets } from '../model/scenario-targets';
import { Stream } from '../model/stream';
import { correctSchoolDays } from './dimensions';
import { StreamRefused } from './errors';
import { changedSettings, earliestStart, insertVersion, locked, readVersions, refusing } from './stream-versions';

/** A new version must stand there this long before its first day begins, so that every replica has read it whatever its clock says. */
const ANNOUNCEMENT_LEAD_MS = 10 * MINUTE_MS;

/** What a new version is to change; whatever it does not name stays as in the last one. */
export interface StreamChange extends NamedSettings {
  /** Added to those that are named, or to those of the last version where none are. */
  readonly scenarios?: readonly Scenario[];
}

/** A version that was announced. */
export interface Announced {
  readonly settings: StreamConfig;
  /** In words, one for each setting. */
  readonly changes: readonly string[];
}

/**
 * Puts changed settings into force from a day on that has not begun anywhere.
 * @throws StreamRefused if the day has begun, is taken, nothing would change, the settings cannot follow those before them, or a scenario
 * names a lesson or classroom that does not exist
 */
export async function announceVersion(
  session: Session,
  change: StreamChange,
  from: Day,
  now: number,
): Promise<Announced> {
  return locked(session, async () => {
    const versions = await readVersions(session);
    if (versions.length === 0) throw new StreamRefused('there is no stream yet: the first run or backfill begins it');
    await requireNotBegun(session, from, now);
    const last = versions[versions.length - 1];
    const version = {
      validFromDay: from,
      modelVersion: MODEL_VERSION,
      seed: change.seed ?? last.seed,
      config: changed(last.config, change),
    };
    requireChange(last, version);
    const stream = refusing(() => {
      checkTargets([...versions, version]);
      return new Stream([...versions, version]);
    });
    await insertVersion(session, version);
    await correctSchoolDays(session, stream);
    const changes = changedSettings(last.config, version.config).map(
      ({ name, before, after }) => `${name} is ${before}, from ${formatDay(from)} on ${after}`,
    );
    return { settings: version.config, changes };
  });
}

async function requireNotBegun(session: Session, from: Day, now: number): Promise<void> {
  const { rows } = await session.query<{ ahead: number }>(
    'select max(extract(epoch from watermark) * 1000)::float8 as ahead from ingest.shards',
  );
  const earliest = Math.max(now, rows[0].ahead) + ANNOUNCEMENT_LEAD_MS;
  if (earliestStart(from) >= earliest) return;
  const allowed = Math.ceil((earliest + 10 * HOUR_MS) / DAY_MS);
  throw new StreamRefused(
    `${formatDay(from)} has begun or is about to, a new version may begin on ${formatDay(allowed)} or later`,
  );
}

function changed(last: StreamConfig, { config, scenarios = [] }: StreamChange): StreamConfig {
  const next = { ...last, ...config };
  const known = new Set(next.scenarios.map((scenario) => JSON.stringify(scenario)));
  return {
    ...next,
    scenarios: [...next.scenarios, ...scenarios.filter((scenario) => !known.has(JSON.stringify(scenario)))],
  };
}

/** A version that changes nothing would use up its day: the change that was meant could no longer be announced for it. */
function requireChange(last: StreamVersion, next: StreamVersion): void {
  if (last.seed !== next.seed || configHash(last.config) !== configHash(next.config)) return;
  const settings = Object.entries(last.config).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  throw new StreamRefused(
    `nothing would change: the stream has ${settings.join(', ')} from ${formatDay(last.validFromDay)} on; name what is to change in STREAM_STUDENTS, STREAM_CONFIG or --scenario`,
  );
}
