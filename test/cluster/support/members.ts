import { WORKLOAD } from '../../../src/names';
import { isReady } from '../../../src/cluster/settled';
import { eventually } from '../../support/eventually';
import { get, inPod } from './cluster';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

/** A member as Kubernetes and Patroni describe it. */
export interface Member {
  readonly name: string;
  readonly node: string;
  readonly address: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly role: string;
  /** For example `running`; `streaming` for a replica that follows. */
  readonly state: string;
  readonly timeline: number;
}

export interface Cluster {
  readonly primary: Member;
  readonly standbys: readonly Member[];
}

export async function pods(name: string): Promise<Pod[]> {
  return (await get<{ items: Pod[] }>(['pods', '--selector', `app.kubernetes.io/name=${name}`])).items;
}

/** Pods of a workload that are ready. */
export const readyPods = async (name: string): Promise<string[]> =>
  (await pods(name)).filter(isReady).map(({ metadata }) => metadata.name);

export async function members(): Promise<Member[]> {
  return (await pods(WORKLOAD.postgres)).map((pod) => {
    const { metadata, spec, status } = pod;
    const said = JSON.parse(metadata.annotations?.status ?? '{}') as Record<string, string | number | undefined>;
    return {
      name: metadata.name,
      node: spec.nodeName ?? '',
      address: status.podIP ?? '',
      ready: isReady(pod),
      restarts: status.containerStatuses?.find(({ name }) => name === 'postgres')?.restartCount ?? 0,
      role: metadata.labels?.role ?? '',
      state: String(said.replication_state ?? said.state ?? ''),
      timeline: Number(said.timeline ?? 0),
    };
  });
}

interface LockObject {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

/** The cluster if all of it is well: one primary that holds the lock, all others follow it and may acknowledge its commits. */
export async function wholeCluster(expected: number): Promise<Cluster | undefined> {
  const [all, leader, sync] = await Promise.all([
    members(),
    get<LockObject>(['configmap', `${WORKLOAD.postgres}-leader`]),
    get<LockObject>(['configmap', `${WORKLOAD.postgres}-sync`]),
  ]);
  const primary = all.find(({ name }) => name === leader.metadata.annotations?.leader);
  const standbys = all.filter((member) => member !== primary);
  const acknowledging = (sync.metadata.annotations?.sync_standby ?? '').split(',').filter((name) => name !== '');
  const well =
    primary !== undefined &&
    all.length === expected &&
    all.every(({ ready, timeline }) => ready && timeline === primary.timeline) &&
    primary.role === 'primary' &&
    primary.state === 'running' &&
    standbys.every(({ role, state }) => role === 'replica' && state === 'streaming') &&
    sync.metadata.annotations?.leader === primary.name &&
    standbys.every(({ name }) => acknowledging.includes(name));
  return well ? { primary, standbys } : undefined;
}

/** Patroni tells Kubernetes about its member once per loop, and more seldom while its API is slow: what it says may be older than a fault. */
const SETTLED_MS = 7000;

/** Waits until all members are well and have been for a while, and the primary answers a new connection. */
export async function untilWhole(expected: number, seconds: number): Promise<Cluster & { readonly sinceMs: number }> {
  let sinceMs: number | undefined;
  let known = '';
  return eventually('all members well', seconds, async () => {
    const beganMs = Date.now();
    const cluster = await wholeCluster(expected);
    const key = JSON.stringify([cluster?.primary, cluster?.standbys]);
    if (cluster === undefined || key !== known) sinceMs = undefined;
    known = key;
    if (cluster === undefined) return undefined;
    try {
      await sql(cluster.primary.name, 'select 1;');
    } catch (error) {
      sinceMs = undefined;
      throw error;
    }
    sinceMs ??= beganMs;
    return Date.now() - sinceMs >= SETTLED_MS ? { ...cluster, sinceMs } : undefined;
  });
}

/** A planned move of the primary. @param candidate default: whichever standby is first */
export async function switchOver(primary: Member, candidate?: Member): Promise<void> {
  const to = candidate === undefined ? [] : ['--candidate', candidate.name];
  const flags = ['--leader', primary.name, ...to, '--force'];
  await inPod(primary.name, 'postgres', ['patronictl', '-c', '/etc/patroni', 'switchover', ...flags]);
}

/** Runs SQL as superuser within a member's pod and returns the rows, fields divided by `|`. */
export async function sql(member: string, text: string, database = 'edtech'): Promise<string[]> {
  const answer = await inPod(member, 'postgres', ['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database], {
    input: text,
    timeoutSeconds: 15,
  });
  return answer.split('\n').filter((line) => line !== '');
}
