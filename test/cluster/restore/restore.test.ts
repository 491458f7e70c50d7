import path from 'node:path';
import { RESTORE_REQUEST, WORKLOAD } from '../../../src/names';
import { untilDone } from '../support/job';
import { pgbackrest, recordedBackups, startBackup, untilArchived } from '../support/repository';
import { Prometheus } from '../support/prometheus';
import { kubectl } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import { pods, sql, untilWhole } from '../support/members';
import { applyPlatform, difference, renderVariant, untilSettled, type Variant } from '../support/platform';

import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { EXACT, verify } from '../support/simulator';
import { deleteDrills, drill, lastDrill } from '../support/drill';
import { carrySecrets, keepOnlyTheRepository } from './second-site';
import { withoutBackup, withTruncatedSegment } from './repository-faults';
import {
  atARandomSecond,
  destroyAllVolumes,
  missingSeconds,
  restore,
  restoreKilledAfter,
  secondsOf,
  STEPS,
} from './restoring';

const ENVIRONMENT = ['--env', 'development'] as const;
const MEMBERS = 2;
const ROUNDS = Number(process.env.EDTECH_RESTORE_ROUNDS ?? 5);
const MISSING_SECONDS = 75;

const folder = new SuiteFolder('restore');
let variant: Variant;
let primary: string;
let backedUpMs: number;

const timeOfDatabase = async (): Promise<string> =>
  (await sql(primary, `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');`))[0];

async function untilWell(): Promise<void> {
  primary = (await untilWhole(MEMBERS, 180)).primary.name;
}

beforeAll(async () => {
  variant = await folder.render('development', path.join(__dirname, 'settings.ts'));
  await applyPlatform(variant);
  await untilSettled(840);
  await untilWell();
  const name = `restore-test-full-${Date.now()}`;
  await startBackup('full', name);
  await untilDone(name, 600);
  backedUpMs = Date.now();
});

afterAll(async () => {
  await folder.remove();
});

describe('the drill', () => {
  test('passes, started by hand from its CronJob, and is recorded and counted', async () => {
    await untilArchived(primary, 120);
    expect(await drill(`restore-drill-${Date.now()}`)).toBe(true);
    const last = await lastDrill(primary);
    record('restore drill', { ...last, detail: '' });
    expect(last).toMatchObject({ outcome: 'passed', failedStep: '', differences: 0 });
    expect(last.compared).toBeGreaterThan(10_000);
    expect(last.behindSeconds).toBeLessThan(120);
  });

  test('fails where a segment is truncated, the passphrase is wrong or the backup is missing, and says which step', async () => {
    const [{ label }] = (await recordedBackups(primary)).slice(-1);
    const [segment] = await sql(primary, `select wal_stop from ops.backups where label = '${label}';`);
    for (let more = 0; more < 3; more++) await untilArchived(primary, 120);
    const found: Record<string, string> = {};
    const failing = async (what: string, passphrase?: string): Promise<void> => {
      expect(await drill(`restore-drill-${what}-${Date.now()}`, passphrase)).toBe(false);
      const { outcome, failedStep, detail } = await lastDrill(primary);
      expect(outcome).toBe('failed');
      console.log(`${what}: ${failedStep}: ${detail}`);
      found[what] = failedStep;
    };
    await withTruncatedSegment(segment, () => failing('truncated'));
    await failing('cipher', 'not-the-passphrase');
    await withoutBackup(label, () => failing('missing'));
    record('restore drill, broken on purpose', found);
    expect(found).toEqual({ truncated: 'start', cipher: 'restore', missing: 'restore' });
    const prometheus = await Prometheus.open();
    try {
      await eventually(
        'RestoreDrillFailed fires',
        180,
        async () => (await prometheus.query('ALERTS{alertname="RestoreDrillFailed",alertstate="firing"}')).length > 0,
      );
    } finally {
      prometheus.close();
      await deleteDrills();
    }
  });
});

