import { readFileSync } from 'node:fs';
import path from 'node:path';
import { boundaryOf, FLOWS } from '../../charts/flows';
import { reachabilityTable } from '../../charts/reachability';
import { loadEnvironment, ROOT } from '../../src/config/environments';
import { WORKLOAD } from '../../src/names';

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

test('only members of the database reach the Kubernetes API, at the configured addresses', () => {
  const reaching = Object.values(WORKLOAD).filter((workload) =>
    boundaryOf(config, workload).egress.some(({ peer }) => 'cidrs' in peer),
  );
  expect(reaching).toEqual([WORKLOAD.postgres]);
  const addresses = boundaryOf(config, WORKLOAD.postgres).egress.flatMap(({ peer }) =>
    'cidrs' in peer ? peer.cidrs : [],
  );
  expect(addresses).toEqual(config.apiServers.map(({ cidr }) => cidr));
});
