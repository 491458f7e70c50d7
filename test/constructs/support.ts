import { App, Chart } from 'cdk8s';
import { recommendedLabels } from '../../src/labels';
import type { KubeObject } from '../policy/support/objects';

/** A chart as a component of some other product would have it. */
export function testChart(): Chart {
  return new Chart(new App(), 'test', {
    namespace: 'library',
    disableResourceNameHashes: true,
    labels: recommendedLabels({
      name: 'catalogue',
      component: 'catalogue',
      version: '1.2.3',
      instance: 'test',
      partOf: 'library',
    }),
  });
}

/** Rendered objects of a chart; fails where there is not exactly one of that kind and name. */
export function find(chart: Chart, kind: string, name?: string): KubeObject {
  const found = (chart.toJson() as KubeObject[]).filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind}/${name ?? '*'}, expected one`);
  return found[0];
}

export const RESOURCES = { cpuRequest: '10m', cpuLimit: '1', memoryRequest: '64Mi', memoryLimit: '128Mi' } as const;

export const PROBES = {
  startup: { http: { path: '/up', port: 8080 }, periodSeconds: 2, failureThreshold: 30 },
  readiness: { http: { path: '/ready', port: 8080 }, periodSeconds: 5, failureThreshold: 3 },
  liveness: { tcpPort: 8080, periodSeconds: 10, failureThreshold: 3 },
} as const;

/** What members are set up with where none of it matters. */
export const PLAIN_SETTINGS = {
  synchronousMode: 'quorum',
  synchronousStrict: true,
  synchronousStandbys: 1,
  maxConnections: 50,
  memoryMebibytes: 1000,
  replicationLogins: [],
  rewindLogins: [],
  clients: {},
  operatorCommonName: 'keeper',
  tlsDirectory: '/tls',
  parameters: {},
} as const;
