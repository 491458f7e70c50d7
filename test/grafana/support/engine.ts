import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface RunOptions {
  readonly image: string;
  /** Host names that the container has in the network. */
  readonly aliases?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Port of the container that the loopback of this machine reaches. */
  readonly publish?: number;
  /** Further options of `docker run`. */
  readonly options?: readonly string[];
  readonly command?: readonly string[];
}

/** Containers of one test on a network of their own; all carry a label, so that a script finds them after a killed run. */
export class Engine {
  private readonly label = process.env.EDTECH_CHECK_LABEL ?? `edtech-grafana-check-${process.pid}`;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'edtech-grafana-'));
  private readonly containers: string[] = [];
  private files = 0;

  start(): void {
    docker('network', 'create', '--label', this.label, this.label);
  }

  /** Starts a container. @returns its id */
  run({ image, aliases = [], env = {}, publish, options = [], command = [] }: RunOptions): string {
    const id = docker(
      'run',
      '--detach',
      ...this.common(env),
      ...aliases.flatMap((alias) => ['--network-alias', alias]),
      ...(publish === undefined ? [] : ['--publish', `127.0.0.1::${publish}`]),
      ...options,
      image,
      ...command,
    ).trim();
    this.containers.push(id);
    return id;
  }

  /** Runs a container to its end. @throws Error with its output if it fails */
  runToEnd({ image, env = {}, options = [], command = [] }: RunOptions): string {
    return docker('run', '--rm', ...this.common(env), ...options, image, ...command);
  }

  private common(env: Readonly<Record<string, string>>): string[] {
    const file = path.join(this.folder, `env-${++this.files}`);
    // Not on the command line: every account of this machine can read that.
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    return ['--label', this.label, '--network', this.label, '--env-file', file];
  }

  /** Port of the loopback under which a container's port is reached. */
  port(id: string, port: number): number {
    return Number(docker('port', id, `${port}/tcp`).trim().split(':').at(-1));
  }

  /** Puts files into a folder for a container, readable by everybody or by one account only. @returns the folder */
  folderOf(files: Readonly<Record<string, string>>, owner?: number): string {
    const folder = path.join(this.folder, `files-${++this.files}`);
    mkdirSync(folder, { mode: 0o755 });
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      writeFileSync(file, content, { mode: owner === undefined ? 0o644 : 0o600 });
      if (owner !== undefined) chownSync(file, owner, owner);
    }
    return folder;
  }

  /** Exit code of a container that has ended, or undefined while it runs. */
  exitCode(id: string): number | undefined {
    const [running, code] = docker('inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', id).split(' ');
    return running === 'true' ? undefined : Number(code);
  }

  logs(id: string): string {
    return docker('logs', id);
  }

  remove(id: string): void {
    docker('rm', '--force', '--volumes', id);
    this.containers.splice(this.containers.indexOf(id), 1);
  }

  close(): void {
    for (const id of [...this.containers]) this.remove(id);
    docker('network', 'rm', this.label);
    rmSync(this.folder, { recursive: true });
  }
}

/** @returns what it printed. @throws Error with what docker said */
export function docker(...args: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync('docker', args, { encoding: 'utf8', maxBuffer: 1e8 });
  if (error) throw new Error(`docker ${args[0]} could not be started`, { cause: error });
  if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr}${stdout}`);
  // The output of a container comes on both.
  return args[0] === 'logs' ? stdout + stderr : stdout;
}
