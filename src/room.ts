import { bytesOf, coresOf } from './config/quantity';
import type { QuotaSettings } from './config/types';

/** As much of a rendered object as counting its pods needs. */
export interface RenderedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: object;
}

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly strategy?: { readonly type: string; readonly rollingUpdate?: { readonly maxSurge?: number } };
  readonly parallelism?: number;
  readonly template: { readonly spec: PodSpec };
}

/** Pods of one workload that can be there at the same time, and what each is counted with. */
interface Demand {
  readonly name: string;
  readonly pods: number;
  readonly spec: PodSpec;
}

/** A figure of the quota: what of a container it counts, and how it is written. */
interface Figure {
  readonly of: (container: Container) => number;
  readonly given: (quota: QuotaSettings) => number | undefined;
  readonly text: (amount: number) => string;
}

const GIBIBYTE = 2 ** 30;
const memory = (quantity: string | undefined): number => (quantity === undefined ? 0 : (bytesOf(quantity) ?? 0));
/** Rounded up: what is advised must be enough. */
const memoryText = (bytes: number): string =>
  bytes < GIBIBYTE ? `${Math.ceil(bytes / 2 ** 20)}Mi` : `${Math.ceil((bytes / GIBIBYTE) * 10) / 10}Gi`;

const FIGURES: Readonly<Record<keyof QuotaSettings, Figure>> = {
  memoryRequests: {
    of: ({ resources }) => memory(resources?.requests?.memory),
    given: ({ memoryRequests }) => bytesOf(memoryRequests),
    text: memoryText,
  },
  memoryLimits: {
    of: ({ resources }) => memory(resources?.limits?.memory),
    given: ({ memoryLimits }) => bytesOf(memoryLimits),
    text: memoryText,
  },
  cpuRequests: {
    of: ({ resources }) => (resources?.requests?.cpu === undefined ? 0 : (coresOf(resources.requests.cpu) ?? 0)),
    given: ({ cpuRequests }) => coresOf(cpuRequests),
    text: (cores) => `${Math.ceil(cores * 1000)}m`,
  },
  pods: { of: () => 1, given: ({ pods }) => pods, text: (pods) => `${pods}` },
};

/** What Kubernetes counts a pod with: init containers run one after the other, sidecars beside all that start after them. */
function ofPod({ containers, initContainers = [] }: PodSpec, of: Figure['of']): number {
  let sidecars = 0;
  let highest = 0;
  for (const container of initContainers) {
    highest = Math.max(highest, sidecars + of(container));
    if (container.restartPolicy === 'Always') sidecars += of(container);
  }
  return Math.max(
    highest,
    containers.reduce((sum, container) => sum + of(container), sidecars),
  );
}

/**
 * All pods of a namespace that can be there at the same time: every Deployment is updated while its autoscaler is at its highest, and every
 * Job and CronJob runs.
 */
function demands(objects: readonly RenderedObject[], namespace: string): Demand[] {
  const highest = new Map(
    objects
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ spec }) => spec as { scaleTargetRef: { name: string }; maxReplicas: number })
      .map(({ scaleTargetRef, maxReplicas }) => [scaleTargetRef.name, maxReplicas]),
  );
  return objects.flatMap(({ kind, metadata: { name, namespace: where }, spec }) => {
    if (where !== namespace) return [];
    if (kind === 'CronJob') {
      const { template } = (spec as { jobTemplate: { spec: WorkloadSpec } }).jobTemplate.spec;
      return [{ name, pods: 1, spec: template.spec }];
    }
    if (!['Deployment', 'StatefulSet', 'Job'].includes(kind)) return [];
    const { replicas = 1, strategy, parallelism = 1, template } = spec as WorkloadSpec;
    const surge = strategy?.type === 'RollingUpdate' ? (strategy.rollingUpdate?.maxSurge ?? 1) : 0;
    const pods = kind === 'Job' ? parallelism : (highest.get(name) ?? replicas) + surge;
    return [{ name, pods, spec: template.spec }];
  });
}

/** How many of the largest parts a message names. */
const NAMED = 4;

/**
 * What a quota lacks for the pods of rendered objects. Without it the last pods of an update, or a backup, would be refused by the API server.
 * @param namespace of the quota
 */
export function quotaProblems(objects: readonly RenderedObject[], namespace: string, quota: QuotaSettings): string[] {
  const all = demands(objects, namespace);
  return (Object.entries(FIGURES) as [keyof QuotaSettings, Figure][]).flatMap(([key, { of, given, text }]) => {
    const parts = all
      .map(({ name, pods, spec }) => ({ name, pods, each: key === 'pods' ? 1 : ofPod(spec, of) }))
      .sort((a, b) => b.pods * b.each - a.pods * a.each);
    const needed = parts.reduce((sum, { pods, each }) => sum + pods * each, 0);
    if (needed <= (given(quota) ?? Infinity)) return [];
    const named = parts.slice(0, NAMED).map(({ name, pods, each }) => `${name} ${pods} × ${text(each)}`);
    const most = [...named, ...(parts.length > NAMED ? ['…'] : [])].join(', ');
    return [
      `quota.${key} is ${quota[key]}, but pods need up to ${text(needed)} when updates, Jobs and autoscalers come together ` +
        `(${most}); allowed from ${text(needed)}, or fewer or smaller pods`,
    ];
  });
}
