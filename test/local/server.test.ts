import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runningServer } from '../../local/postgres/server';
import { createTestDatabase, testServer, type TestDatabase } from '../support/database';

describe('the embedded server', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('is a durable PostgreSQL 17 that logs in roles which are no superusers', async () => {
    const client = await database.connect('simulator');
    const { rows } = await client.query(`
      select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
             current_setting('synchronous_commit') as commit, current_setting('is_superuser') as superuser`);
    expect(rows).toEqual([{ major: 17, fsync: 'on', commit: 'on', superuser: 'off' }]);
  });
});

describe('the pid file of a data directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'edtech-pid-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (...lines: readonly (string | number)[]): void =>
    writeFileSync(path.join(folder, 'postmaster.pid'), lines.map((line) => `${line}\n`).join(''));

  it('names the server that runs', () => {
    const { dataDirectory, port } = testServer();
    expect(runningServer(dataDirectory)).toMatchObject({ port });
    write(process.pid, folder, 1, 5432);
    expect(runningServer(folder)).toEqual({ pid: process.pid, port: 5432 });
  });

  it('is stale where the number is now that of another user’s process, which lives on', async () => {
    const [stranger, asUser] = someoneElse();
    const pid = stranger?.pid ?? 1;
    try {
      write(pid, folder, 1, 5432);
      expect(asUser(() => runningServer(folder))).toBeUndefined();
      expect(statSync(`/proc/${pid}`).isDirectory()).toBe(true);
      expect(stranger?.exitCode ?? null).toBeNull();
    } finally {
      stranger?.kill('SIGKILL');
    }
  });

  it.each([
    ['is empty after a power cut', []],
    ['names a group of processes', [-1, '/data', 1, 5432]],
    ['has no port', [process.pid]],
  ])('is no server where it %s', (_, lines) => {
    write(...lines);
    expect(runningServer(folder)).toBeUndefined();
  });
});

/** A process that we may not signal: one of another account where we are root and act as a third one, else the system's first. */
function someoneElse(): [ChildProcess | undefined, <T>(work: () => T) => T] {
  if (process.getuid!() !== 0) return [undefined, (work) => work()];
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { uid: 65_534, stdio: 'ignore' });
  return [
    stranger,
    (work) => {
      process.seteuid!(65_533);
      try {
        return work();
      } finally {
        process.seteuid!(0);
      }
    },
  ];
}
