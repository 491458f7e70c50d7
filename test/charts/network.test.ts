import { readFileSync } from 'node:fs';
import path from 'node:path';
import { boundaryOf, FLOWS } from '../../charts/flows';
import { reachabilityTable } from '../../charts/reachability';
import { loadEnvironment, ROOT } from '../../src/config/environments';
import { AGENTS_NAMESPACE, NAMESPACE, WORKLOAD, type WorkloadName } from '../../src/names';

const config = loadEnvironment('production');

test('the documented reachability table is the one of the flows', () => {
  const page = readFileSync(path.join(ROOT, 'docs/architecture/network.md'), 'utf8');
  expect(page).toContain(reachabilityTable());
});

test('no flow stands in the list twice', () => {
  const keys = FLOWS.map(({ from, to, port }) => `${from} ${to} ${port}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test('people reach the pages from the allowed addresses, or only the ingress controller does', () => {
  const peer = (changed: typeof config) => boundaryOf(changed, WORKLOAD.grafana).ingress[0].peer;
  expect(peer(config)).toEqual({ cidrs: config.pages.allowedCidrs });
  const exposure = { kind: 'Ingress', className: 'c', controllerNamespace: 'ingress', tlsSecret: 't' } as const;
  expect(peer({ ...config, pages: { ...config.pages, exposure } })).toEqual({ namespace: 'ingress' });
});

const addressesOf = (workload: WorkloadName): string[] =>
  boundaryOf(config, workload).egress.flatMap(({ peer }) => ('cidrs' in peer ? peer.cidrs : []));

test('addresses outside the cluster are opened by those that are listed, and only to those that are configured', () => {
  const apiServers = config.apiServers.map(({ cidr }) => cidr);
  const opened = Object.values(WORKLOAD).flatMap((workload) => {
    const addresses = addressesOf(workload);
    return addresses.length === 0 ? [] : [[workload, addresses] as const];
  });
  expect(Object.fromEntries(opened)).toEqual({
    [WORKLOAD.postgres]: apiServers,
    [WORKLOAD.postgresReconciler]: apiServers,
    [WORKLOAD.prometheus]: [...config.nodeCidrs, ...apiServers],
    [WORKLOAD.kubeStateMetrics]: apiServers,
    [WORKLOAD.logCollector]: apiServers,
    [WORKLOAD.alertmanager]: config.alerting.destinations.map(({ cidr }) => cidr),
  });
});

test('a flow between the two namespaces names the other one at both ends', () => {
  const { loki, logCollector } = WORKLOAD;
  expect(boundaryOf(config, loki).ingress).toContainEqual({
    peer: { workload: logCollector, namespace: AGENTS_NAMESPACE },
    ports: [3100],
  });
  const { namespace, egress } = boundaryOf(config, logCollector);
  expect(namespace).toBe(AGENTS_NAMESPACE);
  expect(egress).toContainEqual({ peer: { workload: loki, namespace: NAMESPACE }, ports: [3100] });
});
