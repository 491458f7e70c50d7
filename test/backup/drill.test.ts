import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { STANZA } from '../../src/names';
import { ROOT } from '../../src/root';
import { eventually } from '../support/eventually';
import { Site } from './site';

const sqlFile = (folder: string, ending: string): string => {
  const name = readdirSync(path.join(ROOT, folder)).find((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`no file in ${folder} ends in ${ending}`);
  return readFileSync(path.join(ROOT, folder, name), 'utf8');
};

interface Result {
  readonly failed_step?: string;
  readonly detail?: string;
  readonly backup?: string;
  readonly reached_at?: string;
}

let site: Site;
let label: string;

const row = (query: string): Promise<string> => site.sql('database', query);

/** The first two steps of a drill; the server is left as it is. @returns what they know */
async function begin(scratch: string, passphrase?: string): Promise<Result> {
  await site.volume(scratch);
  const volumes = { repository: 'backups', scratch };
  expect((await site.drillStep('restore', volumes, passphrase)).code).toBe(0);
  await site.drillStep('server', volumes, passphrase);
  await eventually(
    'the server settled',
    120,
    async () => (await site.inside(scratch, 'test -e /scratch/settled')).code === 0,
  );
  return JSON.parse((await site.inside(scratch, 'cat /scratch/result.json')).stdout) as Result;
}

async function switchAndArchive(): Promise<void> {
  await row('insert into marks default values; select pg_switch_wal()');
  await eventually(
    'everything archived',
    90,
    async () => (await row("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'")) === '0',
  );
}

/** Changes the repository, and afterwards changes it back. */
async function whileBroken<T>(change: string, back: string, work: () => Promise<T>): Promise<T> {
  const done = await site.inside('repository', `set -e; cd /backup/repository; ${change}`);
  expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' });
  try {
    return await work();
  } finally {
    await site.inside('repository', `cd /backup/repository; ${back}`);
  }
}

beforeAll(async () => {
  site = await Site.open();
  await site.volume('backups');
  expect((await site.job('backups', ['check'])).code).toBe(0);
  await site.database('database');
  await eventually('the database', 60, () => row('select 1'));
  await site.repository('repository', 'backups');
  await eventually('the stanza', 60, async () => (await site.logs('repository')).includes('the stanza is there'));
  await row(sqlFile('sql/bootstrap', 'roles.sql'));
  await row('create schema ops; create table marks (at timestamptz default clock_timestamp())');
  await row(sqlFile('sql/migrations', 'record_backups.sql'));
  await row(sqlFile('sql/migrations', 'record_restore_drills.sql'));
  await row(sqlFile('sql/migrations', 'record_a_drill_once.sql'));
  expect((await site.job('backups', ['run', 'full'])).code).toBe(0);
  label = await row('select label from ops.backups');
  for (let segment = 0; segment < 4; segment++) await switchAndArchive();
});
afterAll(() => site.close());

test('a restored backup starts with all that is archived, and its result is recorded', async () => {
  const result = await begin('good');
  expect(result).toMatchObject({ backup: label });
  expect(result.failed_step).toBeUndefined();
  const marks = await row('select count(*), max(at) from marks');
  const restored = await site.inside(
    'good',
    "psql -XqAt -h 127.0.0.1 -U postgres -c 'select count(*), max(at) from marks'",
  );
  expect(restored.stdout.trim()).toBe(marks);
  await site.inside(
    'good',
    `echo '{"compared":4,"lost":0,"extra":0,"changed":0,"unproven":0}' > /scratch/verify.json; printf 0 > /scratch/verify.code`,
  );
  expect((await site.drillStep('record', { repository: 'backups', scratch: 'good' })).code).toBe(0);
  expect(
    await row("select outcome, compared, reached_at > started_at - interval '10 minutes' from ops.restore_drills"),
  ).toBe('passed|4|t');
});

test('a segment that is truncated, a wrong passphrase and a backup that is not there are told with the step', async () => {
  const third = `archive/${STANZA}/17-1/0000000100000000`;
  const file = `$(ls ${third}/* | tail -n 2 | head -n 1)`;
  const truncated = await whileBroken(
    `f=${file}; cp -p $f /backup/kept; echo $f > /backup/kept-name; truncate -s -60 $f`,
    'mv /backup/kept $(cat /backup/kept-name)',
    () => begin('truncated'),
  );
  expect(truncated).toMatchObject({
    failed_step: 'start',
    detail: expect.stringMatching(/before the archived segment .*unable to get/),
  });
  const cipher = await begin('cipher', 'another-passphrase');
  expect(cipher).toMatchObject({ failed_step: 'restore', detail: expect.stringContaining('(wrong passphrase?)') });
  const folder = `backup/${STANZA}/${label}`;
  const missing = await whileBroken(`mv ${folder} /backup/kept`, `mv /backup/kept ${folder}`, () => begin('missing'));
  expect(missing).toMatchObject({ failed_step: 'restore', detail: expect.stringContaining('backup.manifest') });
  for (const scratch of ['truncated', 'cipher', 'missing']) {
    expect((await site.drillStep('record', { repository: 'backups', scratch })).code).toBe(1);
  }
  expect(await row("select string_agg(failed_step, ' ' order by drill_id) from ops.restore_drills")).toBe(
    'start restore restore',
  );
});
