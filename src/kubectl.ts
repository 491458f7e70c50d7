import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMESPACE } from './names';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  /** @default none */
  readonly input?: string;
  /** Without an answer by then it counts as failed: a server that is frozen would hold up its caller for ever. @default 60 */
  readonly timeoutSeconds?: number;
  /** @default that of the platform */
  readonly namespace?: string;
}

/** Runs kubectl in a namespace, whatever its exit code. */
export function tryKubectl(args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  const { input = '', timeoutSeconds = 60, namespace = NAMESPACE } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      'kubectl',
      ['--namespace', namespace, ...args],
      { maxBuffer: 256 * 2 ** 20, timeout: timeoutSeconds * 1000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else if (error.killed) resolve({ code: 1, stdout, stderr: `no answer within ${timeoutSeconds} s` });
        else reject(new Error(`kubectl can't be run: ${error.message}`));
      },
    );
    child.stdin?.end(input);
  });
}

/** Runs kubectl. @throws Error with what it said where it fails */
export async function kubectl(args: readonly string[], options?: CallOptions): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(args, options);
  if (code !== 0) throw new Error(`kubectl ${args.slice(0, 4).join(' ')}: ${stderr.trim().slice(-1000)}`);
  return stdout;
}

/** Objects of some kinds. @param selector @default all of them */
export async function list<T>(kinds: string, selector?: string, options?: CallOptions): Promise<readonly T[]> {
  const chosen = selector === undefined ? [] : [`--selector=${selector}`];
  return (JSON.parse(await kubectl(['get', kinds, ...chosen, '--output=json'], options)) as { items: T[] }).items;
}

/** One object, or undefined where there is none. */
export async function find<T>(kind: string, name: string): Promise<T | undefined> {
  const text = await kubectl(['get', kind, name, '--ignore-not-found', '--output=json']);
  return text.trim() === '' ? undefined : (JSON.parse(text) as T);
}

/** Asks until the answer is not undefined. @throws Error that says what was waited for and what `state` was at last */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  state: () => string = () => '',
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) {
      const last = state();
      throw new Error(`${what}: not within ${seconds} s${last === '' ? '' : ` (${last})`}`);
    }
    await sleep(2000);
  }
}
