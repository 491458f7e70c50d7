import type { WorkloadName } from '../names';
import { find, kubectl, list, tryKubectl, until } from '../cluster/kubectl';
import { holds, isOver, type Conditioned } from '../cluster/settled';

interface Job extends Conditioned {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: object;
    };
  };
}

const nameOf = (workload: WorkloadName): string => `${workload}-after-restore`;
/** Written by the Job controller, and refused in a new Job. */
const CONTROLLER_LABEL = /(^|\/)(controller-uid|job-name)$/;

const withoutController = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !CONTROLLER_LABEL.test(key)));

/**
 * A Job of a release once more under another name: the release's own is complete and stays, or an apply would run it again.
 * Of a Job that starts its containers again the pod goes when it fails, and with the pod what it said.
 */
export function repeated(job: Job, workload: WorkloadName): object {
  const { metadata, spec } = job.spec.template;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: nameOf(workload), labels: withoutController(job.metadata.labels ?? {}) },
    spec: {
      backoffLimit: 3,
      template: {
        metadata: { labels: withoutController(metadata.labels) },
        spec: { ...spec, restartPolicy: 'Never' },
      },
    },
  };
}

/** The Jobs of releases, oldest first; an earlier release's may be left. */
export async function releaseJobs(workload: WorkloadName): Promise<readonly Job[]> {
  const jobs = await list<Job>('jobs', `app.kubernetes.io/name=${workload}`);
  return jobs
    .filter(({ metadata }) => metadata.name !== nameOf(workload))
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
}

/** Deletes the repeated one, whether it is over or not. */
export const deleteRepeated = (workload: WorkloadName): Promise<string> =>
  kubectl(['delete', 'job', nameOf(workload), '--ignore-not-found', '--wait=true'], { timeoutSeconds: 120 });

/** What a Job said last. */
async function lastWords(name: string): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(['logs', `job/${name}`, '--tail=5']);
  const lines = (code === 0 ? stdout : stderr).split('\n').filter((line) => line.trim() !== '');
  return lines.join(' | ') || 'its log is empty';
}

async function create(workload: WorkloadName): Promise<void> {
  const newest = (await releaseJobs(workload)).at(-1);
  if (newest === undefined) throw new Error(`there is no Job ${workload}-… to repeat: apply the platform`);
  await kubectl(['create', '--filename=-'], { input: JSON.stringify(repeated(newest, workload)) });
}

/** Does the work of a release's newest Job once more. */
export async function repeatJob(workload: WorkloadName, seconds: number): Promise<void> {
  const name = nameOf(workload);
  const begun = await find<Job>('job', name);
  // One that an interrupted call has left at work goes on: stopped, long work would begin anew.
  if (begun === undefined || isOver(begun)) {
    await deleteRepeated(workload);
    await create(workload);
  }
  await until(`Job ${name} complete; deleted by hand, it is made anew by the same call`, seconds, async () => {
    const job = await find<Job>('job', name);
    if (job === undefined) throw new Error(`Job ${name} was deleted: the same call makes it anew`);
    if (holds(job, 'Failed')) throw new Error(`Job ${name} failed: ${await lastWords(name)}`);
    return holds(job, 'Complete') ? true : undefined;
  });
  await deleteRepeated(workload);
}
