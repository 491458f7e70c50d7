import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { databaseUrl } from '../../local/postgres/bootstrap';
import { withClient } from '../../local/postgres/client';
import { freePort, runningServer } from '../../local/postgres/server';
import type { State } from '../../local/state';
import type { Summary } from '../../local/summary';
import { ROOT } from '../../src/root';
import { sleep, soon } from '../support/eventually';

/** A started `npm start`, without npm. */
class Run {
  output = '';
  errors = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ['-r', './local/register.js', 'local/main.ts', ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Waits until standard error holds `text`. */
  async says(text: string): Promise<void> {
    while (!this.errors.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`ended before it said "${text}":\n${this.errors}`);
      await sleep(0.05);
    }
  }
}

/** Kills the postmaster of a data directory and its processes; those that see it gone may end first. */
function killServer(data: string): void {
  const { pid } = runningServer(data)!;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).map(Number);
  for (const process of [pid, ...children]) spawnSync('kill', ['-KILL', String(process)], { stdio: 'ignore' });
}

/** The child of a process with such words in its command line, as soon as there is one. */
function childOf(parent: number, words: string): Promise<number> {
  return soon(`a child "${words}"`, () => {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(/\s+/).map(Number);
    return children.find((pid) => {
      const file = `/proc/${pid}/cmdline`;
      return existsSync(file) && readFileSync(file, 'utf8').replaceAll('\0', ' ').includes(words);
    });
  });
}

/** Command lines of the processes that use a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') +
          readFileSync(`/proc/${pid}/environ`, 'utf8')
        );
      } catch {
        return ''; // It ended between the two looks.
      }
    })
    .filter((text) => text.includes(folder));
}

/** Those of this machine: it may have no IPv6. */
const LOOPBACKS = ['127.0.0.1', '::1'].filter((host) =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host)),
);

describe('npm start, interrupted', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-interrupted-'));
  beforeAll(() => chmodSync(folder, 0o755));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** With enough students for a day to take longer than a person waits. */
  const args = (port: number): string[] => [
    ...['--students', '20000', '--days', '2', '--port', String(port), '--json', '--folder', folder, '--for', '1s'],
  ];

  it.each([1, 2])(
    'ends promptly while it loads history, time %i',
    async () => {
      const run = new Run(args(await freePort()));
      await run.says('history …');
      await sleep(1.5);
      const interrupted = performance.now();
      run.child.kill('SIGINT');
      expect([await run.ended, run.output]).toEqual([1, '']);
      // Within two seconds where nothing else runs; the load would take much longer than this.
      expect(performance.now() - interrupted).toBeLessThan(5000);
      expect(run.errors).toContain('stopped before it ran live; the next start goes on from here');
      expect(processesOf(folder)).toEqual([]);
    },
    60_000,
  );

  it('goes on from there at the next start, and proves everything', async () => {
    const run = new Run(args(await freePort()));
    expect([await run.ended, run.errors]).toEqual([0, expect.stringContaining('first live figures')]);
    const summary = JSON.parse(run.output) as Summary;
    expect(summary.verify).toMatchObject({ compared: summary.events, lost: 0, extra: 0, changed: 0 });
  }, 180_000);
});

