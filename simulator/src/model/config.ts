import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatDay, type Day } from './day';
import { PRESET_NAMES } from './event-mix';
import { scenarioSchema } from './scenario';

/**
 * Version of the model's code. Whoever changes what the model makes of a seed gives it a new version: a stream that was begun with
 * another one is refused, because its past could not be made again.
 */
export const MODEL_VERSION = '1';

/** Days of history that a new stream may begin with. */
export const MAX_HISTORY_DAYS = 3650;

/** Settings of the stream that a row of `ingest.stream_versions` carries. */
export const streamConfigSchema = z.strictObject({
  /** Seats of the first terms' classrooms; a later version may only raise it. */
  students: z.number().int().min(40).max(1_500_000).default(10_000),
  /** Lessons of each segment's catalogue. */
  lessonsPerSegment: z.number().int().min(24).max(900).default(360),
  /** Seconds of playing between two heartbeats. */
  heartbeatSeconds: z.number().int().min(5).max(300).default(30),
  /** `campus`: assigned lessons; `self-enrolled`: learners of open courses, who come less often and leave sooner. */
  preset: z.enum(PRESET_NAMES).default('campus'),
  /** Overlays on the stream; each acts on its days from the version's first day on. */
  scenarios: z.array(scenarioSchema).default([]),
});

export type StreamConfig = z.output<typeof streamConfigSchema>;
export type StreamConfigInput = z.input<typeof streamConfigSchema>;

/** The settings in force from the stream day `validFromDay` on. */
export interface StreamVersion {
  readonly validFromDay: Day;
  readonly modelVersion: string;
  /** 0 to 2^32 − 1; the same in all versions of a stream. */
  readonly seed: number;
  readonly config: StreamConfig;
}

/** Settings that cannot be used; `problems` holds every one of them. */
export class StreamConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the stream's settings cannot be used: ${problems.join('; ')}`);
    this.name = 'StreamConfigError';
  }
}

/** Settings with their defaults filled in; throws {@link StreamConfigError} with all problems at once. */
export function parseStreamConfig(value: unknown = {}): StreamConfig {
  const result = streamConfigSchema.safeParse(value);
  if (result.success) return result.data;
  throw new StreamConfigError(
    result.error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`),
  );
}

/** SHA-256 of the settings in a canonical form: equal for equal settings, whatever the order of the keys. */
export function configHash(config: StreamConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex');
}

/** The version in force on a day; the first one for the days before the stream. */
export function versionAt(versions: readonly StreamVersion[], day: Day): StreamVersion {
  let found = versions[0];
  for (const version of versions) if (version.validFromDay <= day) found = version;
  return found;
}

/** Checks that versions can follow each other; throws {@link StreamConfigError}. */
export function checkVersions(versions: readonly StreamVersion[]): void {
  const problems: string[] = [];
  if (versions.length === 0) problems.push('a stream needs at least one version, got none');
  versions.forEach((version, index) => {
    const from = formatDay(version.validFromDay);
    if (version.modelVersion !== MODEL_VERSION)
      problems.push(
        `version of ${from}: model version "${version.modelVersion}" is unknown, this program has "${MODEL_VERSION}"`,
      );
    if (!Number.isInteger(version.seed) || version.seed < 0 || version.seed > 0xffffffff)
      problems.push(`version of ${from}: seed ${version.seed} is not a whole number from 0 to 4294967295`);
    const earlier = versions[index - 1];
    if (!earlier) return;
    if (earlier.validFromDay >= version.validFromDay)
      problems.push(`version of ${from}: does not begin after the one before it`);
    if (earlier.seed !== version.seed)
      problems.push(`version of ${from}: seed ${version.seed} differs from the stream's ${earlier.seed}`);
    if (earlier.config.students > version.config.students)
      problems.push(
        `version of ${from}: students may not fall from ${earlier.config.students} to ${version.config.students}`,
      );
    if (earlier.config.lessonsPerSegment !== version.config.lessonsPerSegment)
      problems.push(`version of ${from}: lessonsPerSegment may not change from ${earlier.config.lessonsPerSegment}`);
    if (earlier.config.preset !== version.config.preset)
      problems.push(`version of ${from}: preset may not change from ${earlier.config.preset}`);
  });
  if (problems.length > 0) throw new StreamConfigError(problems);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
