import path from 'node:path';
import { AGENTS_NAMESPACE } from '../../../src/names';
import { AlertReceiver } from '../support/alert-receiver';
import { kubectl } from '../support/cluster';
import { command } from '../../support/command';
import { eventually, sleep } from '../../support/eventually';
import { switchOver, untilWhole } from '../support/members';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';

const MINUTES = Number(process.env.EDTECH_QUIET_MINUTES ?? 60);
const folder = new SuiteFolder('quiet');
const receiver = new AlertReceiver();

let variant: Variant;

/** `kubectl rollout VERB` for what runs on each node. */
const agents = (verb: string, ...args: string[]): Promise<string> =>
  command('kubectl', ['--namespace', AGENTS_NAMESPACE, 'rollout', verb, ...args], { timeoutSeconds: 310 });

beforeAll(async () => {
  await receiver.open();
  variant = await folder.render('development', path.join(__dirname, '../alerts/settings.ts'));
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
  await agents('restart', 'daemonset');
  await untilSettled(900);
  await agents('status', 'daemonset', '--timeout=300s');
  const { primary, standbys } = await untilWhole(variant.config.postgres.members, 420);
  await switchOver(primary, standbys[0]);
  await untilWhole(variant.config.postgres.members, 240);
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
