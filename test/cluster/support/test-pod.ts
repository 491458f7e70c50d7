import { readFileSync } from 'node:fs';
import path from 'node:path';
import { k8s } from 'cdk8s-plus-27';
import { App, Chart } from 'cdk8s';
import { transpileModule, ModuleKind, ScriptTarget } from 'typescript';
import { stringify } from 'yaml';
import { CA_FILE } from '../../../charts/database-client';
import type { EnvValue } from '../../../src/constructs/container';
import { FileConfigMap } from '../../../src/constructs/file-config-map';
import { podTemplate } from '../../../src/constructs/pod';
import type { SecretRef } from '../../../src/constructs/secret-ref';
import { configMapVolume, secretVolume } from '../../../src/constructs/volumes';
import { serviceAccount } from '../../../src/constructs/workload';
import { recommendedLabels, selectorOf, workloadLabels, type Labels } from '../../../src/labels';
import { NAMESPACE, PORT } from '../../../src/names';

export interface ProbeChartProps {
  /** Of all its pods, and of everything that belongs to them. */
  readonly name: string;
  /** TypeScript file that the pods run; it may import what the image has. */
  readonly program: string;
  /** An image with Node.js and the simulator's packages. */
  readonly image: string;
  /** Instance label of the platform that is tested. */
  readonly instance: string;
  readonly ca: SecretRef;
  /** As the simulator asks for names. @default false */
  readonly quickDns?: boolean;
  /** Workloads that the pods must reach, with their ports; the platform's own policies do not know the probes. */
  readonly reaches: readonly { readonly workload: string; readonly port: number }[];
}

const port = (number: number, protocol = 'TCP'): k8s.NetworkPolicyPort => ({
  protocol,
  port: k8s.IntOrString.fromNumber(number),
});
const peers = (matchLabels: Labels): k8s.NetworkPolicyPeer[] => [{ podSelector: { matchLabels: { ...matchLabels } } }];

/** Pods of a test beside the platform, under its rules, and the flows that they need. */
export class ProbeChart extends Chart {
  private readonly account: string;
  private readonly files: FileConfigMap;

  constructor(
    app: App,
    private readonly props: ProbeChartProps,
  ) {
    const labels = recommendedLabels({
      name: props.name,
      component: 'test',
      version: '0',
      instance: props.instance,
      partOf: 'edtech-stream',
    });
    super(app, props.name, { namespace: NAMESPACE, disableResourceNameHashes: true, labels });
    this.account = serviceAccount(this, props.name, labels);
    const { outputText } = transpileModule(readFileSync(props.program, 'utf8'), {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
    });
    this.files = new FileConfigMap(this, 'program', { name: props.name, files: { 'program.js': outputText } });
    this.flows();
  }

  /** @param node given and not chosen by the scheduler: a client's node may take no other pods */
  pod(name: string, node: string, env: Readonly<Record<string, EnvValue>>): void {
    const template = podTemplate(
      {
        containers: [
          {
            name: 'probe',
            image: this.props.image,
            command: ['node', '/probe/program.js'],
            env: { NODE_PATH: '/app/node_modules', CA_FILE, NODE_EXTRA_CA_CERTS: CA_FILE, ...env },
            resources: { cpuRequest: '20m', cpuLimit: '1', memoryRequest: '64Mi', memoryLimit: '192Mi' },
            mounts: [
              { path: '/probe', volume: configMapVolume('program', this.files.name), readOnly: true },
              { path: path.dirname(CA_FILE), volume: secretVolume('ca', this.props.ca), readOnly: true },
            ],
          },
        ],
        user: 1000,
        terminationGracePeriodSeconds: 1,
        quickDns: this.props.quickDns,
      },
      this.labels,
      this.account,
    );
    const spec: k8s.PodSpec = { ...(template.spec as k8s.PodSpec), nodeName: node };
    new k8s.KubePod(this, name, { metadata: { name, labels: { ...this.labels } }, spec });
  }

  private flows(): void {
    const { name, reaches } = this.props;
    const probes = selectorOf(this.labels);
    const target = (workload: string): Labels => selectorOf(workloadLabels(this.labels, workload));
    new k8s.KubeNetworkPolicy(this, 'egress', {
      metadata: { name },
      spec: {
        podSelector: { matchLabels: { ...probes } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          ...reaches.map((to) => ({ to: peers(target(to.workload)), ports: [port(to.port)] })),
          {
            to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
            ports: [port(PORT.dns, 'UDP'), port(PORT.dns)],
          },
        ],
      },
    });
    for (const to of reaches) {
      new k8s.KubeNetworkPolicy(this, `ingress-${to.workload}`, {
        metadata: { name: `${name}-to-${to.workload}` },
        spec: {
          podSelector: { matchLabels: { ...target(to.workload) } },
          policyTypes: ['Ingress'],
          ingress: [{ from: peers(probes), ports: [port(to.port)] }],
        },
      });
    }
  }

  /** YAML of everything, for kubectl. */
  manifests(): string {
    const objects = this.toJson() as object[];
    return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');
  }
}
