import { WORKLOAD } from '../names';
import { list, tryKubectl } from './kubernetes';
import type { MemberPod } from './database';

export interface Verified {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

/** What `verify` says in the pod of a simulator; a difference is a result, not an error. */
export async function verify(seconds: number): Promise<Verified> {
  const pods = await list<MemberPod>('pods', `app.kubernetes.io/name=${WORKLOAD.simulator}`);
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name;
  if (pod === undefined) throw new Error('no simulator runs, so nothing can be verified');
  const args = ['exec', pod, '--container=simulator', '--', 'node', '/app/dist/main.js', 'verify'];
  const { stdout, stderr } = await tryKubectl(args, '', seconds);
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`verify printed no result: ${stderr.trim().slice(-500)}`);
  const { compared, lost, extra, changed } = JSON.parse(line) as Verified;
  return { compared, lost, extra, changed };
}
