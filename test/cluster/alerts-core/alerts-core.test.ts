import path from 'node:path';
import { begin, end } from '../alerts/fault';
import { faultsOf, type FaultName } from '../alerts/faults';
import { AlertReceiver } from '../support/alert-receiver';
import { eventually } from '../../support/eventually';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { SuiteFolder } from '../support/suite-folder';

/** Those that are told within minutes; none of them hides another. */
const FAULTS: readonly FaultName[] = ['qualityCheckFailing', 'standbyStopped', 'simulatorStopped'];

const folder = new SuiteFolder('alerts-core');
const receiver = new AlertReceiver();
let variant: Variant;

beforeAll(async () => {
  await receiver.open();
  // Goes on with the platform of the suite `production`: only who is told is another.
  variant = await folder.render('production', path.join(__dirname, 'settings.ts'));
  await applyPlatform(variant);
  await untilSettled(600);
});

afterAll(async () => {
  receiver.close();
  await folder.remove();
});

test('the dead-man receiver hears a sign of life', async () => {
  const begun = Date.now();
  await eventually('a sign of life', 240, async () => receiver.about('Watchdog', 'firing', begun));
});

test('three faults at once are told, and their ends too', async () => {
  const faults = faultsOf(variant);
  const begun = [];
  for (const name of FAULTS) begun.push(await begin(faults[name]));
  // Each is repaired before the suite ends, also where another one was not told.
  const ended = await Promise.allSettled(begun.map((one) => end(receiver, one)));
  expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
});
