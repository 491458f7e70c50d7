import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { archiveCommand, restoreCommand } from '../../src/constructs/pgbackrest-settings';
import { DATA_DIRECTORY } from '../../src/constructs/postgres-cluster';
import { STANZA } from '../../src/names';
import { ROOT } from '../../src/root';
import { eventually } from '../support/eventually';
import { Site } from './site';

const SERVERS = `for p in /proc/[0-9]*; do if tr '\\0' ' ' < $p/cmdline | grep -q '^pgbackrest server'; then kill -SIGNAL \${p#/proc/}; fi; done`;
const freeze = SERVERS.replace('SIGNAL', 'STOP');
const thaw = SERVERS.replace('SIGNAL', 'CONT');

const bootstrap = readFileSync(path.join(ROOT, 'sql/bootstrap/01_roles.sql'), 'utf8');
const [migration] = readdirSync(path.join(ROOT, 'sql/migrations')).filter((name) =>
  name.endsWith('record_backups.sql'),
);

let site: Site;

const waiting = async (): Promise<number> =>
  Number(await site.sql('database', "select count(*) from pg_ls_archive_statusdir() where name like '%.ready'"));
const switchSegment = (): Promise<string> =>
  site.sql('database', 'create table if not exists marks (); select pg_walfile_name(pg_switch_wal())');
const untilArchived = (): Promise<boolean> =>
  eventually('everything archived', 90, async () => (await waiting()) === 0);

beforeAll(async () => {
  site = await Site.open();
  await site.smallVolume('backups', 256);
  await site.foreignVolume('foreign');
  await site.database('database');
  await eventually('the database', 30, () => site.sql('database', 'select 1'));
});
afterAll(() => site.close());

test('a volume that belongs to somebody else is refused with its owner and whose it must be', async () => {
  const { code, stderr } = await site.job('foreign', ['check']);
  expect(code).toBe(1);
  expect(stderr).toContain('/backup cannot be written by this process (uid 999, gid 999');
  expect(stderr).toContain('it belongs to 0:0 with mode 0755. An NFS export must belong to 999:999');
});

test('WAL waits for a repository that is not there, and is archived once the stanza has made itself', async () => {
  await switchSegment();
  await eventually(
    'a failed try',
    60,
    async () => (await site.sql('database', 'select failed_count > 0 from pg_stat_archiver')) === 't',
  );
  expect(await waiting()).toBeGreaterThan(0);
  // As Patroni tries one after the other: pgBackRest, which would say why it fails, is not asked.
  const next = archiveCommand(STANZA).replace('%p', `${DATA_DIRECTORY}/pg_wal/0000000100000000000000FE`);
  expect(await site.inside('database', next)).toEqual({ code: 1, stdout: '', stderr: '' });
  expect((await site.job('backups', ['check'])).code).toBe(0);
  await site.repository('repository', 'backups');
  await untilArchived();
  expect(await site.logs('repository')).toContain('the stanza is there');
});

test('backups are made and recorded, also those whose record was lost', async () => {
  await site.sql('database', bootstrap);
  await site.sql(
    'database',
    `create schema ops; ${readFileSync(path.join(ROOT, 'sql/migrations', migration), 'utf8')}`,
  );
  expect(await site.job('backups', ['run', 'incr'])).toMatchObject({ code: 0 });
  await site.sql('database', 'delete from ops.backups');
  expect(await site.job('backups', ['run', 'incr'])).toMatchObject({ code: 0 });
  expect(await site.sql('database', "select string_agg(kind, ' ' order by stopped_at) from ops.backups")).toBe(
    'full incr',
  );
  expect(
    await site.sql(
      'database',
      'select bool_and(repository_bytes < database_bytes and expired_at is null) from ops.backups',
    ),
  ).toBe('t');
});

