import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PlatformConfig } from '../../../src/config/types';
import { get, inPod, kubectl } from '../support/cluster';
import { eventually } from '../../support/eventually';
import { MEASURED } from './table';
import { runningPods, type Target } from './targets';

const PROBE = readFileSync(path.join(__dirname, 'probe.py'), 'utf8');
const CONTAINER = 'probe';
/** Pods of this suite, which are deleted at its end. */
const OURS = 'edtech-network-test';
/** Nothing else: what is tried is told later. */
const IDLE = ['sleep', '3600'];

/** Where connections are tried from. */
export interface Source {
  readonly workload: string;
  readonly pod: string;
}

export type Outcome = 'open' | 'refused';

interface JobTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } } };
}

interface PodWithStatus {
  readonly status: {
    readonly ephemeralContainerStatuses?: readonly { readonly name: string; readonly state?: { running?: object } }[];
  };
}

/** Adds a container to a pod that runs, in its network and under its policies. */
async function enter(pod: string, image: string): Promise<void> {
  const before = (await get<PodWithStatus>(['pod', pod])).status.ephemeralContainerStatuses ?? [];
  const running = (statuses: typeof before): boolean =>
    statuses.some(({ name, state }) => name === CONTAINER && state?.running !== undefined);
  if (running(before)) return;
  await kubectl([
    'debug',
    `pod/${pod}`,
    '--profile=restricted',
    `--image=${image}`,
    '--image-pull-policy=IfNotPresent',
    `--container=${CONTAINER}`,
    '--attach=false',
    '--quiet',
    '--',
    ...IDLE,
  ]);
  await eventually(`a container in ${pod}`, 60, async () =>
    running((await get<PodWithStatus>(['pod', pod])).status.ephemeralContainerStatuses ?? []),
  );
}

/** A pod that idles under labels of its own choice; for Jobs, whose own pods have ended, and for strangers. */
async function idlePod(name: string, labels: Readonly<Record<string, string>>, image: string, namespace?: string) {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { ...labels, [OURS]: 'true' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: CONTAINER,
          image,
          command: IDLE,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '500m', memory: '64Mi' } },
        },
      ],
    },
  };
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`];
  await kubectl(['apply', '--server-side', '--filename=-', ...where], { input: JSON.stringify(pod) });
  await kubectl(['wait', `pod/${name}`, '--for=condition=Ready', '--timeout=60s', ...where], { timeoutSeconds: 90 });
}

/** A container for tries in one pod of each workload; of workloads that are Jobs in a pod with the labels of theirs. */
export async function openSources(config: PlatformConfig): Promise<Source[]> {
  const image = config.images.postgres.reference;
  const running = await runningPods();
  const sources: Source[] = [];
  for (const workload of MEASURED) {
    // The first two: members of one workload may reach each other or not, which one pod alone would not show.
    const pods = running.filter((pod) => pod.workload === workload).slice(0, 2);
    for (const { pod } of pods) {
      await enter(pod, image);
      sources.push({ workload, pod });
    }
    if (pods.length > 0) continue;
    // A CronJob may have no Job yet.
    const selector = `--selector=app.kubernetes.io/name=${workload}`;
    const [jobs, cronJobs] = await Promise.all([
      get<{ items: JobTemplate[] }>(['jobs', selector]),
      get<{ items: { spec: { jobTemplate: JobTemplate } }[] }>(['cronjobs', selector]),
    ]);
    const job = jobs.items[0] ?? cronJobs.items[0]?.spec.jobTemplate;
    const template = job?.spec.template.metadata.labels;
    if (template === undefined) throw new Error(`${workload} has neither a pod that runs nor a Job`);
    const labels = Object.fromEntries(Object.entries(template).filter(([key]) => !/controller-uid|job-name/.test(key)));
    const pod = `${workload}-network-test`;
    await idlePod(pod, labels, image);
    sources.push({ workload, pod });
  }
  return sources;
}

/** A pod outside the platform, which no policy holds back: what it cannot reach is not reachable, or refused at the other end. */
export async function openStranger(config: PlatformConfig): Promise<Source> {
  const pod = 'stranger-network-test';
  await idlePod(pod, {}, config.images.postgres.reference, 'default');
  return { workload: 'stranger', pod };
}

export async function closeSources(): Promise<void> {
  const selector = `--selector=${OURS}`;
  await kubectl(['delete', 'pods', selector, '--wait=true'], { timeoutSeconds: 120 });
  await kubectl(['delete', 'pods', selector, '--wait=true', '--namespace=default'], { timeoutSeconds: 120 });
}

/** Tries every target from a source. @throws Error when a try ends in any other way than open or refused */
export async function tryAll(source: Source, targets: readonly Target[]): Promise<Outcome[]> {
  const input = JSON.stringify(targets.map(({ host, port }) => [host, port]));
  const command = ['python3', '-c', PROBE];
  const where = source.workload === 'stranger' ? ['--namespace=default'] : [];
  const text =
    where.length === 0
      ? await inPod(source.pod, CONTAINER, command, { input })
      : await kubectl([...where, 'exec', '--stdin', source.pod, '--', ...command], { input });
  const outcomes = JSON.parse(text) as string[];
  outcomes.forEach((outcome, index) => {
    if (outcome !== 'open' && outcome !== 'refused')
      throw new Error(`${source.pod} → ${targets[index].host}:${targets[index].port}: ${outcome}`);
  });
  return outcomes as Outcome[];
}
