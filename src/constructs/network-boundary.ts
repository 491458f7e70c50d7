import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { selectorOf, workloadLabels } from '../labels';

/** The other end of a flow: a workload by its name, addresses, or the pods of another namespace. */
export type Peer =
  | { readonly workload: string; /** @default the policy's own */ readonly namespace?: string }
  | { readonly cidrs: readonly string[] }
  | { readonly namespace: string; readonly podLabels?: Readonly<Record<string, string>> };

export interface AllowedFlow {
  readonly peer: Peer;
  readonly ports: readonly number[];
  /** @default ['TCP'] */
  readonly protocols?: readonly ('TCP' | 'UDP')[];
}

export interface NetworkBoundaryProps {
  /** Name of the workload whose pods are meant. */
  readonly workload: string;
  /** @default the chart's */
  readonly namespace?: string;
  readonly ingress: readonly AllowedFlow[];
  readonly egress: readonly AllowedFlow[];
}

/** Allows exactly the flows of one workload; everything else stays closed by the namespace's default deny. */
export class NetworkBoundary extends Construct {
  constructor(scope: Construct, id: string, props: NetworkBoundaryProps) {
    super(scope, id);
    const chartLabels = Chart.of(this).labels;
    const labels = workloadLabels(chartLabels, props.workload);
    const peers = (peer: Peer): k8s.NetworkPolicyPeer[] => {
      if ('workload' in peer) {
        const podSelector = { matchLabels: selectorOf(workloadLabels(chartLabels, peer.workload)) };
        if (peer.namespace === undefined) return [{ podSelector }];
        return [{ namespaceSelector: inNamespace(peer.namespace), podSelector }];
      }
      if ('cidrs' in peer) return peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
      return [
        {
          namespaceSelector: inNamespace(peer.namespace),
          podSelector: peer.podLabels && { matchLabels: { ...peer.podLabels } },
        },
      ];
    };
    const ports = ({ ports: numbers, protocols = ['TCP'] }: AllowedFlow): k8s.NetworkPolicyPort[] =>
      numbers.flatMap((port) => protocols.map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(port) })));
    new k8s.KubeNetworkPolicy(this, 'policy', {
      metadata: { name: props.workload, namespace: props.namespace, labels: { ...labels } },
      spec: {
        podSelector: { matchLabels: selectorOf(labels) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: unlessEmpty(props.ingress.map((flow) => ({ from: peers(flow.peer), ports: ports(flow) }))),
        egress: unlessEmpty(props.egress.map((flow) => ({ to: peers(flow.peer), ports: ports(flow) }))),
      },
    });
  }
}

const inNamespace = (name: string): k8s.LabelSelector => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });

/** The API server drops empty lists, and every later apply would differ from what it keeps. */
const unlessEmpty = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);
