import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/root';

/**
 * Compiles the simulator as its image does, once per folder: a replica that compiles itself would need more memory than one
 * that runs.
 * @returns the compiled main file
 */
export function compileSimulator(folder: string): string {
  const home = path.join(folder, 'simulator');
  const program = path.join(home, 'dist/main.js');
  if (existsSync(program)) return program;
  const compiler = require.resolve('typescript/bin/tsc');
  const source = path.join(ROOT, 'simulator');
  const args = [compiler, '-p', path.join(source, 'tsconfig.json'), '--outDir', path.dirname(program)];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the simulator does not compile:\n${result.stdout}${result.stderr}`);
  copyFileSync(path.join(source, 'package.json'), path.join(home, 'package.json'));
  return program;
}

/** A live replica as a process of its own. */
export interface SimulatorProcess {
  readonly pid: number;
  /** Ends it as Kubernetes does and waits for its end. @throws Error with its last words if it did not end with 0 */
  stop(): Promise<void>;
  /** Last lines of its log. */
  log(): string;
  ended(): boolean;
}

const environment = (variables: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_PATH: path.join(ROOT, 'node_modules'),
  NODE_ENV: 'production',
  ...variables,
});

/**
 * Runs a command of the simulator to its end; its progress goes to our standard error.
 * @param program compiled main file
 * @param accept exit codes that are an answer, besides 0
 * @returns standard output
 * @throws Error for any other exit code
 */
export async function runSimulator(
  program: string,
  args: readonly string[],
  variables: Record<string, string>,
  accept: readonly number[] = [],
): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: environment(variables),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === null || ![0, ...accept].includes(code))
    throw new Error(`simulator ${args.join(' ')} ended with ${code ?? 'a signal'}: ${output.slice(-2000)}`);
  return output;
}

/**
 * Starts a command of the simulator.
 * @param program compiled main file
 */
export function startSimulator(
  program: string,
  args: readonly string[],
  variables: Record<string, string>,
): SimulatorProcess {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: environment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const keep = (chunk: Buffer): void => void (log = (log + chunk.toString()).slice(-4000));
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    pid: child.pid!,
    log: () => log,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`simulator ${args.join(' ')} ended with ${code ?? 'a signal'}: ${log}`);
    },
  };
}