describe('a point in time', () => {
  test('before the oldest backup, or to come, is refused with what can be reached, and nothing is touched', async () => {
    const before = (await pods(WORKLOAD.postgres)).map(({ metadata }) => metadata.uid);
    const old = await restore(...ENVIRONMENT, '--to', '2026-01-01T00:00:00Z', '--yes');
    expect([old.code, old.stderr]).toEqual([2, expect.stringMatching(/before the oldest backup; reachable is /)]);
    const late = await restore(...ENVIRONMENT, '--to', new Date(Date.now() + 3_600_000).toISOString(), '--yes');
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('which is to come')]);
    expect((await pods(WORKLOAD.postgres)).map(({ metadata }) => metadata.uid)).toEqual(before);
  });

  test('a second before a day was deleted and a table dropped is reached: rows before it are there, a marker after it is not', async () => {
    await sleep(Math.max(0, backedUpMs + 185_000 - Date.now()) / 1000);
    const [day] = await sql(primary, "select (now() at time zone 'UTC')::date - 1;");
    const rows = async (): Promise<number> =>
      Number(
        (
          await sql(
            primary,
            `select count(*) from edtech.streaming_logs where occurred_at >= '${day}'::timestamptz and occurred_at < '${day}'::timestamptz + interval '1 day' and received_at < '${day}'::timestamptz + interval '1 day';`,
          )
        )[0],
      );
    const held = await rows();
    expect(held).toBeGreaterThan(1000);
    await sql(primary, "create table public.marker as select 'before'::text as what;");
    await sleep(2);
    const target = await timeOfDatabase();
    await sleep(1);
    await sql(
      primary,
      `set session_replication_role = replica; delete from edtech.streaming_logs where occurred_at >= '${day}'::timestamptz and occurred_at < '${day}'::timestamptz + interval '1 day';
       drop table ops.restore_drills; insert into public.marker values ('after');`,
    );
    expect(await rows()).toBe(0);
    const sinceBackup = Math.round((Date.parse(target) - backedUpMs) / 1000);
    const begun = Date.now();
    const { code, stdout } = await restore(...ENVIRONMENT, '--to', target, '--yes');
    const seconds = Math.round((Date.now() - begun) / 1000);
    expect(code).toBe(0);
    await untilWell();
    expect(await rows()).toBe(held);
    expect(await sql(primary, 'select what from public.marker;')).toEqual(['before']);
    expect(await sql(primary, "select to_regclass('ops.restore_drills') is not null;")).toEqual(['t']);
    const verified = await verify();
    record('point in time before a deleted day and a dropped table', {
      secondsAfterTheBackup: sinceBackup,
      seconds,
      restoreSeconds: secondsOf(stdout, 'restored to'),
      rowsOfTheDay: held,
      ...verified,
    });
    expect(sinceBackup).toBeGreaterThanOrEqual(180);
    expect(verified.compared).toBeGreaterThan(10_000);
    expect(verified).toMatchObject(EXACT);
    await sql(primary, 'drop table public.marker;');
    expect(await kubectl(['get', 'configmap', RESTORE_REQUEST, '--ignore-not-found'])).toBe('');
    expect(await difference(variant)).toBe('');
  });
});

