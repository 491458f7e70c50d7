import { PORT, serviceHost, WORKLOAD } from '../../../src/names';
import { inPod } from '../support/cluster';
import { eventually } from '../../support/eventually';
import { applyPlatform, difference, untilSettled, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { deviations, measure, silentPorts } from './matrix';
import { policyOf, putPolicies, widened, without } from './policies';
import { scan } from './scan';
import { closeSources, openSources, openStranger, type Source } from './sources';
import { documentedFlows, END, flow, MEASURED, namedWorkloads, triedFlows } from './table';
import { dnsAddresses, nodeAddresses, runningPods, services } from './targets';

/** What Kubernetes hands out as node ports by default. */
const NODE_PORTS = { first: 30_000, last: 32_767 };

const folder = new SuiteFolder('network');
const documented = documentedFlows();

let variant: Variant;
let sources: Source[];

beforeAll(async () => {
  variant = await folder.render('development', undefined);
  // Changes nothing where the platform is there already.
  await applyPlatform(variant);
  await untilSettled(780);
  sources = await openSources(variant.config);
});

afterAll(async () => {
  await closeSources();
  await folder.remove();
});

test('the documented table has every flow of the platform', () => {
  expect(documented.size).toBe(triedFlows());
});

test('every workload is a source, and everything that is tried listens', async () => {
  expect(new Set(sources.map(({ workload }) => workload))).toEqual(new Set(MEASURED));
  expect(await silentPorts(sources)).toEqual([]);
});

test('what is reachable from where is what the documented table says, refusals included', async () => {
  const matrix = await measure(variant.config, sources);
  record('reachability', { tried: matrix.tried, openFlows: matrix.open.size, refusedFlows: matrix.refused.size });
  expect(deviations(matrix, documented)).toEqual([]);
  // Every row was tried, but those of people: they are the scan of the host.
  const inside = [...documented].filter((key) => !key.startsWith(`${END.people} →`));
  expect(inside.filter((key) => !matrix.open.has(key))).toEqual([]);
  expect(matrix.refused.size).toBeGreaterThan(matrix.open.size);
});

test('names are found from every workload that may ask for them', async () => {
  const ask = `import socket; print(socket.getaddrinfo('${serviceHost('edtech-postgres-rw')}', None)[0][4][0])`;
  const [primary] = (await services()).filter(({ name }) => name === 'edtech-postgres-rw');
  for (const { pod } of sources.filter(({ workload }) => namedWorkloads().includes(workload))) {
    expect([pod, (await inPod(pod, 'probe', ['python3', '-c', ask])).trim()]).toEqual([pod, primary.address]);
  }
});

test('a stranger in the cluster reaches DNS, the API server, the kubelets and the outside, and nothing of ours', async () => {
  const stranger = await openStranger(variant.config);
  const { open, refused } = await measure(variant.config, [stranger]);
  const expected = [
    flow('stranger', END.dns, PORT.dns),
    flow('stranger', END.api, 0),
    flow('stranger', END.kubelets, PORT.kubelet),
  ];
  expect([...open].filter((key) => !key.startsWith(`stranger → ${END.outside}:`)).sort()).toEqual(expected.sort());
  expect(open.size).toBe(expected.length + 1);
  expect(refused.size).toBeGreaterThan(0);
});

test('a removed rule is found', async () => {
  const before = await policyOf(WORKLOAD.airflowScheduler);
  await putPolicies([without(before, 'egress', PORT.airflow)]);
  try {
    const expected = [`${flow(WORKLOAD.airflowScheduler, WORKLOAD.airflowApiServer, PORT.airflow)} is refused`];
    await eventually('the removed rule found', 240, async () => {
      const seen = deviations(await measure(variant.config, sources), documented);
      expect(seen).toEqual(expected);
      return true;
    });
  } finally {
    await putPolicies([before]);
  }
});

test('a widened rule is found', async () => {
  const before = [await policyOf(WORKLOAD.grafana), await policyOf(WORKLOAD.postgres)];
  await putPolicies([
    widened(before[0], 'egress', PORT.postgres, PORT.patroni),
    widened(before[1], 'ingress', PORT.postgres, PORT.patroni),
  ]);
  try {
    await eventually('the widened rule found', 240, async () => {
      const seen = deviations(await measure(variant.config, sources), documented);
      expect(seen).toEqual([`${flow(WORKLOAD.grafana, WORKLOAD.postgres, PORT.patroni)} is open`]);
      return true;
    });
  } finally {
    await putPolicies(before);
  }
});

test('with the rules back, table and matrix agree again and an apply would change nothing', async () => {
  await eventually('no deviation', 240, async () => {
    expect(deviations(await measure(variant.config, sources), documented)).toEqual([]);
    return true;
  });
  expect(await difference(variant)).toBe('');
});

test('from this machine only the two pages answer', async () => {
  const pods = (await runningPods()).filter(({ pod }) => !pod.endsWith('-network-test'));
  const offered = await services();
  const ports = [...new Set([...pods.flatMap((pod) => pod.ports), ...offered.flatMap((service) => service.ports)])];
  const addresses = [
    ...pods.map(({ address }) => address),
    ...offered.flatMap(({ address }) => (address === undefined ? [] : [address])),
  ];
  const nodes = await nodeAddresses();
  const tried: [string, number][] = [
    ...addresses.flatMap((host) => ports.map((port): [string, number] => [host, port])),
    ...nodes.flatMap((host) =>
      Array.from({ length: NODE_PORTS.last - NODE_PORTS.first + 1 }, (_, index): [string, number] => [
        host,
        NODE_PORTS.first + index,
      ]),
    ),
  ];
  const pages: Record<string, number> = {
    [WORKLOAD.airflowApiServer]: PORT.airflow,
    [WORKLOAD.grafana]: PORT.grafana,
  };
  const expected = [
    ...pods.filter(({ workload }) => workload in pages).map(({ address, workload }) => `${address}:${pages[workload]}`),
    ...offered
      .filter(({ name }) => name in pages)
      .flatMap(({ name, address, nodePorts }) => [
        `${address}:${pages[name]}`,
        ...nodePorts.flatMap((port) => nodes.map((node) => `${node}:${port}`)),
      ]),
  ];
  const open = await scan(tried);
  record('scan from outside the cluster', { tried: tried.length, open: open.length });
  expect(open).toEqual(expected.sort());
  // The scan can find something: DNS is open to everybody.
  const [dns] = await dnsAddresses();
  expect(await scan([[dns, PORT.dns]])).toEqual([`${dns}:${PORT.dns}`]);
});
