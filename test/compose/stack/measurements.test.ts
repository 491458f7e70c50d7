import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../../src/root';
import { eventually, sleep } from '../../support/eventually';
import { commit } from '../../cluster/support/record';
import { bridgeOf, EgressCounter, NameLog } from './support/outside';
import { docker, Stack } from './support/stack';

/** What takes a quarter of an hour to see: only with `npm run test:compose -- --full`. */
const checkout = process.env.EDTECH_CHECKOUT ?? '';
const EGRESS_MINUTES = 10;
const MEMORY_MINUTES = 15;
const MEMORY_LIMIT_MIB = 4096;
const SUBNET = { subnet: '10.213.77.0/24', gateway: '10.213.77.1' };
/** Services with a way out. */
const ON_EDGE = ['grafana', 'airflow-api-server'];

const stack = new Stack(checkout, `edtech-measure-${process.pid}`);
const names = new NameLog();
let counter: EgressCounter | undefined;
let upSince = 0;
const measured: Record<string, unknown> = {
  commit: commit(),
  machine: `${cpus().length} cores ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
};

beforeAll(async () => {
  await stack.remove();
  // The name server of this suite instead of the machine's own, under a known address.
  const file = path.join(checkout, 'compose.override.yaml');
  const override = parse(readFileSync(file, 'utf8')) as { services: Record<string, object>; networks?: object };
  for (const service of ON_EDGE) {
    override.services[service] = { ...override.services[service], dns: [SUBNET.gateway] };
  }
  override.networks = { edge: { ipam: { config: [SUBNET] } } };
  writeFileSync(file, stringify(override));
  measured['seconds until healthy'] = Math.round(await stack.up(1500));
  upSince = Date.now();
});

afterAll(async () => {
  await counter?.stop();
  names.close();
  await stack.remove();
});

test('nothing is asked for outside', async () => {
  const { device, gateway } = await bridgeOf(`${stack.project}_edge`);
  await names.listen(gateway);
  counter = new EgressCounter(device);
  await counter.start();

  // What goes out is seen: a name of the outside, and a connection.
  const container = (await stack.containers()).find(({ service }) => service === 'grafana')?.name ?? '';
  await docker(['exec', container, 'bash', '-c', 'getent hosts control.example.org; true']);
  await eventually('the name in the log', 20, async () => names.names.includes('control.example.org'));
  const before = await counter.packets();
  expect(before).toBeGreaterThan(0);
  names.names.length = 0;

  await sleep(EGRESS_MINUTES * 60);
  const packets = (await counter.packets()) - before;
  measured.egress = { minutes: EGRESS_MINUTES, packets, names: names.names };
  expect({ packets, names: names.names }).toEqual({ packets: 0, names: [] });
});

interface Stats {
  readonly Name: string;
  readonly MemUsage: string;
}

const mebibytes = (text: string): number => {
  const found = /^([\d.]+)(KiB|MiB|GiB)/.exec(text);
  if (found === null) throw new Error(`${text} is no memory`);
  return Number(found[1]) * { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[found[2] as 'KiB' | 'MiB' | 'GiB'];
};

test('the memory of all containers stays below 4 GiB', async () => {
  await sleep(Math.max(0, MEMORY_MINUTES * 60 - (Date.now() - upSince) / 1000));
  const running = (await stack.containers()).filter(({ running: is }) => is);
  const said = await docker(['stats', '--no-stream', '--format', '{{json .}}', ...running.map(({ name }) => name)]);
  const rows = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Stats);
  const table = Object.fromEntries(
    rows
      .map(({ Name, MemUsage }) => [Name.slice(stack.project.length + 1), Math.round(mebibytes(MemUsage))] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const sum = Object.values(table).reduce((total, value) => total + value, 0);
  measured.memory = {
    minutes: Math.round((Date.now() - upSince) / 60_000),
    'MiB by container': table,
    'MiB in all': sum,
  };
  measured['load average'] = loadavg().map((load) => Math.round(load * 10) / 10);
  writeFileSync(path.join(ROOT, 'docs/measurements/compose.json'), `${JSON.stringify(measured, null, 2)}\n`);
  console.log(JSON.stringify(measured, null, 2));
  expect(sum).toBeLessThanOrEqual(MEMORY_LIMIT_MIB);
  expect(await stack.unwell()).toEqual([]);
});