describe('all volumes of the database destroyed', () => {
  test.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    'round %i: restored, little is missing, and the simulator goes on without a seam',
    async (round) => {
      await untilWell();
      // What was committed since the last round: missing is counted from the last commit that was archived, which must not be of before that.
      await untilArchived(primary, 120);
      await atARandomSecond();
      const lostAt = await destroyAllVolumes();
      const begun = Date.now();
      // The first time it is killed after each of its steps: every further call goes on.
      let said = '';
      if (round === 1)
        for (const step of STEPS) said += await restoreKilledAfter(step, ...ENVIRONMENT, '--latest', '--yes');
      const { code, stdout } = await restore(...ENVIRONMENT, '--latest', '--yes');
      const seconds = Math.round((Date.now() - begun) / 1000);
      expect(code).toBe(0);
      await untilWell();
      const missing = await missingSeconds(primary, lostAt);
      const verified = await verify();
      record(`all volumes destroyed, round ${round}${round === 1 ? `, killed ${STEPS.length} times` : ''}`, {
        missingSeconds: missing,
        seconds,
        ...verified,
      });
      expect(said + stdout).toMatch(/missing time: at most [\d.]+ s/);
      expect(missing).toBeLessThanOrEqual(MISSING_SECONDS);
      expect(verified).toMatchObject(EXACT);
    },
  );

  test('a segment that cannot be read ends a restore short: it says so, and the next call brings all of it back', async () => {
    await untilWell();
    const name = `restore-test-short-${Date.now()}`;
    await startBackup('full', name);
    await untilDone(name, 600);
    const [{ label }] = (await recordedBackups(primary)).slice(-1);
    const [stop] = await sql(primary, `select wal_stop from ops.backups where label = '${label}';`);
    for (let more = 0; more < 3; more++) await untilArchived(primary, 120);
    const lostAt = await destroyAllVolumes();
    const begun = Date.now();
    const short = await withTruncatedSegment(stop, () => restore(...ENVIRONMENT, '--latest', '--yes'));
    expect([short.code, short.stderr]).toEqual([
      1,
      expect.stringMatching(/recovery ended on the way of timeline \d+ at .*, before segment /),
    ]);
    const { code, stdout } = await restore(...ENVIRONMENT, '--latest', '--yes');
    const seconds = Math.round((Date.now() - begun) / 1000);
    expect([code, stdout]).toEqual([0, expect.stringContaining('members hold at most an attempt')]);
    await untilWell();
    const missing = await missingSeconds(primary, lostAt);
    const verified = await verify();
    record('all volumes destroyed, a first restore that comes up short', {
      missingSeconds: missing,
      seconds,
      ...verified,
    });
    expect(missing).toBeLessThanOrEqual(MISSING_SECONDS);
    expect(verified).toMatchObject(EXACT);
  });

  test('a drill of what is archived since then passes, and an apply would change nothing', async () => {
    await untilArchived(primary, 120);
    expect(await drill(`restore-drill-after-${Date.now()}`)).toBe(true);
    expect(await lastDrill(primary)).toMatchObject({ outcome: 'passed', differences: 0 });
    expect(await difference(variant)).toBe('');
    expect((await pgbackrest(['--output=text', 'info'])).match(/wal archive min\/max.*/)?.[0]).toMatch(
      /\/0000000[2-9A-F]/,
    );
  });
});

describe('a second site', () => {
  test('with only the repository and the exported secrets has the platform with every event', async () => {
    const [last] = await sql(primary, 'select max(committed_at) from ingest.batches;');
    await untilArchived(primary, 120);
    const carried = path.join(folder.path, 'carried');
    await carrySecrets(folder.secretsDirectory, carried, folder.path);
    await keepOnlyTheRepository();

    const begun = Date.now();
    const out = path.join(folder.path, 'second');
    const site = await renderVariant('development', path.join(__dirname, 'settings.ts'), out, carried);
    await applyPlatform(site);
    await untilSettled(840);
    const appliedSeconds = Math.round((Date.now() - begun) / 1000);
    const { code, stdout } = await restore(...ENVIRONMENT, '--latest', '--yes');
    expect(code).toBe(0);
    const seconds = Math.round((Date.now() - begun) / 1000);
    await untilWell();
    expect(stdout).toContain('holds another database');
    expect(await sql(primary, `select count(*) > 0 from ingest.batches where committed_at = '${last}';`)).toEqual([
      't',
    ]);
    const verified = await verify();
    record('second site from the repository and the exported secrets', { appliedSeconds, seconds, ...verified });
    expect(verified).toMatchObject(EXACT);
    await untilArchived(primary, 120);
    expect(await drill(`restore-drill-second-${Date.now()}`)).toBe(true);
    expect(await difference(site)).toBe('');
  });
});
