import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { accountsOf } from '../../local/postgres/account';
import { openDatabase } from '../../local/database';
import { openHome } from '../../local/home';
import { freePort, PostgresServer, runningServer } from '../../local/postgres/server';

/** Somebody whose checkout root uses; no account of a machine. */
const SOMEBODY = 1234;
/** What macOS calls -2. */
const NOBODY_OF_MACOS = 4_294_967_294;
const asRoot = process.getuid!() === 0 ? describe : describe.skip;

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-account-'));
  chmodSync(folder, 0o755);
  data = path.join(folder, 'postgres');
});
afterEach(() => {
  const server = runningServer(data);
  if (server) process.kill(server.pid, 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A data directory in a folder whose files are all of one account, the copy of the programs aside. */
function ownedBy(account: number): void {
  const home = openHome(folder);
  new PostgresServer({ ...home, superuserPassword: home.state.passwords.superuser, port: 1 }).initialise();
  appendFileSync(home.logFile, 'an older line\n', { mode: 0o600 });
  spawnSync('chown', ['-R', String(account), data, home.logFile, path.join(folder, 'state.json')]);
}

const ownerOf = (name: string): number => statSync(path.join(folder, name)).uid;

asRoot('root on a data directory that is there', () => {
  it.each([SOMEBODY, NOBODY_OF_MACOS])(
    'runs the server as its owner %i, who can go on with all of it',
    async (owner) => {
      ownedBy(owner);
      const { close } = await openDatabase(openHome(folder));
      try {
        expect(statSync(`/proc/${runningServer(data)!.pid}`).uid).toBe(owner);
      } finally {
        await close();
      }
      expect(['postgres.log', 'state.json', 'postgres/PG_VERSION'].map(ownerOf)).toEqual(Array(3).fill(owner));
    },
    60_000,
  );

  it('is refused if that is root, with the log as it was', () => {
    ownedBy(0);
    expect(() => openHome(folder)).toThrow(`${data} belongs to root`);
    expect(ownerOf('postgres.log')).toBe(0);
  }, 60_000);
});

it('the accounts of a passwd file have numbers without a sign, whatever else is in it', () => {
  const file = [
    ...['##', '# User Database', '##'],
    'nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false',
    'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
    '',
  ];
  expect(accountsOf(file.join('\n'))).toEqual([
    { name: 'nobody', uid: NOBODY_OF_MACOS, gid: NOBODY_OF_MACOS },
    { name: 'postgres', uid: 101, gid: 104 },
  ]);
});

it('a start that fails tells what pg_ctl and the server say now, not what the log held before', async () => {
  const home = openHome(folder);
  const options = { ...home, superuserPassword: home.state.passwords.superuser, port: await freePort() };
  new PostgresServer(options).initialise();
  appendFileSync(home.logFile, 'an older line\n');
  const failing = (settings: Record<string, string>, dataDirectory = data): string => {
    try {
      new PostgresServer({ ...options, dataDirectory, settings }).start();
    } catch (error) {
      return (error as Error).message;
    }
    return 'started';
  };
  const [refused, missing] = [failing({ work_mem: 'much' }), failing({}, path.join(folder, 'none'))];
  expect(refused).toMatch(/^pg_ctl start ended with 1: pg_ctl: could not start [^]*work_mem.*much/);
  expect(missing).toMatch(/^pg_ctl start ended with \d: pg_ctl: directory .*none/);
  expect(`${refused}${missing}`).not.toContain('an older line');
  expect(readFileSync(home.logFile, 'utf8')).toContain('an older line');
}, 60_000);
