import { dateText, timestamp, type Session } from '../database/session';
import {
  checkVersions,
  configHash,
  MODEL_VERSION,
  parseStreamConfig,
  type StreamConfig,
  StreamConfigError,
  type StreamVersion,
} from '../model/config';
import { DAY_MS, HOUR_MS, parseDay, type Day } from '../model/day';
import { checkTargets } from '../model/scenario-targets';
import type { StreamSettings } from '../config';
import { StreamRefused } from './errors';

/** No event of a stream occurs or is received before: it is earlier than 04:00 of the first day in any time zone. */
export const streamOrigin = (firstDay: Day): number => firstDay * DAY_MS - DAY_MS;

/** A stream day begins at 04:00 local, and nowhere before UTC+14. */
export const earliestStart = (day: Day): number => day * DAY_MS - 10 * HOUR_MS;

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
  const changes = changedSettings(inForce[0].config, settings.config).map(
    ({ name, before, after }) => `${name} is ${before} in force and ${after} configured`,
  );
  throw new StreamRefused(`the stream's settings were changed without being announced: ${changes.join(', ')}`);
}

/** Settings with other values, as JSON. */
export function changedSettings(
  before: StreamConfig,
  after: StreamConfig,
): { readonly name: string; readonly before: string; readonly after: string }[] {
  return (Object.keys({ ...before, ...after }) as (keyof StreamConfig)[])
    .map((name) => ({ name, before: JSON.stringify(before[name]), after: JSON.stringify(after[name]) }))
    .filter(({ before, after }) => before !== after);
}

/** Writes a version; its day must have none. */
export async function insertVersion(
  session: Session,
  { validFromDay, modelVersion, seed, config }: StreamVersion,
): Promise<void> {
  await session.query(
    'insert into ingest.stream_versions (valid_from_day, model_version, seed, config, config_hash) values ($1, $2, $3, $4, $5)',
    [dateText(validFromDay), modelVersion, seed, JSON.stringify(config), configHash(config)],
  );
}

/** Several programs may begin or change the stream at the same time. */
export function locked<T>(session: Session, work: () => Promise<T>): Promise<T> {
  return session.transaction(async () => {
    await session.query(`select pg_advisory_xact_lock(hashtext('ingest.stream_versions'))`);
    return work();
  });
}

/** Settings that cannot be used are those of a stream that cannot be. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof StreamConfigError) throw new StreamRefused(error.message);
    throw error;
  }
}
