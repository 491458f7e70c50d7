import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AlertReceiver } from '../observe/alert-receiver';
import { inPod, kubectl } from '../support/cluster';
import { eventually, sleep } from '../support/command';
import { untilWhole } from '../support/members';
import { applyPlatform, removePlatform, renderVariant, untilSettled } from '../support/platform';
import { record } from '../support/record';

const MINUTES = Number(process.env.EDTECH_QUIET_MINUTES ?? 60);
const work = mkdtempSync(path.join(tmpdir(), 'edtech-quiet-'));
const receiver = new AlertReceiver();

beforeAll(async () => {
  await receiver.open();
  const variant = await renderVariant(
    'development',
    path.join(__dirname, '../alerts/settings.ts'),
    path.join(work, 'dist'),
    process.env.EDTECH_SECRETS ?? path.join(work, 'secrets'),
  );
  await applyPlatform(variant);
  await untilSettled(840);
});

afterAll(async () => {
  receiver.close();
  if (process.env.EDTECH_KEEP !== 'true') await removePlatform();
  rmSync(work, { recursive: true, force: true });
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
