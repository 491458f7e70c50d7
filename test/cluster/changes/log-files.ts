import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NAMESPACE } from '../../../src/names';
import { get } from '../support/cluster';
import { sleep } from '../../support/eventually';

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: { readonly waiting?: object };
}

interface LoggingPod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: Readonly<Partial<Record<'containerStatuses' | 'initContainerStatuses', readonly ContainerStatus[]>>>;
}

/** A list of pods that fails once only delays what follows it by a moment. */
const TOLERATED_FAILURES = 10;

/** Keeps the logs of every container of the platform, also of those whose pods are deleted. */
export class LogFiles {
  private readonly children = new Map<string, ChildProcess>();
  private stopped = false;
  private readonly watching: Promise<void>;
  readonly problems: string[] = [];

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    this.watching = this.run();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped) {
      try {
        await this.follow();
        failures = 0;
      } catch (error) {
        if (++failures > TOLERATED_FAILURES) this.problems.push((error as Error).message);
      }
      await sleep(1);
    }
  }

  private async follow(): Promise<void> {
    for (const { metadata, status } of (await get<{ items: LoggingPod[] }>(['pods'])).items) {
      const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
      for (const { name, restartCount, state } of all) {
        const key = `${metadata.name}.${name}.${metadata.uid.slice(0, 8)}.${restartCount}`;
        if (state?.waiting !== undefined || this.children.has(key)) continue;
        const args = ['--namespace', NAMESPACE, 'logs', '--follow', metadata.name, '--container', name];
        const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
        child.stdout.pipe(createWriteStream(path.join(this.directory, `${key}.log`)));
        child.on('error', (error) => this.problems.push(error.message));
        this.children.set(key, child);
      }
    }
  }

  /** Lines of containers whose pod's name begins with a prefix, each with its file. */
  lines(prefix = ''): { readonly file: string; readonly line: string }[] {
    return readdirSync(this.directory)
      .filter((file) => file.startsWith(prefix))
      .flatMap((file) =>
        readFileSync(path.join(this.directory, file), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ({ file, line })),
      );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
    for (const child of this.children.values()) child.kill();
  }
}
