/** As much of a live workload as telling whether it is as it should be needs. */
export interface LiveWorkload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whatever says of itself in conditions how far it is. */
export interface Conditioned {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const holds = ({ status }: Conditioned, type: string): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** Whether a pod takes work: one that is being deleted may say so to its end. */
export const isReady = (pod: Conditioned & { readonly metadata: { readonly deletionTimestamp?: string } }): boolean =>
  pod.metadata.deletionTimestamp === undefined && holds(pod, 'Ready');

/** Whether a Job makes no pod any more: one that has none may be between two tries, or just made. */
export const isOver = (job: Conditioned): boolean => holds(job, 'Complete') || holds(job, 'Failed');

/** Whether nothing of a pod runs any more: one that was evicted stays as Failed until it is collected. */
export const hasEnded = ({ status }: { readonly status?: { readonly phase?: string } }): boolean =>
  ['Succeeded', 'Failed'].includes(status?.phase ?? '');

/**
 * What is not yet as it should be, in words: pods of an earlier template, pods that are not ready, Jobs that are not complete.
 * @throws Error for a Job that has failed: waiting does not help
 */
export function unsettledWorkloads(workloads: readonly LiveWorkload[]): string[] {
  return workloads.flatMap((workload) => {
    const { kind, metadata, spec, status = {} } = workload;
    if (kind === 'Job') {
      if (holds(workload, 'Failed')) throw new Error(`Job ${metadata.name} failed`);
      return holds(workload, 'Complete') ? [] : [`Job ${metadata.name} is not complete`];
    }
    const wanted = spec.replicas ?? 1;
    const ready = status.readyReplicas ?? 0;
    const current = status.observedGeneration === metadata.generation && (status.updatedReplicas ?? 0) >= wanted;
    return ready >= wanted && current ? [] : [`${kind} ${metadata.name} has ${ready} of ${wanted} ready`];
  });
}
