import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHome, type Home } from '../../local/home';
import { freePort, PostgresServer, runningServer } from '../../local/postgres/server';
import { ROOT } from '../../src/root';
import { sleep, soon } from '../support/eventually';

let folder: string;
let data: string;
let bin: string;
let meeting: string;
let temporary: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-signal-'));
  chmodSync(folder, 0o755);
  [data, bin, meeting, temporary] = ['data', 'bin', 'meeting', 'tmp'].map((name) => path.join(folder, name));
  mkdirSync(bin);
  // The server's account may be another one.
  for (const open of [meeting, temporary]) {
    mkdirSync(open);
    chmodSync(open, 0o777);
  }
});
afterEach(() => {
  // Where a test failed.
  if (child?.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
  const server = runningServer(path.join(data, 'postgres'));
  if (server) process.kill(server.pid, 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * A start that waits where it calls the program `name`, until the file "go" is there. So the signal meets it there, however fast or busy
 * the machine is.
 */
async function startUntil(
  name: string,
  command?: readonly string[],
): Promise<{ pid: number; ended: Promise<[number | null, string, string]> }> {
  const waiting = `#!/bin/sh\n: > ${meeting}/here\nwhile [ ! -e ${meeting}/go ]; do sleep 0.05; done\n`;
  writeFileSync(path.join(bin, name), waiting, { mode: 0o755 });
  const args = ['--folder', data, '--port', String(await freePort()), '--for', '1s', '--json'];
  const started = spawn(process.execPath, ['-r', './local/register.js', ...(command ?? ['local/main.ts', ...args])], {
    cwd: ROOT,
    // Leads a group as a command at the terminal does.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, TMPDIR: temporary },
  });
  const [output, errors]: string[][] = [[], []];
  child = started;
  started.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  started.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<[number | null, string, string]>((resolve) =>
    started.once('close', (code) => resolve([code, output.join(''), errors.join('')])),
  );
  while (!existsSync(path.join(meeting, 'here'))) {
    if (started.exitCode !== null) throw new Error(`ended before it called ${name}: ${errors.join('')}`);
    await sleep(0.02);
  }
  return { pid: started.pid!, ended };
}

/** What a run that was interrupted says: nothing more but, as root, under which account the server runs. */
const STOPPED = [
  ...[1, ''],
  expect.stringMatching(
    /^(PostgreSQL runs as [^\n]*\n)?stopped before it ran live; the next start goes on from here\n$/,
  ),
];

/** Folders with the superuser's password for initdb. */
const secrets = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('edtech-'));

/** What is in the data's folder, but for a copy of the programs. */
const left = (): string[] =>
  readdirSync(data)
    .filter((name) => !name.startsWith('programs-'))
    .sort();

/** initdb calls it in its last third. */
const startInInitdb = (): ReturnType<typeof startUntil> => startUntil('locale');

describe('a first start that is told to end in initdb', () => {
  it('says so on Ctrl-C, which reaches initdb as well, and leaves nothing half made', async () => {
    const { pid, ended } = await startInInitdb();
    process.kill(-pid, 'SIGINT');
    expect(await ended).toEqual(STOPPED);
    expect([left(), secrets()]).toEqual([['state.json'], []]);
  }, 60_000);

  it('says so on a signal to itself alone, as soon as the data directory is whole', async () => {
    const { pid, ended } = await startInInitdb();
    process.kill(pid, 'SIGTERM');
    writeFileSync(path.join(meeting, 'go'), '');
    expect(await ended).toEqual(STOPPED);
    expect([left(), secrets()]).toEqual([['postgres', 'state.json'], []]);
    expect(existsSync(path.join(data, 'postgres', 'PG_VERSION'))).toBe(true);
  }, 60_000);
});

/** A data directory whose server comes up only when the program "fetch" has ended. */
function recovering(): Home {
  const home = openHome(data);
  new PostgresServer({ ...home, superuserPassword: home.state.passwords.superuser, port: 1 }).initialise();
  // A server that recovers from an archive waits for it.
  appendFileSync(path.join(home.dataDirectory, 'postgresql.auto.conf'), `restore_command = '${bin}/fetch'\n`);
  writeFileSync(path.join(home.dataDirectory, 'recovery.signal'), '');
  return home;
}

it('a start that is told to end while its server comes up says so, and no server is left', async () => {
  const home = recovering();
  const { pid, ended } = await startUntil('fetch');
  process.kill(-pid, 'SIGINT');
  expect(await ended).toEqual(STOPPED);
  // It ends by itself, a moment after pg_ctl has told it to.
  await soon('no server', () => !runningServer(home.dataDirectory));
}, 60_000);

it('a report that is told to end while the server comes up that it starts says so, and no server is left', async () => {
  const home = recovering();
  const { pid, ended } = await startUntil('fetch', ['local/report/main.ts', '--day', '2026-03-02', '--folder', data]);
  process.kill(pid, 'SIGINT');
  writeFileSync(path.join(meeting, 'go'), '');
  expect(await ended).toEqual([1, '', 'stopped before a report was written\n']);
  expect(runningServer(home.dataDirectory)).toBeUndefined();
}, 60_000);
