import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const PROJECT = path.resolve(__dirname, '..');

/** Compiles the simulator as its image does: a replica that compiles itself would need more memory than one that runs. */
export function compileSimulator(folder: string): string {
  const compiler = require.resolve('typescript/bin/tsc');
  const args = [compiler, '-p', path.join(PROJECT, 'simulator/tsconfig.json'), '--outDir', folder];
  const result = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the simulator does not compile:\n${result.stdout}${result.stderr}`);
  return path.join(folder, 'main.js');
}

/** A simulator process of its own. */
export interface SimulatorProcess {
  readonly pid: number;
  /** Ends it as Kubernetes does and waits for its end. @throws Error with its last words if it did not end with 0 */
  stop(): Promise<void>;
  /** Last lines of its log. */
  log(): string;
}

/**
 * Starts `simulator <command>`.
 * @param program compiled main file
 */
export function startSimulator(program: string, command: string, variables: Record<string, string>): SimulatorProcess {
  const child: ChildProcess = spawn(process.execPath, [program, command], {
    cwd: PROJECT,
    env: { ...process.env, NODE_PATH: path.join(PROJECT, 'node_modules'), NODE_ENV: 'production', ...variables },
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
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`simulator ${command} ended with ${code ?? 'a signal'}: ${log}`);
    },
  };
}