test.each([
  ['clone', 'pg_basebackup --checkpoint=fast --max-rate=1M --pgdata="$copy"', 'backup_label'],
  ['restore', `pgbackrest --stanza=${STANZA} --pg1-path="$copy" restore`, 'backup.manifest'],
])(
  'a %s that was killed on its way is known as such, and taken away before Patroni starts',
  async (_, copying, mark) => {
    const script = `copy=$(mktemp --directory) && patroni=$(mktemp --directory)
    printf '#!/bin/sh\\necho Patroni begins\\n' > "$patroni/patroni" && chmod +x "$patroni/patroni"
    setsid ${copying} >/dev/null 2>&1 & copier=$!
    until [ -e "$copy/${mark}" ] && [ -e "$copy/PG_VERSION" ]; do sleep 0.02; done
    kill -KILL -- "-$copier"
    ls "$copy/global"
    PATH="$patroni:$PATH" edtech-start-member "$copy" && ls --almost-all "$copy" | wc --lines`;
    const { code, stdout } = await site.inside('database', script);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/^pg_control$/m);
    expect(stdout).toMatch(/^start-member: .* was not finished and is taken away\nPatroni begins\n0\n$/m);
  },
);

test('a kind of backup that does not exist is refused by name', async () => {
  const { code, stderr } = await site.job('backups', ['run', 'diff']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: "kind of backup is 'diff'; allowed full, incr\n" });
});

test('what is in the repository cannot be read without the passphrase', async () => {
  const without = 'PGBACKREST_REPO1_CIPHER_PASS=another pgbackrest --log-level-console=error';
  const { code, stdout } = await site.inside('repository', `${without} --stanza=${STANZA} info`);
  expect(`${code} ${stdout}`).toMatch(/error \(other\)[\s\S]*(CryptoError|FormatError)/);
});

test('a backup with another passphrase fails with what pgBackRest says, and records nothing', async () => {
  const recorded = await site.sql('database', 'select count(*) from ops.backups');
  const { code, stdout, stderr } = await site.job('backups', ['run', 'incr'], {
    PGBACKREST_REPO1_CIPHER_PASS: 'another',
  });
  expect({ code, traceback: `${stdout}${stderr}`.includes('Traceback') }).toEqual({ code: 1, traceback: false });
  expect(stderr).toMatch(/no backup|backup failed/);
  expect(await site.sql('database', 'select count(*) from ops.backups')).toBe(recorded);
});

test('a client of the CA with another name is let in by neither side', async () => {
  await site.settings('stranger', 'somebody-else', 'stranger', '');
  const ping = (host: string): string =>
    `pgbackrest --stanza=${STANZA} --log-level-console=warn --io-timeout=2 --repo1-host=${host} archive-get 000000010000000000000001 /tmp/x`;
  expect((await site.inside('database', ping('repository'))).code).toBe(0);
  const refused = await site.asStranger(ping('repository'));
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain('access denied');
});

test('a frozen repository holds up fetching once and not again, and storing not in the end', async () => {
  const fetch = restoreCommand(STANZA).replace('%f', '00000009.history').replace('%p', '/tmp/x');
  const timed = async (): Promise<{ code: number; said: string; ms: number }> => {
    const begun = Date.now();
    const { code, stderr } = await site.inside('database', fetch);
    return { code, said: stderr, ms: Date.now() - begun };
  };
  expect(await timed()).toMatchObject({ code: 1, said: '' });
  await site.inside('repository', freeze);
  const first = await timed();
  expect(first).toMatchObject({ code: 1, said: expect.stringContaining('counts as away for 60 s') as string });
  const again = await timed();
  expect(again).toMatchObject({ code: 1, said: '' });
  expect(again.ms).toBeLessThan(first.ms / 2);
  await switchSegment();
  expect(await waiting()).toBeGreaterThan(0);
  await site.inside('repository', thaw);
  await untilArchived();
  // A minute later it is asked again.
  await site.inside('database', 'touch --date="61 seconds ago" /tmp/edtech-repository-away');
  expect(await timed()).toMatchObject({ code: 1, said: '' });
  expect((await site.inside('database', 'test -e /tmp/edtech-repository-away')).code).toBe(1);
  const name = (await site.sql('database', 'select last_archived_wal from pg_stat_archiver')).trim();
  const get = restoreCommand(STANZA).replace('%f', name).replace('%p', '/tmp/x');
  expect((await site.inside('database', get)).code).toBe(0);
});

