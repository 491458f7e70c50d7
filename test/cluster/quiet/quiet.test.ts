import path from 'node:path';
import { AlertReceiver } from '../support/alert-receiver';
import { inPod, kubectl } from '../support/cluster';
import { eventually, sleep } from '../support/command';
import { untilWhole } from '../support/members';
import { applyPlatform, untilSettled } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';

const MINUTES = Number(process.env.EDTECH_QUIET_MINUTES ?? 60);
const folder = new SuiteFolder('quiet');
const receiver = new AlertReceiver();

beforeAll(async () => {
  await receiver.open();
  const variant = await folder.render('development', path.join(__dirname, '../alerts/settings.ts'));
  await applyPlatform(variant);
  await untilSettled(840);
});

afterAll(async () => {
  receiver.close();
  await folder.remove();
});

test(`${MINUTES} minutes, a rolling update of everything and a planned switchover page nobody`, async () => {
  // What fires while a platform comes up for the first time is not counted.
  await sleep(300);
  const begun = Date.now();
  await eventually('a sign of life', 240, async () => receiver.about('Watchdog', 'firing', begun));
  await sleep((MINUTES - 20) * 60);
  await kubectl(['rollout', 'restart', 'deployment,statefulset']);
  await untilSettled(900);
  const { primary } = await untilWhole(2, 420);
  await inPod(primary.name, 'postgres', [
    'patronictl',
    '-c',
    '/etc/patroni',
    'switchover',
    '--leader',
    primary.name,
    '--force',
  ]);
  await untilWhole(2, 240);
  await sleep(Math.max(300, MINUTES * 60 - (Date.now() - begun) / 1000));
  const told = receiver.told.filter(({ atMs, status }) => atMs > begun && status === 'firing');
  const of = (where: string): string[] => [
    ...new Set(told.filter(({ path: at }) => at === where).map(({ alert }) => alert)),
  ];
  record('an hour without a fault', {
    minutes: Math.round((Date.now() - begun) / 60_000),
    pages: of('/page').length,
    tickets: of('/ticket').join(' ') || 'none',
  });
  expect(of('/page')).toEqual([]);
}, 7_200_000);
