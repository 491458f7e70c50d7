import { OutOfReach, planOf, shortOf, type Plan, type Wanted } from '../../src/restore/reachable';
import { readStanza, type OnHost } from '../../src/restore/repository';
import { STANZA } from '../../src/names';
import { eventually, sleep } from '../support/eventually';
import { Site } from './site';

let site: Site;
/** The server that runs: there is one at a time, as in a cluster there is one primary. */
let running = 'first';
const T: Record<string, string> = {};

const sql = (text: string): Promise<string> => site.sql(running, text);
const host: OnHost = async (...command) => {
  const quoted = command.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(' ');
  const { code, stdout, stderr } = await site.inside('repository', quoted);
  if (code !== 0) throw new Error(stderr);
  return stdout;
};

async function plan(wanted: Wanted): Promise<Plan> {
  const { archive, status } = await readStanza(host);
  return planOf(wanted, archive, status);
}
const to = (name: string, timeline?: number): Promise<Plan> => plan({ target: { at: new Date(T[name]) }, timeline });
const refusal = (wanted: Promise<Plan>): Promise<string> =>
  wanted.then(
    () => 'not refused',
    (error: Error) => {
      expect(error).toBeInstanceOf(OutOfReach);
      return error.message;
    },
  );

/** Commits a mark, keeps the database's time just after it by its name, and has it archived with a later commit. @returns its segment */
async function mark(name: string): Promise<string> {
  T[name] = await sql(
    `insert into marks values ('${name}'); do 'begin perform pg_sleep(0.01); end'; select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');`,
  );
  // The archive knows times to the second.
  await sleep(1.2);
  const segment = (await sql('select pg_current_xact_id(); select pg_walfile_name(pg_switch_wal());')).split('\n')[1];
  await eventually(
    `${segment} archived`,
    60,
    async () => (await sql('select last_archived_wal from pg_stat_archiver')) >= segment,
  );
  return segment;
}
const marks = (): Promise<string> => sql("select string_agg(name, ' ' order by name) from marks");
const history = async (): Promise<string> => {
  const timeline = (await sql('select pg_walfile_name(pg_current_wal_lsn())')).slice(0, 8);
  return (await site.inside(running, `cat /pgdata/pg17/pg_wal/${timeline}.history`)).stdout;
};
const backup = async (kind: string): Promise<string> => {
  const said = await site.inside('repository', `pgbackrest --stanza=${STANZA} --type=${kind} backup`);
  return /new backup label = (\S+)/.exec(said.stdout)?.[1] ?? said.stdout + said.stderr;
};

/** Ends the server that runs, and begins another one with what a plan says. */
async function restore(name: string, target: string, { timeline, backup }: Plan): Promise<void> {
  await site.endDatabase(running);
  running = name;
  await site.restored(name, { target, timeline: `${timeline}`, backup: backup.label });
  await eventually('recovered', 60, async () => (await sql('select pg_is_in_recovery()').catch(() => 't')) === 'f');
}

/** Without a segment in the archive, and afterwards with it again. */
async function without<T>(segment: string, work: () => Promise<T>): Promise<T> {
  const folder = `/backup/repository/archive/${STANZA}/17-1/${segment.slice(0, 16)}`;
  await site.inside('repository', `mv ${folder}/${segment}-* /backup/`);
  try {
    return await work();
  } finally {
    await site.inside('repository', `mv /backup/${segment}-* ${folder}/`);
  }
}

let first: string;
let middle: string;

beforeAll(async () => {
  site = await Site.open();
  await site.volume('backups');
  expect((await site.job('backups', ['check'])).code).toBe(0);
  await site.database(running);
  await eventually('the database', 60, () => sql('select 1'));
  await site.repository('repository', 'backups');
  await eventually('the stanza', 60, async () => (await site.logs('repository')).includes('the stanza is there'));
  await sql('create table marks (name text)');
  first = await backup('full');
  await mark('a');
  middle = await mark('b');
  await mark('c');
  await mark('d');
});
afterAll(() => site.close());

