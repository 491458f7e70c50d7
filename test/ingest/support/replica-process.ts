import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../../src/root';
import { PgProxy } from '../../support/pg-proxy';
import { soon } from '../../support/eventually';

/** A line of a replica's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly replica?: string;
  readonly port?: number;
}

/** `simulator run` as a process of its own, behind a proxy of its own. */
export class ReplicaProcess {
  readonly log: LogLine[] = [];
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  /** @param environment configuration but `DATABASE_URL` */
  constructor(
    readonly proxy: PgProxy,
    databaseUrl: string,
    environment: Record<string, string>,
  ) {
    const register = path.join(ROOT, 'local/register.js');
    this.child = spawn(process.execPath, ['-r', register, path.join(ROOT, 'simulator/src/main.ts'), 'run'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, HTTP_PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.log.push(JSON.parse(line) as LogLine));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** Name under which the process holds leases; undefined until it has started. */
  get name(): string | undefined {
    return this.log.find(({ replica }) => replica !== undefined)?.replica;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** SIGTERM, as Kubernetes stops it. @returns the exit code */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** Sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const port = (): number | undefined => this.log.find((line) => line.port !== undefined)?.port;
    await soon('the health server listens', () => port() !== undefined);
    const response = await fetch(`http://127.0.0.1:${port()}/metrics`);
    const samples = (await response.text()).split('\n').filter((line) => new RegExp(`^${name}(\\{| )`).test(line));
    if (samples.length === 0) throw new Error(`no metric ${name}`);
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}
