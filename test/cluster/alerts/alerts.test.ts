import path from 'node:path';
import { AlertReceiver } from '../support/alert-receiver';
import { Machines } from '../support/cluster';
import { eventually, sleep } from '../support/command';
import { sql, untilWhole } from '../support/members';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { begin, end, type Begun } from './fault';
import { fastFaults, slowFaults } from './faults';
import { deleteTestObjects } from './objects';

const folder = new SuiteFolder('alerts');
const receiver = new AlertReceiver();
const tool = process.env.CLUSTER_TOOL ?? '';
if (tool === '') throw new Error('CLUSTER_TOOL is not set: a program that runs a command on a node');
let variant: Variant;
const slow: Begun[] = [];

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

test.each(slowFaults())('$what: begins', async (fault) => {
  slow.push(await begin(fault));
});

test.each(['quality', 'disk', 'collector', 'DAG'])(
  '%s: the fault is told, and its end too',
  async (name) => {
    await end(receiver, await begin(faultNamed(name)));
  },
  1_800_000,
);

test.each(slowFaults().map(({ what }) => what))(
  '%s: it is told, and its end too',
  async (what) => {
    const begun = slow.find(({ fault }) => fault.what === what);
    if (begun === undefined) throw new Error(`${what} has not begun`);
    await end(receiver, begun);
  },
  3_000_000,
);

test.each(['replica', 'primary'])(
  '%s: the fault is told, and its end too',
  async (name) => {
    await end(receiver, await begin(faultNamed(name)));
  },
  1_800_000,
);

function faultNamed(name: string): ReturnType<typeof fastFaults>[number] {
  const found = fastFaults(variant, new Machines(tool)).find(({ what }) => what.includes(name));
  if (found === undefined) throw new Error(`no fault is about ${name}`);
  return found;
}
