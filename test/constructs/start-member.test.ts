import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../src/root';

const SCRIPT = path.join(ROOT, 'images/postgres/start-member.sh');

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'edtech-start-member-'));
  data = path.join(folder, 'data');
  // Stands for Patroni: tells how it was called, by a process of the same number as the script's.
  writeFileSync(path.join(folder, 'patroni'), '#!/bin/sh\necho "patroni $* as $$"\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A data directory with these files. */
function holds(...files: string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(data, file)), { recursive: true });
    writeFileSync(path.join(data, file), '17\n');
  }
}

function start(): string {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const { status, stdout, stderr, pid } = spawnSync('bash', [SCRIPT, data], { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(`patroni /etc/patroni as ${pid}\n`);
  return stdout;
}

const COPIED = ['PG_VERSION', 'global/1262', 'base/1/1259', '.hidden'];

test.each([
  ['clone', ['backup_label', ...COPIED]],
  ['clone of which only the folder for WAL is there', ['pg_wal/archive_status/none']],
  ['initdb', ['PG_VERSION', 'postgresql.conf', 'base/none']],
  ['restore', ['backup.manifest', 'global/pg_control.pgbackrest.tmp', ...COPIED]],
])('an unfinished %s is taken away, and the folder stays', (_, files) => {
  holds(...files);
  expect(start()).toContain(`start-member: what is in ${data} was not finished and is taken away\n`);
  expect(readdirSync(data)).toEqual([]);
});

test.each([
  ['a database', ['global/pg_control', ...COPIED]],
  ['a clone that is done', ['backup_label', 'global/pg_control', ...COPIED]],
  ['a database that has lost its pg_control', COPIED],
])('%s stays as it is', (_, files) => {
  holds(...files);
  expect(start()).not.toContain('start-member:');
  for (const file of files) expect(existsSync(path.join(data, file))).toBe(true);
});

test('a member that has no data yet begins', () => {
  start();
  mkdirSync(data);
  start();
});
