import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { secretRefs } from '../../../charts/05-secrets';
import { loadEnvironment } from '../../../src/config/environments';
import type { PlatformConfig } from '../../../src/config/types';
import { WORKLOAD } from '../../../src/names';
import { ROOT } from '../../../src/root';
import { get, kubectl } from '../support/cluster';
import { eventually } from '../../support/eventually';
import { readyPods, untilWhole } from '../support/members';
import { PageProbe, pagesOf } from '../support/page-probe/page-probe';
import { applyFile, applyPlatform, renderVariant, untilSettled } from '../support/platform';
import { showDurabilityCanFail } from './checks';
import { Probes } from './probes';
import { MEMBERS, renewRestartedPods } from './round';
import { writeChangedSettings } from './variants';

const ENVIRONMENT = 'production';
/** What a run without Airflow and Grafana needs: database, schema, simulator. */
const DATA_PLANE = ['00-platform', '05-secrets', '10-postgres', '15-postgres-backup', '20-migrations', '30-simulator'];

/** The platform that faults are played on. */
export interface Platform {
  readonly config: PlatformConfig;
  /** Airflow and Grafana are there as well. */
  readonly whole: boolean;
  applySettings(which: 'now' | 'changed'): Promise<void>;
}

export interface PlatformOptions {
  /** Laid over `config/production.ts`. */
  readonly settingsFile: string;
  readonly whole: boolean;
  /** Where its values are, or are made. */
  readonly secretsDirectory: string;
  /** For rendered files. */
  readonly directory: string;
}

interface NodeList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const nodeNames = async (): Promise<string[]> =>
  (await get<NodeList>(['nodes'])).items.map(({ metadata }) => metadata.name).sort();

/** The platform as these options say; nothing is applied. */
export function describePlatform(options: PlatformOptions): Platform {
  const { settingsFile, directory, secretsDirectory, whole } = options;
  mkdirSync(directory, { recursive: true });
  const files = { now: settingsFile, changed: writeChangedSettings(settingsFile, directory) };
  return {
    config: loadEnvironment(ENVIRONMENT, settingsFile),
    whole,
    applySettings: async (which) => {
      const out = path.join(directory, which);
      const variant = await renderVariant(ENVIRONMENT, files[which], out, secretsDirectory);
      const chart = path.join(variant.directory, '10-postgres.k8s.yaml');
      await applyFile(chart);
    },
  };
}

/** Renders the platform, applies it and waits until it is well. The first node is the clients'. */
export async function installPlatform(options: PlatformOptions): Promise<void> {
  const names = await nodeNames();
  if (names.length < MEMBERS + 1)
    throw new Error(`${names.length} nodes; needed ${MEMBERS + 1}, the first is the clients'`);
  await kubectl(['cordon', names[0]]);
  const out = path.join(options.directory, 'installed');
  const variant = await renderVariant(ENVIRONMENT, options.settingsFile, out, options.secretsDirectory);
  if (options.whole) {
    await applyPlatform(variant);
    await untilSettled(900);
  } else {
    for (const chart of DATA_PLANE) {
      const file = path.join(variant.directory, `${chart}.k8s.yaml`);
      await applyFile(file);
    }
  }
  await untilWhole(MEMBERS, 300);
  await eventually('both simulators ready', 600, async () => (await readyPods(WORKLOAD.simulator)).length >= 2);
}

/** Deploys the probes beside a platform that is well, and shows that the check of durability can fail. */
export async function deployProbes({ config }: Platform): Promise<Probes> {
  const cluster = await renewRestartedPods(() => undefined);
  const secrets = secretRefs(config);
  const [clientNode] = await nodeNames();
  await showDurabilityCanFail(cluster.primary.name);
  return Probes.deploy(
    {
      image: config.images.simulator.reference,
      instance: ENVIRONMENT,
      clientNode,
      members: [cluster.primary, ...cluster.standbys],
      login: secrets.owner,
      ca: secrets.ca,
    },
    cluster.primary.name,
  );
}

/** Asks both pages for what needs their database, twice a second. */
export async function deployPageProbe({ config }: Platform): Promise<PageProbe> {
  const [clientNode] = await nodeNames();
  const pages = pagesOf(config, 500, {
    grafana: { path: '/api/health' },
    airflow: { path: '/api/v2/monitor/health', expect: '"metadatabase":\\s*\\{"status":\\s*"healthy"' },
  });
  return PageProbe.deploy(config, clientNode, pages);
}

/** A file or folder of the project. */
export const projectFile = (...parts: string[]): string => path.join(ROOT, ...parts);
