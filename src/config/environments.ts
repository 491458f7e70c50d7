import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../root';
import { resolveConfig } from './resolve';
import type { EnvironmentSettings, Partially, PlatformConfig } from './types';

const CONFIG_DIRECTORY = path.join(ROOT, 'config');

/** Names of the environments: the TypeScript files in `config/`. */
export function environmentNames(): string[] {
  return readdirSync(CONFIG_DIRECTORY)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'))
    .sort();
}

export const revisionsFile = (environment: string): string =>
  path.join(CONFIG_DIRECTORY, `${environment}.revisions.json`);

/** Revision of each Secret of an environment; none is recorded before the first rotation. */
export function readRevisions(environment: string): Record<string, number> {
  const file = revisionsFile(environment);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : {};
}

function loadSettings<T>(file: string): T {
  // Settings are TypeScript: whoever runs this has a TypeScript loader registered.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const module = require(file) as { settings?: T };
  if (module.settings === undefined) throw new Error(`${file} exports no 'settings'`);
  return module.settings;
}

/**
 * Reads and resolves one environment.
 * @param changesFile a TypeScript file that exports `settings`, laid over the environment's
 * @throws Error for a name without a file in `config/`, ConfigurationError for what is wrong in it
 */
export function loadEnvironment(environment: string, changesFile?: string): PlatformConfig {
  const known = environmentNames();
  if (!known.includes(environment)) {
    throw new Error(`unknown environment ${environment}; config/ has ${known.join(', ')}`);
  }
  return resolveConfig({
    environment,
    settings: loadSettings<EnvironmentSettings>(path.join(CONFIG_DIRECTORY, `${environment}.ts`)),
    changes:
      changesFile === undefined ? undefined : loadSettings<Partially<EnvironmentSettings>>(path.resolve(changesFile)),
    revisions: readRevisions(environment),
  });
}
