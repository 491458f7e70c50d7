import path from 'node:path';
import { AlertReceiver } from '../support/alert-receiver';
import { eventually, sleep } from '../support/command';
import { sql, untilWhole } from '../support/members';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { begin, end, type Begun } from './fault';
import { faultsOf, type FaultName } from './faults';
import { deleteTestObjects } from './objects';

const folder = new SuiteFolder('alerts');
const receiver = new AlertReceiver();
/** Those that take a quarter of an hour and more: begun first, looked for last. */
const SLOW: readonly FaultName[] = ['podCrashLooping', 'archiveBroken'];
const FAST: readonly FaultName[] = ['qualityCheckFailing', 'diskNearlyFull', 'collectorStopped', 'dagFailing'];
const OF_THE_DATABASE: readonly FaultName[] = ['standbyStopped', 'primaryKeptDown'];
let variant: Variant;
const slow = new Map<FaultName, Begun>();

beforeAll(async () => {
  await receiver.open();
  variant = await folder.render('development', path.join(__dirname, 'settings.ts'));
  await applyPlatform(variant);
  await untilSettled(840);
  await deleteTestObjects();
});

afterAll(async () => {
  await deleteTestObjects();
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

test.each(SLOW)('%s: begins', async (name) => {
  slow.set(name, await begin(faultsOf(variant)[name]));
});

test.each(FAST)(
  '%s: the fault is told, and its end too',
  async (name) => {
    await end(receiver, await begin(faultsOf(variant)[name]));
  },
  1_800_000,
);

test.each(SLOW)(
  '%s: it is told, and its end too',
  async (name) => {
    const begun = slow.get(name);
    if (begun === undefined) throw new Error(`${name} has not begun`);
    await end(receiver, begun);
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
