import { resolveImages } from '../images';
import { DEFAULTS } from './defaults';
import { formProblems } from './form';
import { merge } from './merge';
import { RULES } from './rules';
import type { EnvironmentSettings, Partially, PlatformConfig, SiteSettings, TunedSettings } from './types';

/** Everything that is wrong with an environment, in one message. */
export class ConfigurationError extends Error {
  constructor(
    readonly environment: string,
    readonly problems: readonly string[],
  ) {
    super(
      `configuration of ${environment} has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigurationError';
  }
}

const TOLD: readonly (keyof SiteSettings)[] = ['tier', 'apiServers', 'nodeCidrs', 'encryptionAtRest', 'pages'];

export interface ResolveOptions {
  readonly environment: string;
  readonly settings: EnvironmentSettings;
  /** Laid over the settings, for a variant of an environment. */
  readonly changes?: Partially<EnvironmentSettings>;
  /** @default every Secret is at revision 1 */
  readonly revisions?: Readonly<Record<string, number>>;
}

/**
 * Joins what is told with the defaults of its tier.
 * @throws ConfigurationError with all problems
 */
export function resolveConfig(options: ResolveOptions): PlatformConfig {
  const { environment, revisions = {} } = options;
  const settings = merge<EnvironmentSettings>(options.settings, options.changes as Partially<EnvironmentSettings>);
  const missing = TOLD.filter((key) => settings[key] === undefined).map(
    (key) => `${key} is not told; it has no default`,
  );
  if (!(settings.tier in DEFAULTS)) missing.push(`tier is ${settings.tier}; allowed development, production`);
  if (missing.length > 0) throw new ConfigurationError(environment, missing);

  const defaults = DEFAULTS[settings.tier];
  const { tier, apiServers, nodeCidrs, encryptionAtRest, pages, ...tuned } = settings;
  const resolved = merge<TunedSettings>(defaults, tuned as Partially<TunedSettings>);
  const malformed = formProblems(settings, resolved, defaults);
  if (malformed.length > 0) throw new ConfigurationError(environment, malformed);
  const config: PlatformConfig = {
    ...resolved,
    environment,
    tier,
    apiServers,
    nodeCidrs,
    encryptionAtRest,
    pages,
    images: resolveImages(resolved.registryPrefix, resolved.imageTags),
    revisions,
  };
  const problems = RULES.flatMap((rule) => rule(config));
  if (problems.length > 0) throw new ConfigurationError(environment, problems);
  return config;
}
