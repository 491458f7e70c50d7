import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../local/database';
import { openHome, type Home } from '../../local/home';
import { InterruptedError } from '../../local/interrupted';
import { freePort, PostgresServer, runningServer } from '../../local/postgres/server';
import { soon } from '../support/eventually';

let folder: string;
let data: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-database-'));
  chmodSync(folder, 0o755);
  data = path.join(folder, 'postgres');
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  const server = runningServer(data);
  if (server) process.kill(server.pid, 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A home whose pg_ctl does something else first. */
function withControl(script: string): Home {
  const home = openHome(folder);
  const programs = path.join(folder, 'bin');
  mkdirSync(programs);
  symlinkSync(path.join(home.programs, 'initdb'), path.join(programs, 'initdb'));
  const control = `#!/bin/sh\n${script}\nexec "${home.programs}/pg_ctl" "$@"\n`;
  writeFileSync(path.join(programs, 'pg_ctl'), control, { mode: 0o755 });
  return { ...home, programs };
}

describe('closing the database', () => {
  it('fails nothing where the server does not end in time, and says so', async () => {
    const home = withControl('[ "$1" = stop ] && { echo "server does not shut down" >&2; exit 1; }');
    await (await openDatabase(home)).close();
    expect(said).toBe('the database goes on: pg_ctl stop ended with 1: server does not shut down\n');
  }, 60_000);
});

/** A data directory whose server recovers until {@link recovered}, as long as after a crash of a busy one. */
function recovering(): Home {
  const home = openHome(folder);
  new PostgresServer({ ...home, superuserPassword: home.state.passwords.superuser, port: 1 }).initialise();
  const fetch = `while [ -d ${folder} ] && [ ! -e ${folder}/go ]; do sleep 0.05; done; false`;
  appendFileSync(path.join(data, 'postgresql.auto.conf'), `restore_command = '${fetch}'\n`);
  writeFileSync(path.join(data, 'recovery.signal'), '');
  // For a minute, it would try.
  return withControl('[ "$1" = start ] && set -- "$@" --timeout=1');
}

const recovered = (): void => writeFileSync(path.join(folder, 'go'), '');

const untilSaid = (text: string): Promise<true> => soon(`"${text}" said`, () => said.includes(text));

const WAITING = 'waiting for the database, which comes up or ends\n';

describe('a start', () => {
  it('that cannot keep its state leaves no server', async () => {
    const home = openHome(folder);
    mkdirSync(path.join(folder, 'state.json.new'));
    await expect(openDatabase(home)).rejects.toThrow('state.json.new');
    expect([runningServer(data), said]).toEqual([undefined, '']);
  }, 60_000);

  it('goes on with its server when that has recovered, after pg_ctl gave it up', async () => {
    const opened = openDatabase(recovering());
    await untilSaid(WAITING);
    recovered();
    const database = await opened;
    expect([database.found, said]).toEqual(['started', WAITING]);
    await database.close();
  }, 60_000);

  it('waits for one that recovers since an earlier start was killed', async () => {
    const home = recovering();
    // What such a start has left.
    const killed = new PostgresServer({ ...home, superuserPassword: '', port: await freePort() });
    expect(() => killed.start()).toThrow('server did not start in time');
    const opened = openDatabase(home);
    await untilSaid(WAITING);
    recovered();
    const database = await opened;
    expect([database.found, said]).toEqual(['left running', WAITING]);
    await database.close();
  }, 60_000);

  it('that is told to end over that ends, and leaves no server', async () => {
    const stop = new AbortController();
    const opened = openDatabase(recovering(), stop.signal);
    await untilSaid(WAITING);
    stop.abort();
    await expect(opened).rejects.toThrow(InterruptedError);
    expect([runningServer(data), said]).toEqual([undefined, WAITING]);
  }, 60_000);
});
