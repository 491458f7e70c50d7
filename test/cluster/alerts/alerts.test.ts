import path from 'node:path';
import { AlertReceiver } from '../support/alert-receiver';
import { eventually, sleep } from '../support/command';
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
/** All at once, those first that take a quarter of an hour and more: none of them hides another. */
const AT_ONCE: readonly FaultName[] = [
  'archiveBroken',
  'podCrashLooping',
  'dagFailing',
  'collectorStopped',
  'diskNearlyFull',
  'qualityCheckFailing',
];
/** Of the server that the others are told by. */
const OF_THE_DATABASE: readonly FaultName[] = ['standbyStopped', 'primaryKeptDown'];
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
          `select coalesce(sum(s.total_exec_time + s.total_plan_time), 0) from pg_stat_statements s join pg_roles r on r.oid = s.userid
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

test('six faults begin', async () => {
  for (const name of AT_ONCE) {
    const ended = end(receiver, await begin(faultsOf(variant)[name]));
    // What went wrong is the result of the fault's own test below.
    ended.catch(() => undefined);
    ends.set(name, ended);
  }
});

test.each(AT_ONCE)(
  '%s: the fault is told, and its end too',
  async (name) => {
    const ended = ends.get(name);
    if (ended === undefined) throw new Error(`${name} has not begun`);
    await ended;
  },
  3_000_000,
);

test.each(OF_THE_DATABASE)(
  '%s: the fault is told, and its end too',
  async (name) => {
    await end(receiver, await begin(faultsOf(variant)[name]));
  },
  1_800_000,
);
