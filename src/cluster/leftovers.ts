import { hasEnded } from './settled';
import { words } from '../words';

/** As much of a live object as deciding needs. */
export interface LiveObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly ownerReferences?: readonly { readonly uid: string }[];
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  /** Of a ControllerRevision an earlier pod template, of others what they hold. */
  readonly data?: unknown;
  readonly status?: { readonly succeeded?: number; readonly phase?: string };
}

/** As much of the spec of what makes pods as naming their images needs. */
interface PodOwner {
  readonly template?: {
    readonly spec?: Readonly<Partial<Record<'initContainers' | 'containers', readonly { readonly image: string }[]>>>;
  };
}

const NAME = 'app.kubernetes.io/name';
/** Content hash or revision at the end of a name. */
const REPLACEABLE = /-(?:[0-9a-f]{10}|r[1-9]\d*)$/;

const isOurs = ({ metadata }: LiveObject): boolean => metadata.labels?.['app.kubernetes.io/managed-by'] === 'cdk8s';
const isReplaceable = (object: LiveObject): boolean => isOurs(object) && REPLACEABLE.test(object.metadata.name);

/** What runs now; what is kept for a roll-back does not. */
const RUNNING = ['Deployment', 'StatefulSet', 'DaemonSet'];

function imagesOf({ spec }: LiveObject): string[] {
  const { initContainers = [], containers = [] } = (spec as PodOwner | undefined)?.template?.spec ?? {};
  return [...initContainers, ...containers].map(({ image }) => image);
}

const isSuperseded = ({ metadata }: LiveObject, jobs: readonly LiveObject[]): boolean =>
  jobs.some(
    (other) =>
      other.metadata.labels?.[NAME] === metadata.labels?.[NAME] &&
      other.metadata.creationTimestamp > metadata.creationTimestamp,
  );

/**
 * Finished Jobs of earlier templates. The newest of each workload stays, or an apply would run it again, and so does the newest of those whose
 * images run: after a roll-back that is the Job of the release that is applied, and the newest one is that of the release before.
 */
function oldJobs(objects: readonly LiveObject[]): LiveObject[] {
  const jobs = objects.filter((object) => object.kind === 'Job' && isReplaceable(object));
  const live = new Set(objects.filter(({ kind }) => RUNNING.includes(kind)).flatMap(imagesOf));
  const current = jobs.filter((job) => imagesOf(job).every((image) => live.has(image)));
  return jobs.filter(
    (job) =>
      (job.status?.succeeded ?? 0) > 0 &&
      isSuperseded(job, jobs) &&
      (!current.includes(job) || isSuperseded(job, current)),
  );
}

/** Where an object names others. Templates that are kept for a roll-back of a StatefulSet or DaemonSet live as long as their owner. */
function naming(object: LiveObject, uids: ReadonlySet<string>): unknown {
  if (object.kind !== 'ControllerRevision') return object.spec;
  return object.metadata.ownerReferences?.some(({ uid }) => uids.has(uid)) === true ? object.data : undefined;
}

/**
 * Objects of earlier releases that nothing names any more. What is kept for a roll-back counts as live (ReplicaSets, ControllerRevisions
 * of a live owner), and so does every Job that stays; finished pods do not.
 */
export function leftovers(objects: readonly LiveObject[]): LiveObject[] {
  const jobs = oldJobs(objects);
  const gone = new Set(jobs);
  const named = new Set<string>();
  const uids = new Set(objects.flatMap(({ metadata: { uid } }) => (uid === undefined ? [] : [uid])));
  for (const object of objects) {
    const finished = object.kind === 'Pod' && hasEnded(object);
    if (!gone.has(object) && !finished) for (const word of words(naming(object, uids))) named.add(word);
  }
  const unnamed = objects.filter(
    (object) =>
      ['ConfigMap', 'Secret'].includes(object.kind) && isReplaceable(object) && !named.has(object.metadata.name),
  );
  return [...jobs, ...unnamed];
}
