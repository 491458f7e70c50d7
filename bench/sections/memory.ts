import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/postgres/server';
import { ROOT } from '../../src/root';
import type { BenchContext } from '../context';
import { figure, type Figure } from '../pairs';
import { processTree, pss, requireProc } from '../process-memory';

/** Live running: long enough for several ticks of each replica and for the proof at the end. */
const LIVE = '60s';
const LOOK_EVERY_MS = 1000;

/** What the whole local run takes with its defaults: the server, the replicas and the run itself. */
export async function memory({ folder, say }: BenchContext): Promise<Figure[]> {
  requireProc();
  say(`memory: the local run with its defaults, ${LIVE} of live running`);
  const home = path.join(folder, 'home');
  // The server's account must be able to enter it.
  chmodSync(folder, 0o755);
  const child = spawn(
    process.execPath,
    [
      ...['-r', path.join(ROOT, 'local/register.js'), path.join(ROOT, 'local/main.ts')],
      ...['--json', '--for', LIVE, '--folder', home, '--port', String(await freePort())],
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  let summary = '';
  child.stdout.on('data', (chunk: Buffer) => (summary += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  let running = true;
  const ended = once(child, 'close').finally(() => (running = false)) as Promise<[number | null]>;
  const sums: number[] = [];
  let processes = 0;
  while (running) {
    const found = measure(child.pid!, home);
    sums.push(found.mebibytes);
    processes = Math.max(processes, found.processes);
    await sleep(LOOK_EVERY_MS);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`the local run ended with ${code ?? 'a signal'}: ${said}`);
  const { events } = JSON.parse(summary) as { events: number };
  return [
    figure(
      'highest sum of PSS of the local run',
      'MiB',
      [Math.max(...sums)],
      { atMost: 700 },
      {
        processes: String(processes),
        events: events.toLocaleString('en'),
      },
    ),
  ];
}

/** The run, its replicas and the server, which left the tree of processes but names its data directory. */
function measure(run: number, home: string): { mebibytes: number; processes: number } {
  const pids = [...processTree(run), ...serversOf(home)];
  let mebibytes = 0;
  for (const pid of new Set(pids)) {
    try {
      mebibytes += pss(pid);
    } catch (error) {
      // Ended since it was listed; the kernel threads' and zombies' files are empty.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return { mebibytes, processes: pids.length };
}

function serversOf(home: string): number[] {
  try {
    const [pid] = readFileSync(path.join(home, 'postgres/postmaster.pid'), 'utf8').split('\n');
    return processTree(Number(pid));
  } catch (error) {
    // Not started yet, or stopped.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
