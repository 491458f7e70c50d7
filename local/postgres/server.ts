import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Account } from './account';
import { ForeignFilesError, isInitialised } from './data-directory';
import { lastLines, sizeOf } from './log';
import { makeWhole, partPrefix } from './whole-folder';

/** What the server needs; all of it stays the same for the life of a data directory but the port and the settings. */
export interface ServerOptions {
  /** Folder with `initdb`, `pg_ctl` and `postgres`. */
  readonly programs: string;
  /** Where the data lives; created when missing. */
  readonly dataDirectory: string;
  /** Server log, appended to. */
  readonly logFile: string;
  /** Account that the server runs as; undefined: ours. */
  readonly account?: Account;
  /** Superuser `postgres`' password, used at initdb. */
  readonly superuserPassword: string;
  /** TCP port on the loopback. */
  readonly port: number;
  /** Settings on top of {@link BASE_SETTINGS}. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** Durable like production (fsync, full_page_writes and synchronous_commit keep their default, on), sized for a laptop. */
export const BASE_SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  // TCP only: a socket folder would have to be writable by the server's account.
  unix_socket_directories: '',
  shared_preload_libraries: 'pg_stat_statements',
  timezone: 'UTC',
  log_timezone: 'UTC',
  shared_buffers: '128MB',
  work_mem: '32MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  wal_level: 'replica',
  max_connections: 100,
  jit: 'off',
};

/** The system cannot load the PostgreSQL programs. */
export class UnloadableError extends Error {}

/** Where the errors of a program go that may not have a pipe. */
interface Output {
  readonly stderr: number;
  /** What is told if it fails. */
  readonly told: () => string;
}

/** A PostgreSQL server on this machine, run by `pg_ctl` in a session of its own, so that Ctrl-C reaches it only through us. */
export class PostgresServer {
  constructor(private readonly options: ServerOptions) {}

  get port(): number {
    return this.options.port;
  }

  /** Process id of the postmaster as its pid file says, or undefined when there is none. The process may be dead. */
  get postmasterPid(): number | undefined {
    return runningServer(this.options.dataDirectory)?.pid;
  }

  /**
   * Creates the data directory unless it is there.
   * @throws ForeignFilesError if something else is there
   */
  initialise(): void {
    const { dataDirectory } = this.options;
    if (isInitialised(dataDirectory)) return;
    // A link to an empty folder elsewhere stays one.
    const place = existsSync(dataDirectory) ? realpathSync(dataDirectory) : dataDirectory;
    makeWhole(place, (folder) => this.initdb(folder, partPrefix(place)));
  }

  /** @param beside how the name of a further folder begins: the account can enter where the data is, TMPDIR may be closed to it */
  private initdb(folder: string, beside: string): void {
    const { dataDirectory, programs, account, superuserPassword } = this.options;
    const secrets = mkdtempSync(beside);
    const passwordFile = path.join(secrets, 'password');
    try {
      writeFileSync(passwordFile, superuserPassword, { mode: 0o600 });
      if (account) for (const place of [folder, secrets, passwordFile]) chownSync(place, account.uid, account.gid);
      this.run(path.join(programs, 'initdb'), [
        `--pgdata=${folder}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--data-checksums',
      ]);
    } catch (error) {
      if (error instanceof UnloadableError) throw error;
      throw new Error(`no data directory could be made for ${dataDirectory}: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      rmSync(secrets, { recursive: true, force: true });
    }
  }

  /**
   * Starts the server and returns when it accepts connections.
   * @throws ForeignFilesError if the log is a link
   */
  start(): void {
    const { dataDirectory, logFile, account, port, settings } = this.options;
    makeLog(logFile, account);
    const options = Object.entries({ ...BASE_SETTINGS, ...settings, port })
      .map(([name, value]) => `-c ${name}='${String(value)}'`)
      .join(' ');
    const args = ['--wait', '--timeout=60', `--log=${logFile}`, `--options=${options}`, `--pgdata=${dataDirectory}`];
    const logged = sizeOf(logFile);
    const folder = mkdtempSync(path.join(tmpdir(), 'edtech-start-'));
    const file = path.join(folder, 'said');
    const said = openSync(file, 'w');
    try {
      // The server inherits pg_ctl's output: a pipe would keep spawnSync waiting for the server's end.
      this.control('start', args, {
        stderr: said,
        told: () => `${readFileSync(file, 'utf8')}${lastLines(logFile, logged)}`,
      });
    } finally {
      closeSync(said);
      rmSync(folder, { recursive: true });
    }
  }

  /** Stops the server; `fast` ends sessions, `immediate` is a crash that the next start recovers from. */
  stop(mode: 'fast' | 'immediate' = 'fast'): void {
    this.control('stop', [`--mode=${mode}`, '--wait', '--timeout=60', `--pgdata=${this.options.dataDirectory}`]);
  }

  private control(command: 'start' | 'stop', args: string[], output?: Output): void {
    this.run(path.join(this.options.programs, 'pg_ctl'), [command, ...args], output);
  }

  private run(program: string, args: string[], output?: Output): void {
    const { account } = this.options;
    const result: SpawnSyncReturns<string> = spawnSync(program, args, {
      // Node takes the upper half of the numbers with a sign here, and without one for files.
      ...(account && { uid: account.uid | 0, gid: account.gid | 0 }),
      cwd: '/',
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', output?.stderr ?? 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    });
    if (result.error) throw whyNotRun(program, result.error);
    if (result.status !== 0) {
      const said = output?.told() ?? result.stderr;
      throw new Error(
        `${path.basename(program)} ${args[0]} ended with ${result.status ?? result.signal}: ${said.trim()}`,
      );
    }
  }
}

/** A program that is there is reported as missing if the loader that it names is. */
const whyNotRun = (program: string, error: Error): Error =>
  (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(program)
    ? new UnloadableError(
        `this system cannot load ${program}: the PostgreSQL programs need glibc in its usual place, and this system has another C library (musl, as on Alpine) or keeps it elsewhere (as NixOS does)`,
        { cause: error },
      )
    : error;

/** Makes the log, or takes the one that is there, for the server's account to write to. */
function makeLog(file: string, account: Account | undefined): void {
  // Through a link root would give away the file that it leads to.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  let log: number;
  try {
    log = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    throw new ForeignFilesError(`${file} is a link; allowed is a file, or none: remove it`, { cause: error });
  }
  try {
    if (account) fchownSync(log, account.uid, account.gid);
  } finally {
    closeSync(log);
  }
}

/**
 * The server that the pid file of a data directory names, if that process lives and is one that this user may have started: an earlier
 * run may have left it behind. PostgreSQL takes the file for stale in the same cases, and writes over it.
 */
export function runningServer(dataDirectory: string): { pid: number; port: number } | undefined {
  const file = path.join(dataDirectory, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  // Lines of postmaster.pid: pid, data directory, start time, port, …
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  // A power cut leaves an empty file; 0 and negative numbers would ask for groups of processes.
  if (!(Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0)) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Gone, or another user's: the number of a server that died was given to somebody else.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  return { pid, port };
}

/** Whether a TCP port of the loopback can be listened on now, and nobody else has it there over IPv6: `localhost` may mean either. */
export async function portIsFree(port: number): Promise<boolean> {
  if ((await whyNotListen(port, '127.0.0.1')) !== undefined) return false;
  // Any other code is that of a machine without IPv6, which has nobody there.
  return (await whyNotListen(port, '::1')) !== 'EADDRINUSE';
}

/** @returns the code of the error, if there is one */
function whyNotListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => resolve(code));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

/** A free TCP port of the loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
