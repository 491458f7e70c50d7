import { eventually } from '../support/eventually';
import { gapsOf } from '../cluster/support/archive-way';
import { segmentsIn } from '../cluster/support/repository';
import { STANZA } from '../../src/names';
import { Site } from './site';

let site: Site;

const waiting = async (name: string): Promise<string> =>
  site.sql(name, "select coalesce(string_agg(name, ' '), '') from pg_ls_archive_statusdir() where name like '%.ready'");
const untilArchived = (name: string): Promise<boolean> =>
  eventually('everything archived', 120, async () => {
    const names = await waiting(name);
    if (names !== '') throw new Error(`these wait: ${names}`);
    return true;
  });
const listing = async (): Promise<string> =>
  (await site.inside('repository', `pgbackrest --stanza=${STANZA} --output=text --recurse repo-ls archive/${STANZA}`))
    .stdout;

/** Commits a mark and closes its segment. @returns the segment */
const mark = (server: string, name: string): Promise<string> =>
  site.sql(server, `insert into marks values ('${name}'); select pg_walfile_name(pg_switch_wal());`);

/** A standby has replayed all that was committed. */
async function untilFollowed(standby: string, primary: string): Promise<void> {
  const position = await site.sql(primary, 'select pg_current_wal_lsn()');
  await eventually(
    `${standby} follows ${primary}`,
    60,
    async () => (await site.sql(standby, `select pg_last_wal_replay_lsn() >= '${position}'`)) === 't',
  );
}

const promote = (name: string): Promise<string> => site.sql(name, 'select pg_promote(); checkpoint');

/** What a restore of all that is archived brings back, once nothing else runs. */
async function restoredMarks(): Promise<string> {
  await site.restored('restored', { target: 'latest' });
  await eventually(
    'recovered',
    60,
    async () => (await site.sql('restored', 'select pg_is_in_recovery()').catch(() => 't')) === 'f',
  );
  return site.sql('restored', "select string_agg(name, ' ' order by name) from marks");
}

beforeEach(async () => {
  site = await Site.open();
  await site.volume('backups');
  expect((await site.job('backups', ['check'])).code).toBe(0);
  await site.database('former');
  await eventually('the database', 60, () => site.sql('former', 'select 1'));
  await site.repository('repository', 'backups');
  await eventually('the stanza', 60, async () => (await site.logs('repository')).includes('the stanza is there'));
  await site.sql('former', 'create table marks (name text)');
  for (const name of ['next', 'last']) {
    await site.standby(name, 'former');
    await eventually(name, 60, () => site.sql(name, 'select 1'));
  }
  expect((await site.inside('repository', `pgbackrest --stanza=${STANZA} --type=full backup`)).code).toBe(0);
});
afterEach(() => site.close());

test('what waits with primaries that are lost while the repository is away is archived by the next one', async () => {
  const before = await mark('former', 'archived');
  await untilArchived('former');

  await site.stop('repository');
  const waits = [await mark('former', 'a'), await mark('former', 'b')];
  expect(await waiting('former')).toContain(waits[0]);
  await untilFollowed('next', 'former');
  await untilFollowed('last', 'former');
  await site.endDatabase('former');
  await promote('next');
  await site.follow('last', 'next');
  waits.push(await mark('next', 'c'));
  await untilFollowed('last', 'next');
  await site.endDatabase('next');
  await promote('last');
  waits.push(await mark('last', 'd'));
  await site.sql('last', 'checkpoint');

  await site.resume('repository');
  await untilArchived('last');
  const archive = await listing();
  const segments = segmentsIn(archive);
  expect(segments).toEqual(expect.arrayContaining([before, ...waits]));
  expect(gapsOf(segments)).toEqual([]);
  // A restore looks for the timelines one after the other.
  expect(archive).toMatch(/00000002\.history[\s\S]*00000003\.history/);
  await site.endDatabase('last');
  expect(await restoredMarks()).toBe('a archived b c d');
});

test('the segment in which a timeline ended is not offered: a former primary that was cut off has archived its own version', async () => {
  await site.follow('last', 'next');
  await eventually(
    'a standby of the next one',
    60,
    async () => (await site.sql('next', 'select count(*) from pg_stat_replication')) === '1',
  );
  await mark('former', 'a');
  await site.sql('former', "insert into marks values ('b')");
  await untilFollowed('last', 'former');
  await promote('next');
  const diverged = await mark('former', 'lost');
  await untilArchived('former');
  await site.endDatabase('former');

  await mark('next', 'c');
  await untilFollowed('last', 'next');
  await untilArchived('next');
  await site.endDatabase('next');
  // PostgreSQL counts it as archived, and the repository has another one of its name.
  const counted = `select count(*) from pg_ls_archive_statusdir() where name = '${diverged}.done'`;
  expect(await site.sql('last', counted)).toBe('1');
  await promote('last');
  await mark('last', 'd');
  await untilArchived('last');
  expect(await site.sql('last', counted)).toBe('1');
  await site.endDatabase('last');
  expect(await restoredMarks()).toBe('a b c d');
});
