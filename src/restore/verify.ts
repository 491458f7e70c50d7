import { WORKLOAD } from '../names';
import { list, tryKubectl } from '../cluster/kubectl';
import { isReady } from '../cluster/settled';
import type { MemberPod } from './database';

export interface Verified {
  readonly counts: Readonly<Record<(typeof COUNTS)[number], number>>;
  /** Whether `verify` found the database to be exactly what it should be: its exit code says it, the counts say why not. */
  readonly exact: boolean;
}

const COUNTS = ['compared', 'lost', 'extra', 'changed', 'unproven'] as const;

/** What `verify` says in the pod of a simulator; a difference is a result, not an error. */
export async function verify(seconds: number): Promise<Verified> {
  const pods = await list<MemberPod>('pods', `app.kubernetes.io/name=${WORKLOAD.simulator}`);
  // One that is ready was waited for; others may have no node yet, or have been evicted.
  const pod = pods.find(isReady)?.metadata.name;
  if (pod === undefined) throw new Error('no simulator is ready, so nothing can be verified');
  const args = ['exec', pod, '--container=simulator', '--', 'node', '/app/dist/main.js', 'verify'];
  const { code, stdout, stderr } = await tryKubectl(args, { timeoutSeconds: seconds });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`verify printed no result: ${stderr.trim().slice(-500)}`);
  const result = JSON.parse(line) as Verified['counts'];
  const counts = Object.fromEntries(COUNTS.map((name) => [name, result[name]])) as Verified['counts'];
  return { counts, exact: code === 0 };
}
