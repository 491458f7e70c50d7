import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOG_DAYS } from '../../charts/airflow-commands';
import { WORKLOAD } from '../../src/names';
import { platformObjects, templateOf } from '../policy/support/objects';
import { soon } from '../support/eventually';

const WRITERS = [WORKLOAD.airflowScheduler, WORKLOAD.airflowDagProcessor];
const TASK = 'dag_id=d/run_id=r/task_id=t';
const DAY_MS = 86_400_000;

const argsOf = (workload: string): readonly string[] =>
  templateOf(
    platformObjects('production').find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === workload)!,
  )!.spec.containers[0].args!;

let work: string;
let service: ChildProcess | undefined;
beforeEach(() => (work = mkdtempSync(path.join(tmpdir(), 'edtech-airflow-logs-'))));
/** Whether the service, or what goes on beside it, is still there. */
function alive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

afterEach(() => {
  if (service?.pid !== undefined && alive(service.pid)) process.kill(-service.pid, 'SIGKILL');
  service = undefined;
  rmSync(work, { recursive: true });
});

const log = (name: string): string => path.join(work, 'logs', name);
function aged(name: string, days: number): void {
  const then = new Date(Date.now() - days * DAY_MS);
  utimesSync(log(name), then, then);
}
function write(name: string, days: number): void {
  mkdirSync(path.dirname(log(name)), { recursive: true });
  writeFileSync(log(name), 'a line\n');
  aged(name, days);
}
function empty(name: string, days: number): void {
  mkdirSync(log(name), { recursive: true });
  aged(name, days);
}
const left = (): string[] => (readdirSync(path.join(work, 'logs'), { recursive: true }) as string[]).sort();

/** Starts a container's command with stand-ins for what it calls: an hour passes in 50 ms, the database is there. */
function start(args: readonly string[]): ChildProcess {
  const bin = path.join(work, 'bin');
  mkdirSync(bin);
  for (const [name, does] of [
    ['sleep', '/bin/sleep 0.05'],
    ['python', 'exit 0'],
    ['airflow', `echo "$@" >"${work}/started"; exec /bin/sleep 600`],
  ]) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${does}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  const env = { PATH: `${bin}:${process.env.PATH}`, AIRFLOW_HOME: work };
  return spawn(args[0], args.slice(1), { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
}

test.each(WRITERS)('%s deletes logs that are old enough while it runs, and nothing else', async (workload) => {
  write(`${TASK}/attempt=1.log`, LOG_DAYS.tasks + 0.1);
  write(`${TASK}/attempt=2.log`, LOG_DAYS.tasks - 0.1);
  write('dag_processor/2026-03-01/dags-folder/old.py.log', LOG_DAYS.dagProcessor + 0.1);
  write('dag_processor/2026-03-02/dags-folder/new.py.log', LOG_DAYS.dagProcessor - 0.1);
  write('at-the-top.log', 100);
  empty('dag_id=gone/run_id=r', 2.1);
  empty('dag_id=made/run_id=r', 0);
  service = start(argsOf(workload));
  const old = ['dag_id=gone/run_id=r', `${TASK}/attempt=1.log`, 'dag_processor/2026-03-01/dags-folder/old.py.log'];
  await soon('what is old gone', () => !old.some((name) => existsSync(log(name))));
  await soon('the service started', () => existsSync(path.join(work, 'started')));
  expect(left().filter((name) => /\.log$|run_id=r$|\d$/.test(name))).toEqual([
    'at-the-top.log',
    'dag_id=d/run_id=r',
    `${TASK}/attempt=2.log`,
    'dag_id=made/run_id=r',
    // Emptied just now: another day or two.
    'dag_processor/2026-03-01',
    'dag_processor/2026-03-02',
    'dag_processor/2026-03-02/dags-folder/new.py.log',
  ]);
});

test.each(WRITERS)('%s ends at once, and what goes on beside it with it', async (workload) => {
  mkdirSync(path.join(work, 'logs'));
  service = start(argsOf(workload));
  await soon('the service started', () => existsSync(path.join(work, 'started')));
  const group = service.pid!;
  const ended = new Promise<string | null>((resolve) => service!.on('exit', (_, signal) => resolve(signal)));
  // The service alone: the shell has become it.
  process.kill(group, 'SIGTERM');
  expect(await ended).toBe('SIGTERM');
  await soon('no process left', () => !alive(group));
});

test('what writes no logs deletes none', () => {
  expect(argsOf(WORKLOAD.airflowApiServer).join(' ')).not.toContain('find');
});
