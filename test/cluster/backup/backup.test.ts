import path from 'node:path';
import { Prometheus } from '../support/prometheus';
import { eventually, sleep } from '../../support/eventually';
import { drill, lastDrill } from '../support/drill';
import { untilDone } from '../support/job';
import { sql, switchOver, untilWhole } from '../support/members';
import { MemoryWatch, outOfMemory } from '../support/memory';
import { applyPlatform, difference, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { EXACT, verify } from '../support/simulator';
import {
  archiveGaps,
  archiveMiB,
  archiver,
  pgbackrest,
  recordedBackups,
  scaleRepository,
  stanzaCode,
  startBackup,
  untilArchived,
  verifyRepository,
} from '../support/repository';

const MEMBERS = 2;
const AWAY_SECONDS = Number(process.env.EDTECH_REPOSITORY_AWAY_SECONDS ?? 600);

const folder = new SuiteFolder('backup');
let variant: Variant;
let memory: MemoryWatch;
let primary: string;

const stored = async (): Promise<number> => Number((await sql(primary, 'select sum(events) from ingest.batches;'))[0]);

/** Names of the alerts that fire or are about to. */
async function alerts(): Promise<string[]> {
  const prometheus = await Prometheus.open();
  try {
    return (await prometheus.query('ALERTS')).map(({ metric }) => metric.alertname);
  } finally {
    prometheus.close();
  }
}

beforeAll(async () => {
  variant = await folder.render('development', path.join(__dirname, 'settings.ts'));
  memory = new MemoryWatch();
});

afterAll(async () => {
  await memory.stop();
  await folder.remove();
});

test('the platform comes up with a stanza that nobody had to create, and WAL is archived', async () => {
  await applyPlatform(variant);
  const seconds = await untilSettled(880);
  primary = (await untilWhole(MEMBERS, 120)).primary.name;
  await eventually('a stanza without backups', 60, async () => (await stanzaCode()) === 2);
  await untilArchived(primary, 120);
  const { archived, failed } = await archiver(primary);
  record('archiving after the first apply', { readySeconds: Math.round(seconds), archived, failedBefore: failed });
  expect(archived).toBeGreaterThan(0);
  expect(await alerts()).not.toContain('WalArchiveFailing');
});

test('what was committed is archived within about a minute, whether a segment is full or not', async () => {
  const samples: number[] = [];
  for (let sample = 0; sample < 8; sample++) {
    samples.push((await archiver(primary)).ageSeconds);
    await sleep(10);
  }
  record('age of the newest archived segment over 80 seconds', { longestSeconds: Math.round(Math.max(...samples)) });
  expect(Math.max(...samples)).toBeLessThanOrEqual(75);
});

test('a full and an incremental backup run from their CronJobs and are recorded', async () => {
  const events = await stored();
  await startBackup('full', 'backup-test-full');
  await untilDone('backup-test-full', 600);
  await startBackup('incr', 'backup-test-incr');
  await untilDone('backup-test-incr', 600);
  const [full, incr, ...others] = await recordedBackups(primary);
  expect(others).toEqual([]);
  expect([full.kind, incr.kind]).toEqual(['full', 'incr']);
  expect(incr.repositoryMiB).toBeLessThan(full.repositoryMiB);
  record('sizes and times of backups', {
    events,
    databaseMiB: full.databaseMiB,
    fullMiB: full.repositoryMiB,
    fullSeconds: full.seconds,
    incrMiB: incr.repositoryMiB,
    incrSeconds: incr.seconds,
  });
  expect(await verifyRepository()).toMatchObject({ problems: [] });
  expect(await archiveGaps()).toEqual([]);
});

test(`the repository is away for ${AWAY_SECONDS} s: the database works, WAL is kept and archived afterwards`, async () => {
  const before = { ...(await archiver(primary)), events: await stored(), archiveMiB: await archiveMiB() };
  await scaleRepository(0);
  try {
    await sleep(AWAY_SECONDS);
    const away = await archiver(primary);
    const events = (await stored()) - before.events;
    // Live replicas commit every 5 s each.
    const [longest] = await sql(
      primary,
      `select max(extract(epoch from gap)) from (
         select committed_at - lag(committed_at) over (order by committed_at) as gap from ingest.batches
         where committed_at > now() - interval '${AWAY_SECONDS} seconds') g;`,
    );
    record('repository away', {
      awaySeconds: AWAY_SECONDS,
      segmentsKept: away.waiting,
      events,
      longestSecondsBetweenCommits: Math.round(Number(longest)),
    });
    expect(away.archived - before.archived).toBeLessThanOrEqual(1);
    expect(away.failed).toBeGreaterThan(before.failed);
    expect(away.waiting).toBeGreaterThanOrEqual(Math.floor(AWAY_SECONDS / 60) - 2);
    expect(events).toBeGreaterThan(0);
    expect(Number(longest)).toBeLessThan(30);
  } finally {
    await scaleRepository(1);
  }
  const back = Date.now();
  await eventually('nothing waits to be archived', 180, async () => (await archiver(primary)).waiting === 0);
  record('repository back', {
    allArchivedAfterSeconds: Math.round((Date.now() - back) / 1000),
    archivedMiB: Math.round((await archiveMiB()) - before.archiveMiB),
  });
  await untilArchived(primary, 120);
  expect(await verifyRepository()).toMatchObject({ problems: [] });
  expect(await archiveGaps()).toEqual([]);
});

test('the primary moves while a backup runs: the next backup and the archive are whole', async () => {
  const before = await untilWhole(MEMBERS, 60);
  await startBackup('full', 'backup-test-moved');
  await eventually('the backup copies', 120, async () =>
    (await pgbackrest(['--output=text', '--log-level-console=error', 'info'])).includes('backup/expire running'),
  );
  const begun = Date.now();
  await switchOver(before.primary, before.standbys[0]);
  const moved = await untilWhole(MEMBERS, 180);
  expect(moved.primary.name).not.toBe(primary);
  primary = moved.primary.name;
  const failures = await untilDone('backup-test-moved', 600);
  const seconds = Math.round((Date.now() - begun) / 1000);
  await startBackup('incr', 'backup-test-next');
  await untilDone('backup-test-next', 600);
  await untilArchived(primary, 120);
  record('primary moves while a backup runs', { triesOfTheBackup: failures + 1, secondsFromTheMove: seconds });
  expect((await recordedBackups(primary)).map(({ kind }) => kind)).toEqual(['full', 'incr', 'full', 'incr']);
  expect(await verifyRepository()).toMatchObject({ problems: [] });
  expect(await archiveGaps()).toEqual([]);
  expect(await drill('backup-test-drill')).toBe(true);
  const drilled = await lastDrill(primary);
  record('restore drill after the primary moved', { ...drilled });
  expect(drilled).toMatchObject({ outcome: 'passed', differences: 0 });
});

test('every stored event is the one that the seed says, and an apply would change nothing', async () => {
  expect(await verify(600)).toMatchObject(EXACT);
  expect(await difference(variant)).toBe('');
});

test('nothing was ended for want of memory', async () => {
  const { containers } = await memory.stop();
  const ours = containers.filter(({ name }) => /\/(backup|repository|check|pgbackrest)$/.test(name));
  const peak = (container: string): number =>
    Math.max(...ours.filter(({ name }) => name.endsWith(`/${container}`)).map(({ peak: of }) => of));
  record('memory of the backups', {
    repositoryMiB: peak('repository'),
    memberServerMiB: peak('pgbackrest'),
    jobMiB: peak('backup'),
  });
  expect(await outOfMemory()).toEqual([]);
});
