import path from 'node:path';
import { ROOT } from '../../../src/config/environments';
import { loadEnvironment } from '../../../src/config/environments';
import { secretRefs } from '../../../charts/05-secrets';
import { synthesize } from '../../../src/main';
import { get, kubectl } from '../support/cluster';
import { command, eventually } from '../support/command';
import { MEMBERS, renewRestartedPods } from './round';
import { readyPods, untilWhole, type Cluster } from '../support/members';
import { WORKLOAD } from '../../../src/names';
import { Probes } from './probes';
import { rolesThatMayLowerDurability } from './checks';

const ENVIRONMENT = 'production';
const CHANGES = path.join(__dirname, 'settings.ts');
/** What a fault run needs: database, schema, simulator. */
const CHARTS = ['00-platform', '05-secrets', '10-postgres', '20-migrations', '30-simulator'];

interface NodeList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

/** Renders the platform, applies what a fault run needs and waits until it is well. The first node is the clients'. */
export async function installPlatform(directory: string, secretsDirectory: string): Promise<Cluster> {
  const names = (await get<NodeList>(['nodes'])).items.map(({ metadata }) => metadata.name).sort();
  if (names.length < MEMBERS + 1)
    throw new Error(`${names.length} nodes; needed ${MEMBERS + 1}, the first is the clients'`);
  await kubectl(['cordon', names[0]]);
  const changesFile = CHANGES;
  await synthesize({ environments: [ENVIRONMENT], changesFile, out: directory, secretsDirectory });
  for (const chart of CHARTS) {
    await command('kubectl', ['apply', '--server-side', `--filename=${directory}/${ENVIRONMENT}/${chart}.k8s.yaml`]);
  }
  const cluster = await untilWhole(MEMBERS, 300);
  await eventually('both simulators ready', 600, async () =>
    (await readyPods(WORKLOAD.simulator)).length >= 2 ? true : undefined,
  );
  return cluster;
}

/** Deploys the probes beside a platform that is well, and shows that the check of durability can fail. */
export async function deployProbes(): Promise<Probes> {
  const cluster = await renewRestartedPods(() => undefined);
  const config = loadEnvironment(ENVIRONMENT, CHANGES);
  const secrets = secretRefs(config);
  const [clientNode] = (await get<NodeList>(['nodes'])).items.map(({ metadata }) => metadata.name).sort();
  const { tried } = await rolesThatMayLowerDurability(cluster.primary.name);
  if (tried === 0) throw new Error('no role was asked to lower synchronous_commit');
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

export const projectFile = (...parts: string[]): string => path.join(ROOT, ...parts);
