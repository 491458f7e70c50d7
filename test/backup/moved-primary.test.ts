import { eventually } from '../cluster/support/command';
import { gapsOf, segmentsIn } from '../cluster/support/repository';
import { STANZA } from '../../src/names';
import { Site } from './site';

const FORMER = 'former';
const NEXT = 'next';

let site: Site;

const waiting = async (name: string): Promise<number> =>
  Number(await site.sql(name, "select count(*) from pg_ls_archive_statusdir() where name like '%.ready'"));
const untilArchived = (name: string): Promise<boolean> =>
  eventually('everything archived', 120, async () => ((await waiting(name)) === 0 ? true : undefined));
const archived = async (): Promise<string[]> => {
  const { stdout } = await site.inside(
    'repository',
    `pgbackrest --stanza=${STANZA} --output=text --recurse repo-ls archive/${STANZA}`,
  );
  return segmentsIn(stdout);
};

/** Commits a mark and closes its segment. @returns the segment */
const mark = async (name: string): Promise<string> =>
  site.sql(FORMER, `insert into marks values ('${name}'); select pg_walfile_name(pg_switch_wal());`);

/** The standby has replayed all that was committed. */
async function untilFollowed(): Promise<void> {
  const position = await site.sql(FORMER, 'select pg_current_wal_lsn()');
  await eventually('the standby follows', 60, async () =>
    (await site.sql(NEXT, `select pg_last_wal_replay_lsn() >= '${position}'`)) === 't' ? true : undefined,
  );
}

beforeAll(async () => {
  site = await Site.open();
  await site.volume('backups');
  expect((await site.job('backups', ['check'])).code).toBe(0);
  await site.database(FORMER);
  await eventually('the database', 60, () => site.sql(FORMER, 'select 1'));
  await site.repository('repository', 'backups');
  await eventually('the stanza', 60, async () =>
    (await site.logs('repository')).includes('the stanza is there') ? true : undefined,
  );
  await site.sql(FORMER, 'create table marks (name text)');
  await site.standby(NEXT, FORMER);
  await eventually('the standby', 60, () => site.sql(NEXT, 'select 1'));
});
afterAll(() => site.close());

test('what waits with a primary that is lost while the repository is away is archived by the next one', async () => {
  const { stdout, code } = await site.inside('repository', `pgbackrest --stanza=${STANZA} --type=full backup`);
  expect({ stdout, code }).toMatchObject({ code: 0 });
  const before = await mark('archived');
  await untilArchived(FORMER);

  await site.stop('repository');
  const waits = [await mark('a'), await mark('b'), await mark('c')];
  expect(await waiting(FORMER)).toBeGreaterThanOrEqual(waits.length);
  await untilFollowed();
  await site.endDatabase(FORMER);
  await site.sql(NEXT, 'select pg_promote()');
  await site.sql(NEXT, "insert into marks values ('d'); checkpoint; select pg_switch_wal(); checkpoint");

  await site.resume('repository');
  await untilArchived(NEXT);
  const segments = await archived();
  expect(segments).toEqual(expect.arrayContaining([before, ...waits]));
  expect(gapsOf(segments)).toEqual([]);
  // The one that was there already was offered again.
  expect(await site.logs(NEXT)).toMatch(new RegExp(`'${before}' already exists .* with the same checksum`));
  expect(
    await site.sql(NEXT, "select last_archived_time > coalesce(last_failed_time, '-infinity') from pg_stat_archiver"),
  ).toBe('t');

  await site.endDatabase(NEXT);
  await site.restored('restored', { target: 'latest' });
  await eventually('recovered', 60, async () =>
    (await site.sql('restored', 'select pg_is_in_recovery()').catch(() => 't')) === 'f' ? true : undefined,
  );
  expect(await site.sql('restored', "select string_agg(name, ' ' order by name) from marks")).toBe('a archived b c d');
});
