import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/root';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually, soon } from '../support/eventually';

/** Runs a command of the simulator until it waits in the database, sends it a signal and returns how it ended. */
async function interrupted(
  database: TestDatabase,
  url: string,
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; said: string }> {
  const child = spawn(
    process.execPath,
    ['-r', path.join(ROOT, 'local/register.js'), path.join(ROOT, 'simulator/src/main.ts'), ...args],
    {
      cwd: ROOT,
      // Longer than the test waits: no answer is given up by itself.
      env: { PATH: process.env.PATH, DATABASE_URL: url, DATABASE_QUERY_TIMEOUT_MS: '600000', STREAM_STUDENTS: '300' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  child.once('exit', (code, by) => (ended = { code, signal: by }));
  const admin = await database.connect('superuser');
  try {
    await soon(`${args[0]} waits in the database`, async () => {
      const { rows } = await admin.query(
        `select from pg_stat_activity where datname = current_database() and usename <> current_user and (wait_event_type = 'Lock' or wait_event = 'PgSleep')`,
      );
      return rows.length > 0 || ended !== undefined;
    });
    if (ended !== undefined) throw new Error(`${args[0]} has ended with ${ended.code}: ${said}`);
    child.kill(signal);
    const end = await eventually(`the end of ${args[0]} after ${signal}`, 10, () => ended, 0.02);
    return { ...end, said };
  } finally {
    child.kill('SIGKILL');
  }
}

describe('a signal', () => {
  const databases: TestDatabase[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-signals-'));
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    rmSync(folder, { recursive: true });
  });

  it('ends a migration, of which nothing stays', async () => {
    const database = await createTestDatabase('migrate', { empty: true });
    databases.push(database);
    writeFileSync(
      path.join(folder, '0001_sleep_long.sql'),
      '-- compatible_from: 0.1.0\ncreate table public.half_done ();\nselect pg_sleep(600);\n',
    );
    const ended = await interrupted(database, database.url('owner'), ['migrate', '--sql', folder], 'SIGTERM');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.said).toContain('migrate was ended by SIGTERM');
    const admin = await database.connect('superuser');
    await admin.query(
      'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and usename <> current_user',
    );
    const { rows } = await admin.query(
      `select to_regclass('public.half_done') as "left", count(*)::int from migrations.applied`,
    );
    expect(rows).toEqual([{ left: null, count: 0 }]);
  });

  it.each([
    ['announce', ['--from', '2030-01-01'], 'SIGTERM'],
    ['verify', [], 'SIGINT'],
    ['answer-key', [], 'SIGTERM'],
  ] as const)('ends %s with exit code 1', async (name, flags, signal) => {
    const database = await createTestDatabase(name.replace('-', '_'));
    databases.push(database);
    const admin = await database.connect('superuser');
    await admin.query('begin');
    await admin.query(
      'lock table ingest.stream_versions, ingest.shards, edtech.cohorts, edtech.students in access exclusive mode',
    );
    const ended = await interrupted(database, database.url('simulator'), [name, ...flags], signal);
    await admin.query('rollback');
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.said).toContain(`${name} was ended by ${signal}`);
  });
});
