import { LONGEST_PROOF_SECONDS } from '../../rules/transactions';
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

/** A timer holds no more milliseconds: one for longer would end at once. */
const LONGEST_TIMER_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/**
 * What `verify` says in the pod of a simulator; a difference is a result, not an error.
 * @param waitSeconds that it may take, where that is more than every proof may
 */
export async function verify(waitSeconds: number): Promise<Verified> {
  const pods = await list<MemberPod>('pods', `app.kubernetes.io/name=${WORKLOAD.simulator}`);
  // One that is ready was waited for; others may have no node yet, or have been evicted.
  const pod = pods.find(isReady)?.metadata.name;
  if (pod === undefined) throw new Error('no simulator is ready, so nothing can be verified');
  const args = ['exec', pod, '--container=simulator', '--', 'node', '/app/dist/main.js', 'verify'];
  // It begins anew with each call: one that is ended early never comes to its end.
  const seconds = Math.min(Math.ceil(Math.max(waitSeconds, LONGEST_PROOF_SECONDS)), LONGEST_TIMER_SECONDS);
  const { code, stdout, stderr } = await tryKubectl(args, { timeoutSeconds: seconds });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`verify printed no result: ${stderr.trim().slice(-500)}`);
  const result = JSON.parse(line) as Verified['counts'];
  const counts = Object.fromEntries(COUNTS.map((name) => [name, result[name]])) as Verified['counts'];
  return { counts, exact: code === 0 };
}
