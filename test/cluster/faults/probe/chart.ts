import path from 'node:path';
import { App } from 'cdk8s';
import { secretValue, type SecretRef } from '../../../../src/constructs/secret-ref';
import { PORT, serviceHost, WORKLOAD } from '../../../../src/names';
import { ProbeChart } from '../../support/test-pod';
import type { Writer } from './writer';

export const PROBE = 'edtech-fault-probe';
/** The pod whose gaps are measured. */
export const CLIENT = `${PROBE}-client`;

export interface ProbeProps {
  readonly image: string;
  /** Instance label of the platform that is tested. */
  readonly instance: string;
  /** Node that no fault touches. */
  readonly clientNode: string;
  readonly members: readonly { readonly name: string; readonly node: string }[];
  readonly login: SecretRef;
  readonly ca: SecretRef;
}

/** Manifests of the probes: one pod that writes through the Service, one beside each member that writes to that member's own address. */
export function probeManifests(props: ProbeProps): string {
  const chart = new ProbeChart(new App(), {
    name: PROBE,
    program: path.join(__dirname, 'writer.ts'),
    image: props.image,
    instance: props.instance,
    ca: props.ca,
    quickDns: true,
    reaches: [{ workload: WORKLOAD.postgres, port: PORT.postgres }],
  });
  const writers = (pod: string, node: string, streams: readonly Writer[]): void =>
    chart.pod(pod, node, {
      WRITERS: JSON.stringify(streams),
      PGPORT: `${PORT.postgres}`,
      PGDATABASE: 'edtech',
      PGUSER: secretValue(props.login, 'username'),
      PGPASSWORD: secretValue(props.login, 'password'),
    });
  // By the name that the platform's own clients use.
  const service = `${WORKLOAD.postgres}-rw`;
  writers(CLIENT, props.clientNode, [
    { name: 'rw', host: service, connection: 'keep', everyMs: 100 },
    { name: 'fresh', host: service, connection: 'fresh', everyMs: 500 },
  ]);
  for (const { name, node } of props.members) {
    const host = `${name}.${serviceHost(`${WORKLOAD.postgres}-headless`)}`;
    writers(`${PROBE}-${name}`, node, [{ name, host, connection: 'pinned', everyMs: 100 }]);
  }
  return chart.manifests();
}
