import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keptRunning } from '../../src/constructs/kept-running';
import { soon } from '../support/eventually';

let folder: string;
let started: string;
let shell: ChildProcess;
let written: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-kept-running-'));
  started = path.join(folder, 'started');
  written = '';
});
afterEach(() => {
  // Its group: nothing is left where a test has failed, also where the shell has ended and the program has not.
  try {
    process.kill(-(shell.pid as number), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  rmSync(folder, { recursive: true });
});

/** Keeps a program of this shell script running, which tells its process number once it has done what comes first. */
function keep(script: string, first = 'true'): void {
  const [command, ...args] = keptRunning(['sh', '-c', `${first}; echo $$ >> ${started}; ${script}`]);
  shell = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  shell.stderr?.setEncoding('utf8').on('data', (text: string) => (written += text));
}

/** Process numbers of the programs so far. */
const programs = (): number[] =>
  existsSync(started) ? readFileSync(started, 'utf8').split('\n').slice(0, -1).map(Number) : [];

/** The process number of the last of so many programs. */
const program = (count: number): Promise<number> => soon(`program ${count}`, () => programs()[count - 1]);

const saidThat = (text: string): Promise<true> => soon(`"${text}" said`, () => written.includes(text));

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asks it to end, as the kubelet does. @returns its exit code */
async function end(): Promise<unknown> {
  const exit = once(shell, 'exit');
  shell.kill('SIGTERM');
  return (await exit)[0];
}

test('a program that ends is started again by the same process, which says how it ended', async () => {
  keep('exec sleep 600');
  process.kill(await program(1), 'SIGKILL');
  expect(runs(await program(2))).toBe(true);
  expect(shell.exitCode).toBeNull();
  await saidThat('has ended with exit code 137 and is started again\n');
  // The collector takes the word before the colon for the level.
  expect(written).toMatch(/^ERROR: sh -c /m);
  expect(await end()).toBe(0);
});

test('a program that cannot run is tried once a second', async () => {
  const begun = Date.now();
  keep('exit 27');
  await program(3);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(2000);
  expect(await end()).toBe(0);
});

test('asked to end it asks the program, and ends well when that has', async () => {
  keep('exec sleep 600');
  const only = await program(1);
  expect(await end()).toBe(0);
  expect(runs(only)).toBe(false);
  expect(programs()).toEqual([only]);
  expect(written).toBe('');
});

test('a program gets the time that it needs to end, and is asked again where it has not heard', async () => {
  const asked = path.join(folder, 'asked');
  keep(`until grep -q 111 ${asked}; do sleep 0.02; done`, `: > ${asked}; trap 'printf 1 >> ${asked}' TERM`);
  const only = await program(1);
  expect(await end()).toBe(0);
  expect(runs(only)).toBe(false);
  expect(programs()).toEqual([only]);
});

test('asked to end in the moment after a start it leaves no program running', async () => {
  const [, , script] = keptRunning([]);
  const lines = script.split('\n');
  const start = lines.findIndex((line) => line.includes('"$@" &'));
  // The signal comes to the shell itself, between the start and what follows it.
  const interrupted = [...lines.slice(0, start + 1), 'kill -TERM $$', ...lines.slice(start + 1)].join('\n');
  shell = spawn('sh', ['-c', interrupted, 'kept-running', 'sleep', '600'], { detached: true, stdio: 'ignore' });
  expect((await once(shell, 'exit'))[0]).toBe(0);
  // Nothing of its group.
  expect(runs(-(shell.pid as number))).toBe(false);
});

test('asked to end between two tries it ends as well', async () => {
  keep('exit 27');
  await saidThat('has ended with exit code 27 and is started again\n');
  expect(await end()).toBe(0);
});