test('a repository that is not there counts as away at once', async () => {
  await site.stop('repository');
  const fetch = restoreCommand(STANZA).replace('%f', '00000009.history').replace('%p', '/tmp/x');
  expect(await site.inside('database', fetch)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'the repository does not answer (no address): it counts as away for 60 s\n',
  });
  await site.resume('repository');
  await site.inside('database', 'rm /tmp/edtech-repository-away');
  expect(await site.inside('database', fetch)).toEqual({ code: 1, stdout: '', stderr: '' });
});

test('a full repository drops nothing: WAL waits, and is archived when there is room', async () => {
  const fill = 'for size in 1M 4k; do dd if=/dev/zero of=/backup/filler-$size bs=$size oflag=append conv=notrunc; done';
  const failures = async (): Promise<number> =>
    Number(await site.sql('database', 'select failed_count from pg_stat_archiver'));
  try {
    expect((await site.inside('repository', fill)).stderr).toContain('No space left on device');
    expect((await site.job('backups', ['check'])).stdout).toContain('/backup is full');
    const before = await failures();
    await eventually('a failed try', 90, async () => {
      // What pushes before had left may have made room meanwhile, and a segment of zeros needs little.
      await site.inside('repository', fill);
      if ((await waiting()) === 0) await switchSegment();
      return (await failures()) > before;
    });
    expect(await waiting()).toBeGreaterThan(0);
  } finally {
    await site.inside('repository', 'rm /backup/filler-*');
  }
  await untilArchived();
});

test('a backup that is kept no longer goes with what depends on it and its WAL, and its record says so', async () => {
  const oldest = async (): Promise<string> =>
    (await site.inside('repository', 'find /backup/repository/archive -name "0*-*" -type f | sort | head -n 1')).stdout;
  const firstSegment = await oldest();
  // In number and not in days: a test cannot wait for a day to pass.
  const one = { PGBACKREST_REPO1_RETENTION_FULL_TYPE: 'count', PGBACKREST_REPO1_RETENTION_FULL: '1' };
  expect(await site.job('backups', ['run', 'full'], one)).toMatchObject({ code: 0 });
  const kept =
    "select string_agg(kind || case when expired_at is null then '' else ' expired' end, ', ' order by stopped_at)";
  expect(await site.sql('database', `${kept} from ops.backups`)).toBe('full expired, incr expired, full');
  const { stdout } = await site.inside('repository', 'ls -d /backup/repository/backup/*/2*');
  const [label] = (await site.sql('database', 'select label from ops.backups where expired_at is null')).split('\n');
  expect(stdout.trim()).toMatch(new RegExp(`/${label}$`));
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(firstSegment).not.toBe('');
  expect(await oldest()).not.toBe(firstSegment);
});

test('a repository of another database is not touched, and says so', async () => {
  const before = (await site.inside('repository', 'find /backup/repository -type f | sort | xargs sha256sum')).stdout;
  await site.endDatabase('database');
  await site.database('other');
  await eventually('the other database', 30, () => site.sql('other', 'select 1'));
  await site.restart('repository');
  await eventually('the reason', 60, async () => /no stanza yet.*do not match/.test(await site.logs('repository')));
  const refused = await site.job('backups', ['run', 'full']);
  expect(refused.code).toBe(1);
  const after = (await site.inside('repository', 'find /backup/repository -type f | sort | xargs sha256sum')).stdout;
  expect(after).toBe(before);
});
