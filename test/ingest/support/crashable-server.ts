import { spawnSync } from 'node:child_process';
import { databaseUrl, generatePasswords, superuserUrl, type DatabaseAddress } from '../../../local/postgres/bootstrap';
import { withClient } from '../../../local/postgres/client';
import { createMigrated } from '../../../local/postgres/migrated';
import { startThrowawayServer, type ThrowawayServer } from '../../support/throwaway-server';
import { soon } from '../../support/eventually';

/** A PostgreSQL server of its own, with the migrated database, that may be killed and started again. */
export class CrashableServer {
  private killed: number | undefined;

  private constructor(
    private readonly server: ThrowawayServer,
    private readonly address: DatabaseAddress,
  ) {}

  /** @param settings PostgreSQL settings, such as `synchronous_commit` */
  static async start(settings: Record<string, string | number> = {}): Promise<CrashableServer> {
    const passwords = generatePasswords();
    const server = await startThrowawayServer(passwords, settings);
    const address = { port: server.port, passwords, database: 'edtech' };
    await createMigrated(address);
    return new CrashableServer(server, address);
  }

  get port(): number {
    return this.address.port;
  }

  /** Connection string of the simulator's login, through another port such as a proxy's. */
  url(port = this.address.port): string {
    return databaseUrl({ ...this.address, port }, 'simulator');
  }

  /** Runs one statement as superuser, which sees every table. */
  async ask<Row extends object>(sql: string): Promise<Row[]> {
    const { rows } = await withClient(superuserUrl(this.address), (client) => client.query<Row>(sql));
    return rows;
  }

  /** SIGKILL for the postmaster and everything that it started: nothing gets to write what it had in memory. */
  crash(): void {
    const postmaster = this.server.server.postmasterPid;
    if (postmaster === undefined) throw new Error('there is no server to be killed');
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    const children = stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === postmaster)
      .map(([pid]) => pid);
    this.killed = postmaster;
    for (const pid of [postmaster, ...children]) kill(pid);
  }

  /** Starts the server after {@link crash}; its data directory is free when the process of before is gone. */
  async restart(): Promise<void> {
    await soon('the killed server is gone', () => this.killed === undefined || !isAlive(this.killed));
    this.server.server.start();
  }

  remove(): void {
    this.server.remove();
  }
}

/** A backend may have gone by itself since it was listed. */
const kill = (pid: number): boolean => signal(pid, 'SIGKILL');
const isAlive = (pid: number): boolean => signal(pid, 0);

/** @returns false if there is no such process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
