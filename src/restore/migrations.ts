import { WORKLOAD } from '../names';
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

const NAME = 'edtech-migrations-after-restore';
/** Written by the Job controller, and refused in a new Job. */
const CONTROLLER_LABEL = /(^|\/)(controller-uid|job-name)$/;

const withoutController = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !CONTROLLER_LABEL.test(key)));

/**
 * The Job that migrates, once more under another name: the release's own is complete and stays, or an apply would run it again.
 * Of a Job that starts its containers again the pod goes when it fails, and with the pod what it said.
 */
export function repeated(job: Job): object {
  const { metadata, spec } = job.spec.template;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: NAME, labels: withoutController(job.metadata.labels ?? {}) },
    spec: {
      backoffLimit: 3,
      template: {
        metadata: { labels: withoutController(metadata.labels) },
        spec: { ...spec, restartPolicy: 'Never' },
      },
    },
  };
}

const remove = (): Promise<string> =>
  kubectl(['delete', 'job', NAME, '--ignore-not-found', '--wait=true'], { timeoutSeconds: 120 });

/** What the Job said last. */
async function lastWords(): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(['logs', `job/${NAME}`, '--tail=5']);
  const lines = (code === 0 ? stdout : stderr).split('\n').filter((line) => line.trim() !== '');
  return lines.join(' | ') || 'its log is empty';
}

async function create(): Promise<void> {
  const jobs = await list<Job>('jobs', `app.kubernetes.io/name=${WORKLOAD.migrations}`);
  const newest = [...jobs]
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))
    .pop();
  if (newest === undefined) throw new Error('there is no Job of the migrations to repeat: apply the platform');
  await kubectl(['create', '--filename=-'], { input: JSON.stringify(repeated(newest)) });
}

/** Brings the schema to that of the release, which may be younger than what was restored. */
export async function migrateAgain(seconds: number): Promise<void> {
  const begun = await find<Job>('job', NAME);
  // One that an interrupted call has left at work goes on: stopped, a long migration would begin anew.
  if (begun === undefined || isOver(begun)) {
    await remove();
    await create();
  }
  await until(`Job ${NAME} complete; deleted by hand, it is made anew by the same call`, seconds, async () => {
    const job = await find<Job>('job', NAME);
    if (job === undefined) throw new Error(`Job ${NAME} was deleted: the same call makes it anew`);
    if (holds(job, 'Failed')) throw new Error(`Job ${NAME} failed: ${await lastWords()}`);
    return holds(job, 'Complete') ? true : undefined;
  });
  await remove();
}
