import { dateText, timestamp, type Session } from '../database/session';
import {
  checkVersions,
  configHash,
  MODEL_VERSION,
  parseStreamConfig,
  StreamConfigError,
  type StreamVersion,
} from '../model/config';
import { DAY_MS, formatDay, HOUR_MS, MINUTE_MS, parseDay, type Day } from '../model/day';
import { checkTargets } from '../model/scenario-targets';
import { Stream } from '../model/stream';
import type { StreamSettings } from '../config';
import { correctSchoolDays } from './dimensions';
import { StreamRefused } from './errors';

/** A new version must stand there this long before its first day begins, so that every replica has read it whatever its clock says. */
const ANNOUNCEMENT_LEAD_MS = 10 * MINUTE_MS;

/** No event of a stream occurs or is received before: it is earlier than 04:00 of the first day in any time zone. */
export const streamOrigin = (firstDay: Day): number => firstDay * DAY_MS - DAY_MS;

/** A stream day begins at 04:00 local, and nowhere before UTC+14. */
const earliestStart = (day: Day): number => day * DAY_MS - 10 * HOUR_MS;

/** Versions in the database, ascending; empty before the stream begins. @throws StreamRefused for one that this program cannot make */
export async function readVersions(session: Session): Promise<StreamVersion[]> {
  const { rows } = await session.query<{
    day: string;
    model_version: string;
    seed: string;
    config: unknown;
    config_hash: string;
  }>(
    'select valid_from_day::text as day, model_version, seed::text, config, config_hash from ingest.stream_versions order by 1',
  );
  const unknown = rows.filter((row) => row.model_version !== MODEL_VERSION);
  if (unknown.length > 0)
    throw new StreamRefused(
      unknown
        .map(
          ({ day, model_version: found }) =>
            `the stream has model version "${found}" from ${day} on, this program has "${MODEL_VERSION}"`,
        )
        .join('; '),
    );
  return refusing(() => {
    const versions = rows.map((row) => {
      const version = {
        validFromDay: parseDay(row.day),
        modelVersion: row.model_version,
        seed: Number(row.seed),
        config: parseStreamConfig(row.config),
      };
      if (configHash(version.config) !== row.config_hash)
        throw new StreamRefused(`the stream's settings from ${row.day} on were edited: they do not fit their hash`);
      return version;
    });
    if (versions.length > 0) checkVersions(versions);
    return versions;
  });
}

/**
 * Begins the stream if there is none, and otherwise refuses settings that are neither in force nor announced. A stream that exists keeps
 * the scenarios that it was given, a new one is refused those that name a lesson or classroom that does not exist.
 * @param now stream time; a new stream begins `settings.historyDays` before its UTC day
 * @returns the versions, ascending
 */
export async function guardStream(session: Session, settings: StreamSettings, now: number): Promise<StreamVersion[]> {
  return locked(session, async () => {
    const versions = await readVersions(session);
    if (versions.length > 0) {
      requireKnown(versions, settings, now);
      return versions;
    }
    const first: StreamVersion = {
      validFromDay: Math.floor(now / DAY_MS) - settings.historyDays,
      modelVersion: MODEL_VERSION,
      seed: settings.seed,
      config: settings.config,
    };
    refusing(() => {
      checkVersions([first]);
      checkTargets([first]);
    });
    await insertVersion(session, first);
    await session.query('update ingest.shards set watermark = $1 where watermark is null', [
      timestamp(streamOrigin(first.validFromDay)),
    ]);
    return [first];
  });
}

/**
 * Puts the configured settings into force from a day on that has not begun anywhere.
 * @throws StreamRefused if the day has begun, is taken, the settings cannot follow those before them, or a scenario names a lesson or
 * classroom that does not exist
 */
export async function announceVersion(
  session: Session,
  settings: StreamSettings,
  from: Day,
  now: number,
): Promise<void> {
  await locked(session, async () => {
    const versions = await readVersions(session);
    if (versions.length === 0) throw new StreamRefused('there is no stream yet: the first run or backfill begins it');
    const { rows } = await session.query<{ ahead: number }>(
      'select max(extract(epoch from watermark) * 1000)::float8 as ahead from ingest.shards',
    );
    const earliest = Math.max(now, rows[0].ahead) + ANNOUNCEMENT_LEAD_MS;
    if (earliestStart(from) < earliest) {
      const allowed = Math.ceil((earliest + 10 * HOUR_MS) / DAY_MS);
      throw new StreamRefused(
        `${formatDay(from)} has begun or is about to, a new version may begin on ${formatDay(allowed)} or later`,
      );
    }
    const version = { validFromDay: from, modelVersion: MODEL_VERSION, seed: settings.seed, config: settings.config };
    const stream = refusing(() => {
      checkTargets([...versions, version]);
      return new Stream([...versions, version]);
    });
    await insertVersion(session, version);
    await correctSchoolDays(session, stream);
  });
}

function requireKnown(versions: readonly StreamVersion[], settings: StreamSettings, now: number): void {
  const { seed } = versions[0];
  if (seed !== settings.seed) throw new StreamRefused(`the stream has seed ${seed}, configured is ${settings.seed}`);
  // A day begins later in the west: until it has begun everywhere both its version and the one before are in force.
  const inForce = versions.filter((_, index) => {
    const next = versions[index + 1];
    return next === undefined || earliestStart(next.validFromDay) + 26 * HOUR_MS > now;
  });
  const wanted = configHash(settings.config);
  if (inForce.some(({ config }) => configHash(config) === wanted)) return;
  const current: Record<string, unknown> = { ...inForce[0].config };
  const configured: Record<string, unknown> = { ...settings.config };
  const changes = [...new Set([...Object.keys(current), ...Object.keys(configured)])]
    .filter((name) => JSON.stringify(current[name]) !== JSON.stringify(configured[name]))
    .map(
      (name) =>
        `${name} is ${JSON.stringify(current[name])} in force and ${JSON.stringify(configured[name])} configured`,
    );
  throw new StreamRefused(`the stream's settings were changed without being announced: ${changes.join(', ')}`);
}

async function insertVersion(
  session: Session,
  { validFromDay, modelVersion, seed, config }: StreamVersion,
): Promise<void> {
  await session.query(
    'insert into ingest.stream_versions (valid_from_day, model_version, seed, config, config_hash) values ($1, $2, $3, $4, $5)',
    [dateText(validFromDay), modelVersion, seed, JSON.stringify(config), configHash(config)],
  );
}

/** Several programs may begin or change the stream at the same time. */
function locked<T>(session: Session, work: () => Promise<T>): Promise<T> {
  return session.transaction(async () => {
    await session.query(`select pg_advisory_xact_lock(hashtext('ingest.stream_versions'))`);
    return work();
  });
}

function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof StreamConfigError) throw new StreamRefused(error.message);
    throw error;
  }
}
