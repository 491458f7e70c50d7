import { accessSync, constants } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { ClockSettings } from './clock';
import type { DatabaseConfig } from './database/session';
import { ENDING_MS } from './ingest/takeover';
import { MAX_HISTORY_DAYS, parseStreamConfig, StreamConfigError, type StreamConfig } from './model/config';
import type { Scenario } from './model/scenario';

/** How the ingest works; see {@link VARIABLES} for units and defaults. */
export interface IngestConfig {
  readonly replica: string;
  readonly tickMs: number;
  readonly leaseMs: number;
  readonly maxRows: number;
  readonly lockPatienceMs: number;
  readonly copyChunkBytes: number;
  readonly rollUp: boolean;
}

/** Settings of the stream that the environment names, without any default. */
export interface NamedSettings {
  readonly seed?: number;
  readonly config: Partial<StreamConfig>;
}

/** What the configured stream must be; compared with `ingest.stream_versions`. */
export interface StreamSettings {
  readonly seed: number;
  readonly config: StreamConfig;
  readonly named: NamedSettings;
  /** Days before today at which a stream that does not exist yet begins. */
  readonly historyDays: number;
}

export interface SimulatorConfig {
  readonly database: DatabaseConfig;
  readonly ingest: IngestConfig;
  readonly stream: StreamSettings;
  /** Undefined: the machine's time. */
  readonly clock?: ClockSettings;
  /** Undefined: no server. Port 0: any free port. */
  readonly http?: { readonly host: string; readonly port: number };
  /** Folder with certificates whose ends are told, for the exporter. Undefined: none. */
  readonly certificatesDirectory?: string;
  readonly logLevel: string;
}

/** Configuration that cannot be used; `problems` names every variable or flag that is wrong. Exit code 2. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`bad configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const text = z.string().trim().min(1);
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const instant = z.iso
  .datetime({ offset: true, error: 'is not an instant such as 2026-01-05T00:00:00Z' })
  .transform(Date.parse);
const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');

/** Every environment variable that the simulator reads. Empty counts as not set. */
export const VARIABLES = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'is not a postgresql:// URL' }).optional(),
  DATABASE_HOST: text.optional(),
  DATABASE_PORT: whole(1, 65_535).optional(),
  DATABASE_NAME: text.optional(),
  DATABASE_USER: text.optional(),
  DATABASE_PASSWORD: z.string().optional(),
  DATABASE_PASSWORD_FILE: text.optional(),
  DATABASE_CA_FILE: text.optional(),
  DATABASE_CONNECT_TIMEOUT_MS: whole(100, 60_000).default(2000),
  DATABASE_QUERY_TIMEOUT_MS: whole(100, 600_000).default(5000),
  INGEST_REPLICA: text.max(60).default(hostname()),
  INGEST_TICK_MS: whole(50, 60_000).default(5000),
  INGEST_LEASE_MS: whole(500, 600_000).default(15_000),
  INGEST_MAX_ROWS: whole(100, 1_000_000).default(50_000),
  INGEST_LOCK_PATIENCE_MS: whole(50, 60_000).default(1000),
  INGEST_COPY_CHUNK_BYTES: whole(1024, 1_048_576).default(131_072),
  INGEST_ROLL_UP: flag.default(true),
  STREAM_SEED: whole(0, 0xffff_ffff).optional(),
  STREAM_STUDENTS: whole(1, 4_194_303).optional(),
  STREAM_CONFIG: z.string().optional(),
  STREAM_HISTORY_DAYS: whole(0, MAX_HISTORY_DAYS).default(0),
  CLOCK_STREAM_ORIGIN: instant.optional(),
  CLOCK_WALL_ORIGIN: instant.optional(),
  CLOCK_RATE: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'is not a number of at least 0')
    .transform(Number)
    .optional(),
  CLOCK_STREAM_UNTIL: instant.optional(),
  HTTP_HOST: text.default('127.0.0.1'),
  HTTP_PORT: z
    .union([z.literal('off').transform(() => undefined), whole(0, 65_535)], {
      error: 'must be a port from 0 to 65535, or off',
    })
    .default(8080),
  CERTIFICATES_DIRECTORY: text.optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
};