test('a restore that came up short is told, and the next one still reaches what was lost', async () => {
  const lost = await plan({ target: 'latest' });
  expect(lost).toMatchObject({ timeline: 1, backup: { label: first } });
  await without(middle, () => restore('short', 'latest', lost));
  expect(await marks()).toBe('a');
  expect(shortOf(await history(), lost.timeline, lost.segment)).toContain(
    'recovery ended on the way of timeline 1 at 0/',
  );
  // It archives, too: what it writes is the newest timeline.
  await mark('x');
  expect(await plan({ target: 'latest' })).toMatchObject({ timeline: 2 });
  const again = await plan({ target: 'latest', timeline: lost.timeline });
  expect(again).toEqual(lost);
  await restore('whole', 'latest', again);
  expect(await marks()).toBe('a b c d');
  expect(shortOf(await history(), lost.timeline, lost.segment)).toBeUndefined();
  await mark('e');
});

test('a moment is on the timeline that was written then: the newest, or one that an earlier restore left', async () => {
  expect(await to('c')).toMatchObject({ timeline: 3 });
  expect(await to('x')).toMatchObject({ timeline: 2 });
  await restore('back', T.b, await to('b'));
  expect(await marks()).toBe('a b');
  expect(await history()).toMatch(/\t0\/[0-9A-F]+\tbefore \d{4}-/);
  await mark('f');
  // Given up by the restore that began timeline 4.
  expect(await to('c')).toMatchObject({ timeline: 3 });
  expect(await to('f')).toMatchObject({ timeline: 4 });
  expect(await to('a')).toMatchObject({ timeline: 4 });
  expect(await refusal(to('c', 4))).toMatch(
    /^--to is \S+, not on timeline 4, which left timeline 1 as of \S+ and goes on at \S+; allowed --timeline 3: timelines 1 until/,
  );
  expect(await refusal(to('f', 2))).toMatch(/not on timeline 2, which is archived until \S+; allowed --timeline 4/);
  expect(await refusal(to('c', 9))).toMatch(/^--timeline is 9; allowed 1, 2, 3, 4: timelines 1 until/);
  await restore('forward', T.c, await to('c'));
  expect(await marks()).toBe('a b c');
});

test('the newest backup is not on the way of every timeline', async () => {
  await mark('g');
  const later = await backup('incr');
  await mark('h');
  await restore('before', T.g, await to('g'));
  await mark('i');
  expect(await marks()).toBe('a b c g i');
  const newest = await plan({ target: 'latest' });
  expect(newest.backup.label).toBe(first);
  expect(await plan({ target: 'latest', timeline: newest.timeline - 1 })).toMatchObject({ backup: { label: later } });
  expect(await refusal(plan({ target: 'latest', backup: later }))).toMatch(
    new RegExp(`^--backup is ${later}, which ended on the way of timeline ${newest.timeline}; allowed ${first}`),
  );
  // As pgBackRest and PostgreSQL choose: the newest backup, and the newest timeline.
  await site.bootstrapped('refused', { target: 'latest' });
  await eventually('refused', 60, async () =>
    /target timeline \d+ forked from backup timeline \d+ .* before backup lsn/.test(await site.logs('refused')),
  );
  await site.volume('drill');
  expect((await site.drillStep('restore', { repository: 'backups', scratch: 'drill' })).code).toBe(0);
  await site.drillStep('server', { repository: 'backups', scratch: 'drill' });
  expect(JSON.parse((await site.inside('drill', 'cat /scratch/result.json')).stdout)).toMatchObject({
    failed_step: 'restore',
    detail: expect.stringContaining('forked from backup timeline') as string,
  });
  await restore('chosen', 'latest', newest);
  expect(await marks()).toBe('a b c g i');
});
