import { WORKLOAD } from '../../../src/names';
import { inPod } from './cluster';
import { readyPods } from './members';

export interface Verified {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
  /** Of the command: 0 if something was compared, nothing differs and all that was dropped is proven. */
  readonly exitCode: number;
}

/** What verify shows when all is well. */
export const EXACT = { lost: 0, extra: 0, changed: 0, exitCode: 0 } as const;

export const isExact = ({ lost, extra, changed, exitCode }: Verified): boolean =>
  lost + extra + changed + exitCode === 0;

async function simulatorPod(): Promise<string> {
  const [pod] = await readyPods(WORKLOAD.simulator);
  if (pod === undefined) throw new Error('no simulator is ready');
  return pod;
}

/**
 * Reads what verify printed, its exit code in the last line.
 * @throws Error when it came to no result
 */
export function readVerified(text: string): Verified {
  const line = text.split('\n').find((part) => part.startsWith('{"compared"'));
  const exit = /^exit (\d+)$/.exec(text.trimEnd().split('\n').at(-1) ?? '');
  if (line === undefined || exit === null) throw new Error(`verify printed no result: ${text.slice(-2000)}`);
  const { compared, lost, extra, changed } = JSON.parse(line) as Verified;
  return { compared, lost, extra, changed, exitCode: Number(exit[1]) };
}

/** The simulator's own proof: what the seed says against what the database holds. Exit code 1 of the command is a result. */
export async function verify(timeoutSeconds = 240): Promise<Verified> {
  const pod = await simulatorPod();
  // Why it failed stands on standard error.
  const script = 'node /app/dist/main.js verify 2>&1; echo "exit $?"';
  return readVerified(await inPod(pod, 'simulator', ['bash', '-c', script], { timeoutSeconds }));
}
