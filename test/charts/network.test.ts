import { readFileSync } from 'node:fs';
import path from 'node:path';
import { boundaryOf, FLOWS } from '../../charts/flows';
import { reachabilityTable } from '../../charts/reachability';
import { loadEnvironment } from '../../src/config/environments';
import type { PlatformConfig } from '../../src/config/types';
import type { Peer } from '../../src/constructs/network-boundary';
import { AGENTS_NAMESPACE, NAMESPACE, WORKLOAD, type WorkloadName } from '../../src/names';
import { ROOT } from '../../src/root';
import { at, nameOf, ofKind, platformObjects, type KubeObject } from '../policy/support/objects';

const config = loadEnvironment('production');

/** Who may open Grafana as its page; Prometheus reads its figures. */
const pageFrom = (changed: PlatformConfig): Peer[] =>
  boundaryOf(changed, WORKLOAD.grafana)
    .ingress.map(({ peer }) => peer)
    .filter((peer) => !('workload' in peer));

const behindIngress = (controller: { controllerCidrs?: readonly string[] }): PlatformConfig => {
  const names = { className: 'c', controllerNamespace: 'ingress', tlsSecret: 't' };
  const exposure = { kind: 'Ingress', ...names, ...controller } as const;
  return { ...config, pages: { ...config.pages, tls: 'ingress', exposure } };
};

test('the documented reachability table is the one of the flows', () => {
  const page = readFileSync(path.join(ROOT, 'docs/architecture/network.md'), 'utf8');
  expect(page).toContain(reachabilityTable());
});

test('no flow stands in the list twice', () => {
  const keys = FLOWS.map(({ from, to, port }) => `${from} ${to} ${port}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test('people reach the pages from the allowed addresses, or only the ingress controller does', () => {
  expect(pageFrom(config)).toEqual([{ cidrs: config.pages.allowedCidrs }]);
  expect(pageFrom(behindIngress({}))).toEqual([{ namespace: 'ingress' }]);
});

test('an ingress controller on the network of its nodes reaches both pages by its addresses, and nothing else', () => {
  const told = behindIngress({ controllerCidrs: ['10.20.0.0/24'] });
  expect(pageFrom(told)).toEqual([{ namespace: 'ingress' }, { cidrs: ['10.20.0.0/24'] }]);
  const letsIn = platformObjects('production', () => told)
    .filter(({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(at(spec, 'ingress') ?? []).includes('cidr'))
    .map(({ metadata, spec }) => [metadata.name, at<object[]>(spec, 'ingress')]);
  const from = [{ ipBlock: { cidr: '10.20.0.0/24' } }];
  expect(letsIn).toEqual([
    [WORKLOAD.airflowApiServer, expect.arrayContaining([{ from, ports: [{ protocol: 'TCP', port: 8080 }] }])],
    [WORKLOAD.grafana, expect.arrayContaining([{ from, ports: [{ protocol: 'TCP', port: 3000 }] }])],
  ]);
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

interface Rule {
  readonly to: readonly object[];
  readonly ports: readonly { readonly port: number }[];
}

/** What each rendered policy lets out to port 53, by policy. */
function namesOut(objects: readonly KubeObject[]): Map<string, Rule[]> {
  const rules = ofKind(objects, 'NetworkPolicy').map((policy): [string, Rule[]] => [
    nameOf(policy),
    (at<Rule[]>(policy.spec, 'egress') ?? []).filter(({ ports }) => ports.some(({ port }) => port === 53)),
  ]);
  return new Map(rules.filter(([, list]) => list.length > 0));
}

test('name servers of a site may be asked by every workload that asks for names, and by no other', () => {
  const own = namesOut(platformObjects('production'));
  const nameServers = ['169.254.25.10/32', '10.20.0.53/32'];
  const told = namesOut(platformObjects('production', (settings) => ({ ...settings, nameServers })));
  expect([...told.keys()]).toEqual([...own.keys()]);
  expect(told.size).toBe(FLOWS.filter(({ to }) => to === 'dns').length);
  const ports = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));
  for (const [policy, rules] of told) {
    expect(own.get(policy)).toHaveLength(1);
    expect(rules).toEqual([...own.get(policy)!, { to: nameServers.map((cidr) => ({ ipBlock: { cidr } })), ports }]);
  }
});
