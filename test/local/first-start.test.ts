import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AlreadyRunningError, openDatabase } from '../../local/database';
import { tellFailure } from '../../local/failure';
import { deleteHome, openHome, type Home } from '../../local/home';
import { superuserUrl } from '../../local/postgres/bootstrap';
import { withClient } from '../../local/postgres/client';
import { freePort, PostgresServer } from '../../local/postgres/server';
import { ROOT } from '../../src/root';
import { soon } from '../support/eventually';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-first-'));
  chmodSync(folder, 0o755);
  data = path.join(folder, 'postgres');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const serverOf = (home: Home, port: number, superuserPassword = home.state.passwords.superuser): PostgresServer =>
  new PostgresServer({ ...home, superuserPassword, port });

/** Files of a folder with what is in them. */
const files = (of: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(of, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(of, file), readFileSync(file, 'utf8')]),
  );

/** Files that are somebody's own, by what makes them look like ours. */
const FOREIGN: [string, Record<string, string>, string][] = [
  ['a folder "postgres"', { 'postgres/notes.txt': 'mine' }, 'has no PG_VERSION'],
  ['a database', { 'postgres/PG_VERSION': '17', 'postgres/base': 'mine' }, 'no state.json'],
  ['a file "postgres"', { postgres: 'mine' }, 'has no PG_VERSION'],
  ['a log', { 'postgres.log': 'mine' }, 'no state.json'],
  ['a state', { 'state.json': '{"passwords": "mine"}' }, 'is not the state of a local run'],
  ['a broken state', { 'state.json': '' }, 'is not the state of a local run'],
];

function put(content: Record<string, string>): void {
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

describe('a folder with files of somebody else', () => {
  it.each(FOREIGN)('is refused and left as it is: %s', (_, content, why) => {
    put(content);
    expect(() => openHome(folder)).toThrow(why);
    expect(files(folder)).toEqual(content);
  });

  it.each([
    ['a start', (port: number) => ['local/main.ts', '--folder', folder, '--port', String(port)]],
    [
      '--fresh --yes',
      (port: number) => ['local/main.ts', '--folder', folder, '--port', String(port), '--fresh', '--yes'],
    ],
    ['a report', () => ['local/report/main.ts', '--day', '2026-03-02', '--folder', folder]],
  ])(
    'ends %s with 2 and a message that names it',
    async (_, args) => {
      put({ 'postgres/notes.txt': 'mine' });
      const all = ['-r', './local/register.js', ...args(await freePort())];
      const ended = await new Promise((resolve) =>
        execFile(process.execPath, all, { cwd: ROOT }, (error, stdout, stderr) =>
          resolve([error?.code, stdout, stderr]),
        ),
      );
      expect(ended).toEqual([2, '', expect.stringMatching(/^\S+\/postgres holds something else[^\n]*\n$/)]);
      expect(files(folder)).toEqual({ 'postgres/notes.txt': 'mine' });
    },
    60_000,
  );

  it('is not deleted and not filled when the files came after the first look', () => {
    const home = openHome(folder);
    put({ 'postgres/notes.txt': 'mine' });
    expect(() => deleteHome(home)).toThrow('has no PG_VERSION');
    expect(() => serverOf(home, 1).initialise()).toThrow('has no PG_VERSION');
    expect(files(data)).toEqual({ 'notes.txt': 'mine' });
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['postgres', 'state.json']));
  });
});

