import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { App, YamlOutputType } from 'cdk8s';
import { PlatformChart } from '../charts/00-platform';
import { secretRefs, SECRETS_CHART, SecretsChart, type SecretValues } from '../charts/05-secrets';
import { PostgresChart } from '../charts/10-postgres';
import { PostgresBackupChart } from '../charts/15-postgres-backup';
import { MigrationsChart } from '../charts/20-migrations';
import { SimulatorChart } from '../charts/30-simulator';
import { AirflowChart } from '../charts/40-airflow';
import { GrafanaChart } from '../charts/50-grafana';
import { MetricsChart } from '../charts/60-metrics';
import { LogsChart } from '../charts/65-logs';
import { environmentNames, loadEnvironment } from './config/environments';
import { ConfigurationError } from './config/resolve';
import type { PlatformConfig } from './config/types';
import { NAMESPACE } from './names';
import { OWNER_ONLY, replaceDirectory, writeWhole } from './output';
import { quotaProblems, type RenderedObject } from './room';
import { ROOT } from './root';
import { ensureSecrets } from './secrets/ensure';
import { DEFAULT_DIRECTORY, readStore } from './secrets/store';

/** Every chart of one environment, in the order in which they are applied. Without values the Secrets are left out. */
export function buildPlatform(app: App, config: PlatformConfig, values?: SecretValues): void {
  const secrets = secretRefs(config);
  new PlatformChart(app, config);
  if (values !== undefined) new SecretsChart(app, config, values);
  const { primary, replicas, memberHosts } = new PostgresChart(app, config, secrets);
  new PostgresBackupChart(app, config, { secrets, primary, memberHosts });
  new MigrationsChart(app, config, { secrets, primary });
  new SimulatorChart(app, config, { secrets, primary });
  new AirflowChart(app, config, { secrets, primary });
  // A single member has no replica to ask.
  new GrafanaChart(app, config, { secrets, primary, replicas: config.postgres.members > 1 ? replicas : primary });
  new MetricsChart(app, config, { secrets, primary });
  new LogsChart(app, config);
}

/** @throws ConfigurationError where the quota of the namespace has no room for what is rendered */
function checkRoom(config: PlatformConfig): void {
  const app = new App({ recordConstructMetadata: false });
  buildPlatform(app, config);
  const objects = app.charts.flatMap((chart) => chart.toJson() as RenderedObject[]);
  const problems = quotaProblems(objects, NAMESPACE, config.quota);
  if (problems.length > 0) throw new ConfigurationError(config.environment, problems);
}

const EXTENSION = '.k8s.yaml';

/** The rendering that is committed: of the environments as `config/` says. */
const DIST = path.join(ROOT, 'dist');

/** Whether a variant may be rendered there: in the committed rendering it would pass for the environment itself. */
export const takesVariants = (out: string | undefined): boolean => out !== undefined && path.resolve(out) !== DIST;

/** Renders one environment into a directory; the Secrets are readable by the owner only. */
export function renderPlatform(directory: string, config: PlatformConfig, values?: SecretValues): void {
  const app = new App({
    outdir: directory,
    outputFileExtension: EXTENSION,
    yamlOutputType: YamlOutputType.FILE_PER_CHART,
    // The CLI sets this for its own purposes; the output must not depend on who runs the program.
    recordConstructMetadata: false,
  });
  buildPlatform(app, config, values);
  if (values !== undefined) {
    // Rendered into a file that is there and nobody else's to read, they are not readable for a moment either.
    mkdirSync(directory, { recursive: true });
    writeWhole(path.join(directory, `${SECRETS_CHART}${EXTENSION}`), '', OWNER_ONLY);
  }
  app.synth();
}

export interface SynthesizeOptions {
  /** @default all of `config/` */
  readonly environments?: readonly string[];
  /** A TypeScript file with settings laid over those of the environment. */
  readonly changesFile?: string;
  /** Holds one directory per environment. @default dist */
  readonly out?: string;
  /** @default .secrets */
  readonly secretsDirectory?: string;
  /** Where to render before `out` is replaced; kept. @default a temporary directory */
  readonly workDirectory?: string;
}

/** Resolves all environments, renders them aside and only then replaces their directories. */
export async function synthesize(options: SynthesizeOptions = {}): Promise<string[]> {
  const out = options.out ?? DIST;
  const secretsDirectory = options.secretsDirectory ?? path.join(ROOT, DEFAULT_DIRECTORY);
  const load = (name: string): PlatformConfig => loadEnvironment(name, options.changesFile);
  let configs = (options.environments ?? environmentNames()).map(load);
  configs.forEach(checkRoom);
  for (const config of configs) {
    if (await ensureSecrets(config, secretsDirectory)) configs = configs.map(({ environment }) => load(environment));
  }
  const aside = options.workDirectory ?? mkdtempSync(path.join(tmpdir(), 'edtech-synth-'));
  try {
    for (const config of configs) {
      const store = config.secrets === 'existing' ? undefined : readStore(secretsDirectory, config.environment);
      renderPlatform(path.join(aside, config.environment), config, store?.values as SecretValues | undefined);
    }
    return configs.map(({ environment }) =>
      replaceDirectory(path.join(aside, environment), path.join(out, environment)),
    );
  } finally {
    if (options.workDirectory === undefined) rmSync(aside, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      env: { type: 'string', multiple: true },
      set: { type: 'string' },
      out: { type: 'string' },
      secrets: { type: 'string' },
    },
  });
  if (values.set !== undefined && (values.env?.length !== 1 || !takesVariants(values.out))) {
    throw new Error(
      `--set renders a variant of one environment: --env is ${values.env?.join(', ') ?? 'not given'}, --out is ${values.out ?? 'not given'}; allowed are one --env and an --out other than dist`,
    );
  }
  const directories = await synthesize({
    environments: values.env,
    changesFile: values.set,
    out: values.out,
    secretsDirectory: values.secrets,
    // `cdk8s synth` runs this program and looks for its output there.
    workDirectory: process.env.CDK8S_OUTDIR,
  });
  for (const directory of directories) console.log(path.relative(process.cwd(), directory));
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