describe('npm start', () => {
  let folder: string;
  let port: number;
  let args: string[];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'edtech-local-'));
    chmodSync(folder, 0o755);
    port = await freePort();
    args = ['--students', '300', '--days', '3', '--port', String(port), '--json', '--folder', folder];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('loads history, publishes, runs live, proves everything and stops the server', async () => {
    const run = new Run([...args, '--for', '6s']);
    expect([await run.ended, run.errors.includes('first live figures')]).toEqual([0, true]);
    const summary = JSON.parse(run.output) as Summary;
    expect(summary.verify).toMatchObject({ compared: summary.events, lost: 0, extra: 0, changed: 0 });
    expect(summary.events).toBeGreaterThan(5000);
    expect(summary.answer_key.different).toBe(0);
    expect(summary.days.length).toBeGreaterThanOrEqual(8);
    expect(summary.replicas.map(({ batches, shards }) => batches > 0 && shards >= 16)).toEqual([true, true]);
    expect(runningServer(path.join(folder, 'postgres'))).toBeUndefined();
  }, 180_000);

  it('is not changed by variables that the shell has for something else', async () => {
    const env = {
      ...{ DATABASE_NAME: 'shop', DATABASE_POOL: '5', STREAM_CONFIG: '{"students": 100}', INGEST_ROLL_UP: 'false' },
      ...{ CLOCK_RATE: '2', LOG_LEVEL: 'loud', PGSSLMODE: 'require', PGOPTIONS: '-c search_path=shop', PGUSER: 'shop' },
    };
    const run = new Run([...args, '--for', '1s'], env);
    expect([await run.ended, run.errors]).toEqual([0, expect.stringContaining('first live figures')]);
  }, 180_000);

  it('goes on with what a killed run left behind, whose replicas are gone', async () => {
    const killed = new Run([...args]);
    await killed.says('events/s');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(runningServer(path.join(folder, 'postgres'))).toBeDefined();
    const next = new Run([...args, '--for', '6s']);
    expect(await next.ended).toBe(0);
    expect(next.errors).toContain('found the database of a run that did not end cleanly');
    const summary = JSON.parse(next.output) as Summary;
    expect(summary.verify).toMatchObject({ compared: summary.events, lost: 0, extra: 0, changed: 0 });
    expect(runningServer(path.join(folder, 'postgres'))).toBeUndefined();
  }, 180_000);

  it('refuses a second run on the same data, and ends cleanly on an interrupt', async () => {
    const first = new Run([...args]);
    await first.says('events/s');
    const second = new Run([...args.slice(0, -3), '--folder', folder, '--port', String(await freePort())]);
    expect(await second.ended).toBe(1);
    expect(second.errors).toContain(`another "npm start" is running on ${folder}`);
    // As it is without any option, the page's port is that of the first one.
    const same = new Run([...args]);
    expect([await same.ended, same.errors]).toEqual([1, `another "npm start" is running on ${folder}\n`]);
    const fresh = new Run([
      ...args.slice(0, -3),
      '--folder',
      folder,
      '--port',
      String(await freePort()),
      '--fresh',
      '--yes',
    ]);
    expect(await fresh.ended).toBe(1);
    expect(fresh.errors).toContain(`another "npm start" is running on ${folder}`);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(existsSync(path.join(folder, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(processesOf(folder)).toEqual([]);
  }, 180_000);

  it('ends with what ended it where the server has died, and with the server’s last words', async () => {
    const run = new Run([...args]);
    await run.says('events/s');
    killServer(path.join(folder, 'postgres'));
    expect([await run.ended, run.output]).toEqual([1, '']);
    expect(run.errors).toMatch(/connection|ECONNREFUSED/i);
    expect(run.errors).toContain(`the database had ended before it was told to, ${folder}/postgres.log ends with:\n`);
    expect(run.errors).not.toContain('pg_ctl stop');
    expect(processesOf(folder)).toEqual([]);
  }, 180_000);

  it('proves the published days without a student who was erased after the last pass', async () => {
    const run = new Run([...args]);
    await run.says('events/s');
    const { passwords } = JSON.parse(readFileSync(path.join(folder, 'state.json'), 'utf8')) as State;
    const { port: database } = runningServer(path.join(folder, 'postgres'))!;
    await withClient(databaseUrl({ port: database, database: 'edtech', passwords }, 'analytics'), async (analytics) => {
      const { rows } = await analytics.query<{ student_id: number }>(
        'select student_id from analytics.student_lesson_day group by 1 order by count(*) desc, 1 limit 1',
      );
      await analytics.query(`select ops.forget_student($1, 'asked for it')`, [rows[0].student_id]);
      expect((await analytics.query('select from ops.erasure_days')).rowCount).toBeGreaterThan(0);
    });
    run.child.kill('SIGINT');
    expect([await run.ended, run.errors]).toEqual([0, expect.not.stringContaining('erased student')]);
    expect((JSON.parse(run.output) as Summary).answer_key).toMatchObject({ different: 0, notMadeAgain: 0 });
  }, 180_000);

  it.each([
    ['of a run that one has ended', []],
    ['of a run that was over', ['--for', '1s']],
  ])(
    'ends without the proof %s on a further Ctrl-C',
    async (_, time) => {
      const run = new Run([...args, ...time]);
      if (time.length === 0) await run.says('events/s');
      else await run.says('verify …');
      // npm passes on what the terminal has sent already: that is one.
      run.child.kill('SIGINT');
      run.child.kill('SIGINT');
      await run.says('proving what is stored; Ctrl-C again ends without the proof');
      const proof = await childOf(run.child.pid!, 'simulator/src/main.ts verify');
      process.kill(proof, 'SIGSTOP');
      // Longer than npm needs to pass it on.
      await sleep(1);
      run.child.kill('SIGINT');
      expect([await run.ended, run.output]).toEqual([1, '']);
      expect(run.errors).toMatch(/\nended without the proof; what is stored is kept\n$/);
      expect([existsSync(`/proc/${proof}`), processesOf(folder)]).toEqual([false, []]);
    },
    180_000,
  );

  // "localhost" may mean either: the page would be there for one, and the other program for the other.
  it.each(LOOPBACKS)(
    'names a port that is taken at %s',
    async (host) => {
      const blocker: Server = createServer().listen(port, host);
      try {
        const taken = new Run([...args, '--for', '1s']);
        expect([await taken.ended, taken.errors]).toEqual([2, expect.stringContaining(`port ${port} is taken`)]);
      } finally {
        await new Promise((resolve) => blocker.close(resolve));
      }
    },
    60_000,
  );

  it('names a stream that the data does not belong to', async () => {
    const other = new Run([...args, '--seed', '7']);
    expect([await other.ended, other.errors]).toEqual([2, expect.stringContaining('configured is 7')]);
  }, 120_000);

  it('deletes nothing without an answer', async () => {
    const run = new Run([...args, '--fresh']);
    expect([await run.ended, run.errors]).toEqual([1, expect.stringContaining('--yes')]);
    expect(existsSync(path.join(folder, 'postgres', 'PG_VERSION'))).toBe(true);
  });
});
