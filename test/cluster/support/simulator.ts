import { WORKLOAD } from '../../../src/names';
import { inPod } from './cluster';
import { readyPods } from './members';

export interface Verified {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

async function simulatorPod(): Promise<string> {
  const [pod] = await readyPods(WORKLOAD.simulator);
  if (pod === undefined) throw new Error('no simulator is ready');
  return pod;
}

/** The simulator's own proof: what the seed says against what the database holds. Exit code 1 of the command is a result. */
export async function verify(timeoutSeconds = 240): Promise<Verified> {
  const pod = await simulatorPod();
  // Why it failed stands on standard error.
  const script = 'node /app/dist/main.js verify 2>&1; echo "exit $?"';
  const text = await inPod(pod, 'simulator', ['bash', '-c', script], { timeoutSeconds });
  const line = text.split('\n').find((part) => part.startsWith('{"compared"'));
  if (line === undefined) throw new Error(`verify printed no result: ${text.slice(-2000)}`);
  const { compared, lost, extra, changed } = JSON.parse(line) as Verified;
  return { compared, lost, extra, changed };
}
