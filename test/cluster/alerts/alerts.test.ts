import path from 'node:path';
import { AlertReceiver } from '../support/alert-receiver';
import { eventually, sleep } from '../../support/eventually';
import { sql, untilWhole } from '../support/members';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { begin, end } from './fault';
import { faultsOf, type FaultName } from './faults';
import { deleteCrashing, deleteFullDisk } from './objects';

async function deleteLeftovers(): Promise<void> {
  await deleteCrashing();
  await deleteFullDisk();
}

const folder = new SuiteFolder('alerts');
const receiver = new AlertReceiver();
/** Faults that are played. */
const CHOSEN = process.env.EDTECH_FAULTS?.split(',');
const chosen = (names: readonly FaultName[]): readonly FaultName[] =>
  names.filter((name) => CHOSEN === undefined || CHOSEN.includes(name));
/** All at once, those first that take a quarter of an hour and more: none of them hides another. */
const AT_ONCE = chosen([
  'archiveBroken',
  'podCrashLooping',
  'dagFailing',
  'collectorStopped',
  'diskNearlyFull',
  'qualityCheckFailing',
]);
/** Of the server that the others are told by. */
const OF_THE_DATABASE = chosen(['standbyStopped', 'primaryKeptDown']);
const unknown = CHOSEN?.filter((name) => ![...AT_ONCE, ...OF_THE_DATABASE].some((fault) => fault === name)) ?? [];
if (unknown.length > 0)
  throw new Error(`EDTECH_FAULTS has ${unknown.join(', ')}; allowed are names of test/cluster/alerts/faults.ts`);
let variant: Variant;
const ends = new Map<FaultName, Promise<void>>();

beforeAll(async () => {
  await receiver.open();
  variant = await folder.render('development', path.join(__dirname, 'settings.ts'));
  await applyPlatform(variant);
  await untilSettled(840);
  // Of an earlier run that was killed.
  await deleteLeftovers();
});

afterAll(async () => {
  await deleteLeftovers();
  receiver.close();
  await folder.remove();
});

test('the dead-man receiver hears a sign of life, and nobody is told of anything else that pages', async () => {
  const begun = Date.now();
  await eventually('a sign of life', 240, async () => receiver.about('Watchdog', 'firing', begun));
  expect(receiver.told.filter(({ path: where, status }) => where === '/page' && status === 'firing')).toEqual([]);
});

test('monitoring takes less than 2 % of one processor of the database', async () => {
  const seconds = 120;
  const { primary } = await untilWhole(2, 240);
  const spentMs = async (): Promise<number> =>
    Number(
      (
        await sql(
          primary.name,
          `select coalesce(sum(s.total_exec_time + s.total_plan_time), 0) from public.pg_stat_statements s join pg_roles r on r.oid = s.userid
           where pg_has_role(r.oid, 'edtech_monitor', 'member') and not r.rolsuper`,
        )
      )[0],
    );
  const before = await spentMs();
  await sleep(seconds);
  const percent = (100 * ((await spentMs()) - before)) / (seconds * 1000);
  record('PostgreSQL, statements of monitoring', { 'percent of one processor': Math.round(percent * 100) / 100 });
  expect(percent).toBeGreaterThan(0);
  expect(percent).toBeLessThan(2);
});

const told = '%s: the fault is told, and its end too';

if (AT_ONCE.length > 0) {
  test('all that do not hide one another begin', () => {
    for (const name of AT_ONCE) {
      const ended = begin(faultsOf(variant)[name]).then((begun) => end(receiver, begun));
      // What went wrong is the result of the fault's own test below.
      ended.catch(() => undefined);
      ends.set(name, ended);
    }
  });
  test.each(AT_ONCE)(told, async (name) => ends.get(name), 3_000_000);
}

if (OF_THE_DATABASE.length > 0) {
  test.each(OF_THE_DATABASE)(
    told,
    async (name) => {
      await end(receiver, await begin(faultsOf(variant)[name]));
    },
    1_800_000,
  );
}