/** Of a stream that is begun without one. */
const DEFAULT_SEED = 1;

/** A variable with one of these beginnings that is not in {@link VARIABLES} is a typing error, and refused. */
const OWN_PREFIXES = ['DATABASE_', 'INGEST_', 'STREAM_', 'CLOCK_', 'CERTIFICATES_'];

type Environment = Readonly<Record<string, string | undefined>>;
type Values = z.output<z.ZodObject<typeof VARIABLES>>;

/**
 * Reads the configuration from the environment.
 * @throws ConfigError with every problem at once
 */
export function readConfig(environment: Environment): SimulatorConfig {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const problems = Object.keys(present)
    .filter((name) => !(name in VARIABLES) && OWN_PREFIXES.some((prefix) => name.startsWith(prefix)))
    .map((name) => `${name}: no such variable`);
  const parsed = z.object(VARIABLES).safeParse(present);
  if (!parsed.success) {
    problems.push(
      ...parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${describe(present, path[0], message)}`),
    );
    throw new ConfigError(problems);
  }
  const values = parsed.data;
  const database = databaseConfig(values, problems);
  const stream = streamSettings(values, problems);
  const clock = clockSettings(values, problems);
  if (values.INGEST_LEASE_MS < 2 * values.INGEST_TICK_MS)
    problems.push(
      `INGEST_LEASE_MS: ${values.INGEST_LEASE_MS} is less than two ticks (INGEST_TICK_MS is ${values.INGEST_TICK_MS}): one slow tick would lose the lease`,
    );
  const { INGEST_LOCK_PATIENCE_MS: patience, DATABASE_QUERY_TIMEOUT_MS: timeout } = values;
  if (patience + ENDING_MS > timeout)
    problems.push(
      `INGEST_LOCK_PATIENCE_MS: ${patience} is more than ${timeout - ENDING_MS}, which is DATABASE_QUERY_TIMEOUT_MS (${timeout}) less ${ENDING_MS}: a taker would lose its own session before it has ended the one in its way`,
    );
  requireReadable('CERTIFICATES_DIRECTORY', values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    database,
    stream,
    clock,
    ingest: {
      replica: values.INGEST_REPLICA,
      tickMs: values.INGEST_TICK_MS,
      leaseMs: values.INGEST_LEASE_MS,
      maxRows: values.INGEST_MAX_ROWS,
      lockPatienceMs: values.INGEST_LOCK_PATIENCE_MS,
      copyChunkBytes: values.INGEST_COPY_CHUNK_BYTES,
      rollUp: values.INGEST_ROLL_UP,
    },
    http: values.HTTP_PORT === undefined ? undefined : { host: values.HTTP_HOST, port: values.HTTP_PORT },
    certificatesDirectory: values.CERTIFICATES_DIRECTORY,
    logLevel: values.LOG_LEVEL,
  };
}

/** The same configuration with further scenarios. */
export function withScenarios(config: SimulatorConfig, scenarios: readonly Scenario[]): SimulatorConfig {
  if (scenarios.length === 0) return config;
  const { stream } = config;
  return {
    ...config,
    stream: { ...stream, config: { ...stream.config, scenarios: [...stream.config.scenarios, ...scenarios] } },
  };
}

/** The value stands in the message unless it may hold a password. */
function describe(present: Environment, name: PropertyKey, message: string): string {
  const variable = String(name);
  return /PASSWORD|URL/.test(variable) ? message : `"${present[variable]}" ${message}`;
}

function databaseConfig(values: Values, problems: string[]): DatabaseConfig {
  const url = values.DATABASE_URL === undefined ? undefined : new URL(values.DATABASE_URL);
  // The brackets of an IPv6 address belong to the URL.
  const hostInUrl = url?.hostname.replace(/^\[(.*)\]$/, '$1');
  const parts = {
    HOST: hostInUrl,
    PORT: url?.port,
    NAME: url?.pathname.slice(1),
    USER: url?.username,
    PASSWORD: url?.password,
  };
  for (const [part, inUrl] of Object.entries(parts)) {
    if (inUrl && values[`DATABASE_${part}` as keyof Values] !== undefined)
      problems.push(`DATABASE_${part}: contradicts DATABASE_URL, which names it too`);
  }
  if (url && url.search !== '')
    problems.push('DATABASE_URL: parameters after "?" are not read, use the DATABASE_ variables');
  const password = (url?.password ? decodeURIComponent(url.password) : undefined) ?? values.DATABASE_PASSWORD;
  if (password !== undefined && values.DATABASE_PASSWORD_FILE !== undefined)
    problems.push('DATABASE_PASSWORD_FILE: contradicts a password that is given as well');
  const host = hostInUrl || values.DATABASE_HOST;
  const user = (url?.username ? decodeURIComponent(url.username) : undefined) ?? values.DATABASE_USER;
  requireReadable('DATABASE_PASSWORD_FILE', values, problems);
  requireReadable('DATABASE_CA_FILE', values, problems);
  if (host === undefined) problems.push('DATABASE_HOST: not set, and neither is DATABASE_URL');
  if (user === undefined) problems.push('DATABASE_USER: not set, and DATABASE_URL names none');
  return {
    host: host ?? '',
    port: Number(url?.port || values.DATABASE_PORT || 5432),
    database: url?.pathname.slice(1) || values.DATABASE_NAME || 'edtech',
    user: user ?? '',
    password,
    passwordFile: values.DATABASE_PASSWORD_FILE,
    caFile: values.DATABASE_CA_FILE,
    connectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
    queryTimeoutMs: values.DATABASE_QUERY_TIMEOUT_MS,
  };
}

function requireReadable(
  name: 'DATABASE_CA_FILE' | 'DATABASE_PASSWORD_FILE' | 'CERTIFICATES_DIRECTORY',
  values: Values,
  problems: string[],
): void {
  const file = values[name];
  if (file === undefined) return;
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    problems.push(`${name}: "${file}" cannot be read: ${(error as Error).message}`);
  }
}

function jsonObject(text: string, problems: string[]): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    problems.push(`STREAM_CONFIG: is ${text}, allowed is a JSON object such as {"heartbeatSeconds": 60}`);
  } catch (error) {
    problems.push(`STREAM_CONFIG: is no JSON: ${(error as Error).message}`);
  }
  return {};
}

function streamSettings(values: Values, problems: string[]): StreamSettings {
  let raw = values.STREAM_CONFIG === undefined ? {} : jsonObject(values.STREAM_CONFIG, problems);
  if (values.STREAM_STUDENTS !== undefined) {
    if (raw.students !== undefined)
      problems.push('STREAM_STUDENTS: contradicts STREAM_CONFIG, which has "students" too');
    raw = { ...raw, students: values.STREAM_STUDENTS };
  }
  let config: StreamConfig = {} as StreamConfig;
  try {
    config = parseStreamConfig(raw);
  } catch (error) {
    if (!(error instanceof StreamConfigError)) throw error;
    problems.push(...error.problems.map((problem) => `STREAM_CONFIG: ${problem}`));
  }
  const { STREAM_SEED: seed, STREAM_HISTORY_DAYS: historyDays } = values;
  const named = Object.fromEntries(Object.entries(config).filter(([name]) => name in raw));
  return { seed: seed ?? DEFAULT_SEED, config, named: { seed, config: named }, historyDays };
}

function clockSettings(values: Values, problems: string[]): ClockSettings | undefined {
  const { CLOCK_STREAM_ORIGIN: streamOrigin, CLOCK_WALL_ORIGIN: wallOrigin, CLOCK_RATE: rate } = values;
  const until = values.CLOCK_STREAM_UNTIL;
  if (streamOrigin === undefined && wallOrigin === undefined && rate === undefined && until === undefined)
    return undefined;
  for (const [name, value] of Object.entries({ CLOCK_STREAM_ORIGIN: streamOrigin, CLOCK_WALL_ORIGIN: wallOrigin })) {
    if (value === undefined) problems.push(`${name}: not set, needed with any other CLOCK_ variable`);
  }
  return { streamOrigin: streamOrigin ?? 0, wallOrigin: wallOrigin ?? 0, rate: rate ?? 1, until };
}
