import path from 'node:path';
import { apply } from '../../../src/cluster/apply';
import { loadEnvironment } from '../../../src/config/environments';
import type { PlatformConfig } from '../../../src/config/types';
import { synthesize } from '../../../src/main';
import { unsettledWorkloads, type LiveWorkload } from '../../../src/cluster/settled';
import { kubectl, get } from './cluster';
import { command, outcome, type Outcome } from '../../support/command';
import { eventually } from '../../support/eventually';

/** An environment as a test applies it: rendered with a site's changes, through the program's own resolve function. */
export interface Variant {
  readonly config: PlatformConfig;
  /** Holds the rendered files. */
  readonly directory: string;
}

/**
 * Renders an environment.
 * @param changesFile settings laid over those of the environment
 * @param out holds one directory per environment
 * @param secretsDirectory where its values are, or are made
 */
export async function renderVariant(
  environment: string,
  changesFile: string | undefined,
  out: string,
  secretsDirectory: string,
): Promise<Variant> {
  const [directory] = await synthesize({ environments: [environment], changesFile, out, secretsDirectory });
  return { config: loadEnvironment(environment, changesFile), directory };
}

/** Applies a file, or all files of a directory. */
export const applyFile = (file: string): Promise<string> => apply(file, console.log);

/** Applies as the documentation says: the namespaces first, then everything. Returns one line per object. */
export async function applyPlatform({ directory }: Variant): Promise<string[]> {
  await applyFile(path.join(directory, '00-platform.k8s.yaml'));
  return (await applyFile(directory)).split('\n').filter((line) => line !== '');
}

/** The same where a refusal is a result. */
export const tryToApply = ({ directory }: Variant): Promise<Outcome> =>
  outcome('kubectl', ['apply', '--server-side', `--filename=${directory}`], { timeoutSeconds: 300 });

/** What a further apply would change; empty where it would change nothing. @throws Error when kubectl fails otherwise */
export const difference = ({ directory }: Variant): Promise<string> =>
  // Exit code 1 is a difference, which is printed; above 1 kubectl failed.
  command('bash', ['-c', 'kubectl diff --server-side --filename="$0"; [ $? -le 1 ]', directory], {
    timeoutSeconds: 300,
  });

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface PodState {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: { readonly reason?: string } };
    }[];
  };
}

export const allPods = async (): Promise<readonly PodState[]> => (await get<{ items: PodState[] }>(['pods'])).items;

/** What is not yet as it should be, in words; empty when all workloads are ready and all Jobs complete. */
export async function unsettled(): Promise<string[]> {
  const { items } = await get<{ items: LiveWorkload[] }>(['deployments,statefulsets,jobs']);
  return items.length === 0 ? ['no workload is there'] : unsettledWorkloads(items);
}

/** Waits until everything is ready. Returns the seconds it took. @throws Error that names what is not ready */
export async function untilSettled(seconds: number): Promise<number> {
  const begun = Date.now();
  await eventually(
    'all workloads ready, all Jobs complete',
    seconds,
    async () => {
      const open = await unsettled();
      if (open.length > 0) throw new Error(open.join('; '));
      return true;
    },
    2,
  );
  return (Date.now() - begun) / 1000;
}

/** Value of a Secret, by its reference. */
export async function secretText(name: string, key: string): Promise<string> {
  const { data } = await get<{ data: Readonly<Record<string, string>> }>(['secret', name]);
  if (data[key] === undefined)
    throw new Error(`Secret ${name} has no key ${key}; it has ${Object.keys(data).join(', ')}`);
  return Buffer.from(data[key], 'base64').toString();
}

/** Deletes what a variant made, volumes included. */
export async function removePlatform(): Promise<void> {
  await kubectl(['delete', 'namespace', 'edtech', 'edtech-node-agents', '--ignore-not-found'], { timeoutSeconds: 300 });
}
