import { stringify } from 'yaml';
import { alertmanagerConfig } from '../../rules/alertmanager';
import { PORT, WORKLOAD } from '../../src/names';
import { AlertReceiver } from '../cluster/support/alert-receiver';
import { eventually } from '../support/eventually';
import { platformObjects } from '../policy/support/objects';
import { renderedContainer } from './rendered';
import { RenderedContainers } from './rendered-containers';

const receiver = new AlertReceiver();
let containers: RenderedContainers;

beforeAll(() => {
  containers = new RenderedContainers();
});

afterAll(() => {
  containers.close();
  receiver.close();
});

test('the dead-man receiver hears a sign of life every minute, and not only every second one', async () => {
  const port = await receiver.open({ address: '0.0.0.0', port: 0 });
  const config = alertmanagerConfig({
    receivers: { 'dead-man': { kind: 'webhook', url: `http://this-machine:${port}/alive` } },
    routes: { critical: 'nobody', warning: 'nobody', none: 'dead-man' },
    inhibitions: [],
  });
  const alertmanager = renderedContainer(platformObjects('development'), WORKLOAD.alertmanager);
  const [file] = Object.keys(alertmanager.files).filter((name) => name.endsWith('/alertmanager.yml'));
  const files = { ...alertmanager.files, [file]: stringify(config) };
  const id = containers.start('alertmanager', { ...alertmanager, files }, PORT.alertmanager, [
    '--add-host=this-machine:host-gateway',
  ]);
  await containers.untilReady(id, PORT.alertmanager, '/-/ready', 30);
  const begun = Date.now();
  const answer = await fetch(`${containers.url(id, PORT.alertmanager)}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: 'Watchdog', severity: 'none' } }]),
  });
  expect(answer.status).toBe(200);
  const first = await eventually('a sign of life', 20, async () => receiver.about('Watchdog', 'firing', begun));
  const next = await eventually('the next one', 110, async () => receiver.about('Watchdog', 'firing', first.atMs + 1));
  expect(next.atMs - first.atMs).toBeGreaterThan(45_000);
  expect(next.atMs - first.atMs).toBeLessThan(80_000);
}, 180_000);
