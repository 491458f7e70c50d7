import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { PROJECT } from './home';

/** A simulator command could not do its work. */
export class CommandError extends Error {
  constructor(
    command: string,
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`simulator ${command} ended with ${exitCode ?? 'a signal'}: ${output.trim().split('\n').slice(-5).join('\n')}`);
  }
}

/** Starts `simulator <args>` as a process of its own, in its own session so that Ctrl-C reaches it only through us. */
export function startSimulator(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ['-r', path.join(PROJECT, 'local/register.js'), path.join(PROJECT, 'simulator/src/main.ts'), ...args], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/**
 * Runs a simulator command to its end.
 * @param onLine gets each line of standard error (the JSON log)
 * @returns standard output
 * @throws CommandError unless it ends with 0 or one of `accept`
 */
export function runSimulator(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => undefined,
  accept: readonly number[] = [],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = startSimulator(args, env);
    let output = '';
    let errors = '';
    let rest = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-10_000);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      lines.forEach(onLine);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0 || (code !== null && accept.includes(code))) resolve(output);
      else reject(new CommandError(args[0], code, errors + output));
    });
  });
}
