import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** All containers, networks and volumes carry it: by it `.ci/lib/engine.sh` finds what a run that was stopped has left. */
export const CHECK_LABEL = process.env.EDTECH_CHECK_LABEL ?? 'edtech-check';

/** Options of `docker run` that take away what no pod of the platform has: a root to write to, and capabilities. */
export const LOCKED_DOWN = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

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

/** Containers of one test file, on a network of their own. */
export class Containers {
  private readonly network = `${CHECK_LABEL}-${process.pid}`;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'edtech-containers-'));
  private readonly running = new Set<string>();
  private readonly volumes: string[] = [];
  private files = 0;

  constructor() {
    docker('network', 'create', '--label', CHECK_LABEL, this.network);
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
    this.running.add(id);
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
    return ['--label', CHECK_LABEL, '--network', this.network, '--env-file', file];
  }

  /** Port of the loopback under which a container's port is reached. */
  port(id: string, port: number): number {
    return Number(docker('port', id, `${port}/tcp`).trim().split(':').at(-1));
  }

  /** Puts files into a folder for a container, readable by everybody or by one account only. @returns the folder */
  folderOf(files: Readonly<Record<string, string>>, owner?: number): string {
    const folder = path.join(this.folder, `files-${++this.files}`);
    writeFolder(folder, files, owner);
    return folder;
  }

  /** A volume that outlives a container. @returns its name */
  volume(): string {
    const name = `${this.network}-${this.volumes.length}`;
    docker('volume', 'create', '--label', CHECK_LABEL, name);
    this.volumes.push(name);
    return name;
  }

  /** Number of files below a folder of a volume. */
  filesIn(volume: string, folder: string): number {
    const place = docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume).trim();
    const below = path.join(place, folder);
    return existsSync(below)
      ? readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
      : 0;
  }

  /** Exit code of a container that has ended, or undefined while it runs. */
  exitCode(id: string): number | undefined {
    const [running, code] = docker('inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', id).split(' ');
    return running === 'true' ? undefined : Number(code);
  }

  /** What it has written, to either output. @throws Error if there is no such container */
  logs(id: string): string {
    const { ok, stdout, stderr } = ended(['logs', id]);
    if (!ok) throw new Error(`docker logs failed: ${stderr}`);
    return stdout + stderr;
  }

  /** Ends a container as the platform ends a pod, and removes it. */
  stop(id: string): void {
    docker('stop', '--time', '30', id);
    this.remove(id);
  }

  remove(id: string): void {
    docker('rm', '--force', '--volumes', id);
    this.running.delete(id);
  }

  close(): void {
    for (const id of this.running) this.remove(id);
    if (this.volumes.length > 0) docker('volume', 'rm', ...this.volumes);
    docker('network', 'rm', this.network);
    rmSync(this.folder, { recursive: true });
  }
}

/** What a program in a container came to. */
export interface Outcome {
  /** Whether it was content. */
  readonly ok: boolean;
  /** Its standard output; where it was not content, its standard error too. */
  readonly output: string;
}

/** Runs one program of an image to its end, without a network. @param options further ones of `docker run` */
export function runProgram(
  image: string,
  program: string,
  args: readonly string[],
  options: readonly string[],
): Outcome {
  const common = ['--rm', '--label', CHECK_LABEL, '--network', 'none', '--read-only'];
  const { ok, stdout, stderr } = ended(['run', ...common, ...options, '--entrypoint', program, image, ...args]);
  return { ok, output: ok ? stdout : stdout + stderr };
}

/** Makes a folder with files in it, readable by everybody or by one account only, whatever the umask is. */
export function writeFolder(folder: string, files: Readonly<Record<string, string>>, owner?: number): void {
  const make = (below: string): void => {
    mkdirSync(below, { recursive: true });
    chmodSync(below, 0o755);
  };
  make(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    for (let at = path.dirname(file); at !== folder; at = path.dirname(at)) make(at);
    writeFileSync(file, content, { mode: 0o600 });
    if (owner === undefined) chmodSync(file, 0o644);
    else chownSync(file, owner, owner);
  }
}

/** @returns what it printed. @throws Error with what docker said */
function docker(...args: readonly string[]): string {
  const { ok, stdout, stderr } = ended(args);
  if (!ok) throw new Error(`docker ${args[0]} failed: ${stderr}${stdout}`);
  return stdout;
}

/** @throws Error if docker cannot be started */
function ended(args: readonly string[]): { readonly ok: boolean; readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr, status, error } = spawnSync('docker', args, { encoding: 'utf8', maxBuffer: 1e8 });
  if (error) throw new Error(`docker ${args[0]} could not be started`, { cause: error });
  return { ok: status === 0, stdout, stderr };
}
