import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { stringify } from 'yaml';
import { transpileModule, ModuleKind, ScriptTarget } from 'typescript';
import { CA_FILE } from '../../../../charts/database-client';
import type { ContainerProps, EnvValue } from '../../../../src/constructs/container';
import { FileConfigMap } from '../../../../src/constructs/file-config-map';
import { podTemplate } from '../../../../src/constructs/pod';
import { secretValue, type SecretRef } from '../../../../src/constructs/secret-ref';
import { configMapVolume, secretVolume } from '../../../../src/constructs/volumes';
import { serviceAccount } from '../../../../src/constructs/workload';
import { recommendedLabels, selectorOf, workloadLabels } from '../../../../src/labels';
import { NAMESPACE, PORT, serviceHost, WORKLOAD } from '../../../../src/names';
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

/** The program as the image's Node.js runs it. */
function writerProgram(): string {
  const source = readFileSync(path.join(__dirname, 'writer.ts'), 'utf8');
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 };
  return transpileModule(source, { compilerOptions }).outputText;
}

/** One pod that writes through the Service, one beside each member that writes to that member's own address. */
class ProbeChart extends Chart {
  constructor(app: App, props: ProbeProps) {
    const labels = recommendedLabels({
      name: PROBE,
      component: 'test',
      version: '0',
      instance: props.instance,
      partOf: 'edtech-stream',
    });
    super(app, 'fault-probe', { namespace: NAMESPACE, disableResourceNameHashes: true, labels });
    const account = serviceAccount(this, PROBE, labels);
    const program = new FileConfigMap(this, 'program', { name: PROBE, files: { 'writer.js': writerProgram() } });
    const pod = (name: string, node: string, writers: readonly Writer[]): void => {
      const env: Record<string, EnvValue> = {
        WRITERS: JSON.stringify(writers),
        NODE_PATH: '/app/node_modules',
        CA_FILE,
        PGPORT: `${PORT.postgres}`,
        PGDATABASE: 'edtech',
        PGUSER: secretValue(props.login, 'username'),
        PGPASSWORD: secretValue(props.login, 'password'),
      };
      const container: ContainerProps = {
        name: 'writer',
        image: props.image,
        command: ['node', '/probe/writer.js'],
        env,
        resources: { cpuRequest: '20m', cpuLimit: '1', memoryRequest: '64Mi', memoryLimit: '192Mi' },
        mounts: [
          { path: '/probe', volume: configMapVolume('program', program.name), readOnly: true },
          { path: path.dirname(CA_FILE), volume: secretVolume('ca', props.ca), readOnly: true },
        ],
      };
      const template = podTemplate(
        { containers: [container], user: 1000, terminationGracePeriodSeconds: 1 },
        labels,
        account,
      );
      // Given and not chosen by the scheduler: the client's node takes no other pods.
      const spec: k8s.PodSpec = { ...(template.spec as k8s.PodSpec), nodeName: node };
      new k8s.KubePod(this, name, { metadata: { name, labels: { ...labels } }, spec });
    };
    const service = serviceHost(`${WORKLOAD.postgres}-rw`);
    pod(CLIENT, props.clientNode, [
      { name: 'rw', host: service, connection: 'keep', everyMs: 100 },
      { name: 'fresh', host: service, connection: 'fresh', everyMs: 500 },
    ]);
    for (const { name, node } of props.members) {
      const host = `${name}.${serviceHost(`${WORKLOAD.postgres}-headless`)}`;
      pod(`${PROBE}-${name}`, node, [{ name, host, connection: 'pinned', everyMs: 100 }]);
    }
    this.flows(selectorOf(labels), selectorOf(workloadLabels(labels, WORKLOAD.postgres)));
  }

  /** The platform's own policies do not know the probes. */
  private flows(probes: Record<string, string>, postgres: Record<string, string>): void {
    const port = (number: number, protocol = 'TCP'): k8s.NetworkPolicyPort => ({
      protocol,
      port: k8s.IntOrString.fromNumber(number),
    });
    const peers = (matchLabels: Record<string, string>): k8s.NetworkPolicyPeer[] => [{ podSelector: { matchLabels } }];
    new k8s.KubeNetworkPolicy(this, 'egress', {
      metadata: { name: PROBE },
      spec: {
        podSelector: { matchLabels: probes },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          { to: peers(postgres), ports: [port(PORT.postgres)] },
          {
            to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
            ports: [port(PORT.dns, 'UDP'), port(PORT.dns)],
          },
        ],
      },
    });
    new k8s.KubeNetworkPolicy(this, 'ingress', {
      metadata: { name: `${PROBE}-to-postgres` },
      spec: {
        podSelector: { matchLabels: postgres },
        policyTypes: ['Ingress'],
        ingress: [{ from: peers(probes), ports: [port(PORT.postgres)] }],
      },
    });
  }
}

/** Manifests of the probes. */
export function probeManifests(props: ProbeProps): string {
  const objects = new ProbeChart(new App(), props).toJson() as object[];
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
}
