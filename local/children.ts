import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../src/root';
import { inherited } from './environment';

type Environment = Readonly<Record<string, string>>;

/** A process of ours could not do its work. */
export class ChildError extends Error {
  constructor(
    what: string,
    readonly exitCode: number | null,
    output: string,
  ) {
    super(`${what} ended with ${exitCode ?? 'a signal'}: ${lastWords(output)}`);
  }
}

/** The last lines of what it said. Those of a stack do not count: what went wrong stands above them. */
function lastWords(output: string): string {
  const lines = output.trim().split('\n');
  let first = lines.length;
  for (let words = 0; first > 0 && words < 8;) if (!/^\s+at /.test(lines[--first])) words++;
  return lines.slice(first).join('\n');
}

/** In a session of its own, so that Ctrl-C reaches it only through us; its input ends when we do. */
function start(script: string, args: readonly string[], env: Environment): ChildProcess {
  return spawn(process.execPath, ['-r', path.join(ROOT, 'local/register.js'), path.join(ROOT, script), ...args], {
    env: { ...inherited(process.env), ...env },
    detached: true,
    stdio: 'pipe',
  });
}

/** How long a script that is told to stop may take to end its step; then it is killed, and the database undoes what it has not committed. */
const STOP_MS = 1000;

/** Sees to it that a process ends soon after `stop`. @returns what to call once it has ended */
function endWith(child: ChildProcess, stop: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  if (stop?.aborted === true) end();
  else stop?.addEventListener('abort', end, { once: true });
  return () => {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  };
}

interface ScriptOptions {
  /** Gets each line of standard output. */
  readonly onOutput?: (line: string) => void;
  /** Exit codes that are an answer too, not a failure. */
  readonly accept?: readonly number[];
  /** Ends the script within about a second; it fails then, unless it was done. */
  readonly stop?: AbortSignal;
}

/**
 * Runs a script of ours to its end.
 * @returns standard output
 * @throws ChildError for any other exit code
 */
export function runScript(
  [script, ...args]: readonly string[],
  env: Environment,
  { onOutput = () => undefined, accept = [], stop }: ScriptOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = start(script, args, env);
    const ended = endWith(child, stop);
    let output = '';
    let errors = '';
    let rest = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      lines.forEach(onOutput);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-10_000)));
    child.once('error', reject);
    child.once('close', (code) => {
      ended();
      const answered = code !== null && accept.includes(code) && output !== '';
      if (code === 0 || answered) resolve(output);
      else reject(new ChildError([path.basename(script, '.ts'), ...args].join(' '), code, errors || output));
    });
  });
}

/** Runs a simulator command, like {@link runScript}. */
export function runSimulator(args: readonly string[], env: Environment, options?: ScriptOptions): Promise<string> {
  return runScript(['simulator/src/main.ts', ...args], env, options);
}

/** The live replicas of the run. */
export class Replicas {
  private stopping = false;
  private readonly children: { readonly child: ChildProcess; readonly ended: Promise<void> }[] = [];

  /** @param onFailure called when a replica ends although nobody asked it to */
  constructor(count: number, env: Environment, log: (text: string) => void, onFailure: (error: ChildError) => void) {
    for (let number = 1; number <= count; number++) {
      const name = `replica-${number}`;
      const child = start('local/replica.ts', [], { ...env, INGEST_REPLICA: name });
      let last = '';
      const keep = (text: string): void => {
        last = (last + text).slice(-4000);
        log(text);
      };
      child.stdout!.setEncoding('utf8').on('data', keep);
      child.stderr!.setEncoding('utf8').on('data', keep);
      const ended = new Promise<void>((resolve) => {
        child.once('close', (code) => {
          if (!this.stopping) onFailure(new ChildError(name, code, last));
          resolve();
        });
      });
      this.children.push({ child, ended });
    }
  }

  /** Lets each finish its batch and give its shards back. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { child } of this.children) child.kill('SIGTERM');
    await Promise.all(this.children.map(({ ended }) => ended));
  }
}
