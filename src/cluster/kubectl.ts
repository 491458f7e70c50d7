import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMESPACE } from '../names';
import { isPassing } from './passing';

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
}

export interface NamespacedOptions extends CallOptions {
  /** @default that of the platform */
  readonly namespace?: string;
}

const NO_ANSWER = 'no answer within';

function execute(args: readonly string[], { input = '', timeoutSeconds = 60 }: CallOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'kubectl',
      [...args],
      { maxBuffer: 256 * 2 ** 20, timeout: timeoutSeconds * 1000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else if (error.killed) resolve({ code: 1, stdout, stderr: `${NO_ANSWER} ${timeoutSeconds} s` });
        else reject(new Error(`kubectl can't be run: ${error.message}`));
      },
    );
    child.stdin?.end(input);
  });
}

async function currentContext(): Promise<string | undefined> {
  const { code, stdout, stderr } = await execute(['config', 'current-context']);
  if (code === 0) return stdout.trim();
  // As within a pod, where kubectl finds its cluster without one.
  if (stderr.includes('current-context is not set')) return undefined;
  throw new Error(`kubectl config current-context: ${stderr.trim()}`);
}

let held: Promise<string | undefined> | undefined;

/**
 * The context that was current at this process's first call; every later call names it. Resolved anew by each call, a context that
 * somebody changes in the middle of a restore would send the rest of it, deletion of volumes included, to another cluster.
 */
export const heldContext = (): Promise<string | undefined> => (held ??= currentContext());

/** Runs kubectl, whatever its exit code, on objects that name their own namespaces. */
export async function tryOnCluster(args: readonly string[], options?: CallOptions): Promise<Outcome> {
  const context = await heldContext();
  return execute([...(context === undefined ? [] : [`--context=${context}`]), ...args], options);
}

/** Runs kubectl in a namespace, whatever its exit code. */
export const tryKubectl = (
  args: readonly string[],
  { namespace = NAMESPACE, ...options }: NamespacedOptions = {},
): Promise<Outcome> => tryOnCluster(['--namespace', namespace, ...args], options);

/** A call that failed, with what kubectl said. */
export class KubectlFailed extends Error {
  /** Whether the same call may succeed by itself a little later, as while a control plane starts again. */
  readonly passes: boolean;

  constructor(args: readonly string[], complaints: string) {
    super(`kubectl ${args.slice(0, 4).join(' ')}: ${complaints.trim().slice(-1000)}`);
    this.passes = complaints.startsWith(NO_ANSWER) || isPassing(complaints);
  }
}

/** Runs kubectl. @throws KubectlFailed where it fails */
export async function kubectl(args: readonly string[], options?: NamespacedOptions): Promise<string> {
  const { code, stdout, stderr } = await tryKubectl(args, options);
  if (code !== 0) throw new KubectlFailed(args, stderr);
  return stdout;
}

/** Objects of some kinds. @param selector @default all of them */
export async function list<T>(kinds: string, selector?: string, options?: NamespacedOptions): Promise<readonly T[]> {
  const chosen = selector === undefined ? [] : [`--selector=${selector}`];
  return (JSON.parse(await kubectl(['get', kinds, ...chosen, '--output=json'], options)) as { items: T[] }).items;
}

/** One object, or undefined where there is none. */
export async function find<T>(kind: string, name: string): Promise<T | undefined> {
  const text = await kubectl(['get', kind, name, '--ignore-not-found', '--output=json']);
  return text.trim() === '' ? undefined : (JSON.parse(text) as T);
}

/**
 * Asks until the answer is not undefined. An API server that is away for the moment has not answered; every other error ends it.
 * @throws Error that says what was waited for, what `state` was at last, and why that was not to be known
 */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  state: () => string = () => '',
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    let missed = '';
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof KubectlFailed && error.passes)) throw error;
      missed = error.message;
    }
    if (Date.now() > end) {
      const last = [state(), missed].filter((text) => text !== '').join('; ');
      throw new Error(`${what}: not within ${seconds} s${last === '' ? '' : ` (${last})`}`);
    }
    await sleep(2000);
  }
}