describe('the folder below /var/tmp, of a checkout that the server’s account cannot enter', () => {
  const place = (): string =>
    path.join('/var/tmp', `edtech-stream-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
  const open = (): Home => openHome(undefined, folder);
  const modeOf = (of: string): string => (lstatSync(of).mode & 0o7777).toString(8);
  beforeEach(() => chmodSync(folder, 0o600));
  afterEach(() => {
    rmSync(place(), { recursive: true, force: true });
    chmodSync(folder, 0o755);
  });

  it('is made, and used again', () => {
    expect(open()).toMatchObject({ folder: place(), movedBecause: expect.stringContaining(`cannot enter ${folder}`) });
    expect([lstatSync(place()).uid, modeOf(place())]).toEqual([process.getuid!(), '755']);
    expect(open().state).toEqual(open().state);
  }, 60_000);

  it('can be entered by the server’s account whatever the umask is, also if an earlier start made it closed', () => {
    mkdirSync(place(), { mode: 0o700 });
    open();
    expect(modeOf(place())).toBe('755');
    rmSync(place(), { recursive: true });
    underUmask(0o077, open);
    expect(modeOf(place())).toBe('755');
  }, 60_000);

  it('is refused and left as it is where others may write to it', () => {
    mkdirSync(place());
    chmodSync(place(), 0o1777);
    expect(open).toThrow(`${place()} has mode 1777; allowed is a folder of user ${process.getuid!()} that nobody else`);
    expect([readdirSync(place()), modeOf(place())]).toEqual([[], '1777']);
  });

  it('is refused where it is a link', () => {
    symlinkSync(tmpdir(), place());
    expect(open).toThrow(`${place()} is a link; allowed is a folder of user`);
  });

  // Only root can make a folder that belongs to somebody else.
  (process.getuid!() === 0 ? it : it.skip)('is refused and left as it is where it belongs to another user', () => {
    mkdirSync(place());
    writeFileSync(path.join(place(), 'state.json'), JSON.stringify({ passwords: { superuser: 'known' } }));
    chownSync(place(), 65534, 65534);
    expect(open).toThrow(
      `${place()} belongs to user 65534; allowed is a folder of user 0 that nobody else may write to`,
    );
    expect(readdirSync(place())).toEqual(['state.json']);
  });
});

describe('under a umask that leaves others out', () => {
  it('a folder that was named can be entered, with those above it that are made', () => {
    const named = path.join(folder, 'deep', 'named');
    underUmask(0o077, () => openHome(named));
    expect([named, path.dirname(named)].map((made) => statSync(made).mode & 0o777)).toEqual([0o755, 0o755]);
    expect(statSync(path.join(named, 'state.json')).mode & 0o777).toBe(0o600);
  }, 60_000);

  it('a first start makes the database, also if only we may enter TMPDIR', async () => {
    const temporary = path.join(folder, 'tmp');
    mkdirSync(temporary, { mode: 0o700 });
    const { ended } = underUmask(0o077, () => initialiseElsewhere(undefined, { TMPDIR: temporary }));
    expect([await ended, parts()]).toEqual(['0 ', []]);
    const home = openHome(folder);
    await expectServer(home, serverOf(home, await freePort()));
  }, 60_000);
});

function underUmask<T>(umask: number, work: () => T): T {
  const before = process.umask(umask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

describe('a log that is a link', () => {
  it('is refused, and the file that it leads to keeps its owner and content', () => {
    const home = openHome(folder);
    put({ shadow: 'mine' });
    const [shadow, log] = [path.join(folder, 'shadow'), path.join(folder, 'postgres.log')];
    const before = lstatSync(shadow);
    symlinkSync(shadow, log);
    expect(() => serverOf(home, 1).start()).toThrow(`${log} is a link; allowed is a file, or none`);
    expect(lstatSync(shadow)).toMatchObject({ uid: before.uid, gid: before.gid, size: before.size });
    rmSync(shadow);
    expect(() => serverOf(home, 1).start()).toThrow('is a link');
    expect(existsSync(shadow)).toBe(false);
  });
});

describe('a data directory', () => {
  it('is not there when initdb failed, which says why', () => {
    const home = openHome(folder);
    const before = readdirSync(folder);
    expect(() => serverOf(home, 1, '').initialise()).toThrow(/no data directory could be made for .*password/);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is not there when the system cannot load the programs, as on Alpine, and the user reads why', () => {
    const home = openHome(folder);
    const before = readdirSync(folder);
    const programs = path.join(folder, 'bin');
    put({ 'bin/initdb': '#!/lib/no-such-loader\n', 'bin/pg_ctl': '#!/lib/no-such-loader\n' });
    for (const name of readdirSync(programs)) chmodSync(path.join(programs, name), 0o755);
    const server = new PostgresServer({ ...home, programs, superuserPassword: 'any', port: 1 });
    expect([said(() => server.initialise()), said(() => server.start())]).toEqual(
      ['initdb', 'pg_ctl'].map((name) => [
        1,
        expect.stringMatching(new RegExp(`^this system cannot load ${programs}/${name}: [^\n]* need glibc [^\n]*\n$`)),
      ]),
    );
    expect(readdirSync(folder)).toEqual(['bin', ...before, 'postgres.log'].sort());
  });

  it('is the server account’s alone, and starts where a link to an empty folder was', async () => {
    const home = openHome(folder);
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, data);
    const server = serverOf(home, await freePort());
    server.initialise();
    const { uid, mode } = statSync(elsewhere);
    expect([uid, mode & 0o777]).toEqual([home.account?.uid ?? process.getuid!(), 0o700]);
    expect(readdirSync(folder).filter((name) => name.includes('.part-'))).toEqual([]);
    await expectServer(home, server);
  }, 60_000);

  it('is made at the next start when a first one was killed in initdb', async () => {
    const first = initialiseElsewhere(endlessInitdb());
    const begun = (): boolean => parts().some((part) => existsSync(path.join(part, 'PG_VERSION')));
    await soon('initdb at work', () => first.child.exitCode !== null || begun());
    // With initdb, which is in its group.
    process.kill(-first.child.pid!, 'SIGKILL');
    await first.ended;
    // The data, and the password that they were to get.
    expect([parts().length, existsSync(data)]).toEqual([2, false]);
    const home = openHome(folder);
    const server = serverOf(home, await freePort());
    server.initialise();
    expect(parts()).toEqual([]);
    await expectServer(home, server);
  }, 60_000);

  it('is one, with one password, after three first starts at once', async () => {
    const starts = [initialiseElsewhere(), initialiseElsewhere(), initialiseElsewhere()];
    expect(await Promise.all(starts.map(({ ended }) => ended))).toEqual(['0 ', '0 ', '0 ']);
    expect(parts()).toEqual([]);
    const home = openHome(folder);
    await expectServer(home, serverOf(home, await freePort()));
    deleteHome(home);
    expect(readdirSync(folder)).toEqual(readdirSync(folder).filter((name) => name.startsWith('programs-')));
  }, 120_000);

  it('is that of the faster of two first starts, and the other one says so', async () => {
    const home = openHome(folder);
    const starts = await Promise.allSettled([openDatabase(home), openDatabase(home)]);
    for (const start of starts) if (start.status === 'fulfilled') await start.value.close();
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [{ reason }] = starts.filter((start) => start.status === 'rejected');
    expect([reason instanceof AlreadyRunningError, String(reason)]).toEqual([true, expect.stringContaining(folder)]);
  }, 60_000);
});

/** Exit code of a command that fails so, and what it says. */
function said(failing: () => void): [number, string] | undefined {
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    failing();
    return undefined;
  } catch (error) {
    return [tellFailure(error as Error), stderr.mock.calls.map(([text]) => text).join('')];
  } finally {
    stderr.mockRestore();
  }
}

const parts = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('postgres.part-'))
    .map((name) => path.join(folder, name));

/** Programs whose initdb does its work and does not end, so that however busy the machine is, it can be killed in it. */
function endlessInitdb(): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh\n"${openHome(folder).programs}/initdb" "$@"\nexec sleep 1000\n`;
  writeFileSync(path.join(bin, 'initdb'), script, { mode: 0o755 });
  return bin;
}

/** The first steps of a start, in a process and group of its own. */
function initialiseElsewhere(
  programs?: string,
  env: Readonly<Record<string, string>> = {},
): { child: ReturnType<typeof spawn>; ended: Promise<string> } {
  const script = `
    const { openHome } = require('./local/home'), { PostgresServer } = require('./local/postgres/server');
    const [folder, programs] = process.argv.slice(1), home = openHome(folder);
    new PostgresServer({ ...home, programs: programs ?? home.programs, superuserPassword: home.state.passwords.superuser, port: 1 }).initialise();`;
  const child = spawn(
    process.execPath,
    ['-r', './local/register.js', '-e', script, folder, ...(programs ? [programs] : [])],
    {
      cwd: ROOT,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve(`${code} ${errors}`))) };
}

/** That the server starts and takes the password of the state. */
async function expectServer(home: Home, server: PostgresServer): Promise<void> {
  server.start();
  try {
    const { passwords } = home.state;
    const { rows } = await withClient(superuserUrl({ port: server.port, database: 'postgres', passwords }), (client) =>
      client.query('show data_checksums'),
    );
    expect(rows).toEqual([{ data_checksums: 'on' }]);
  } finally {
    server.stop('immediate');
  }
}
