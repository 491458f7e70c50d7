import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { workloadLabels, type Labels } from '../labels';
import { serviceHost } from '../names';

/** Where a client reaches something. */
export interface ServiceEndpoint {
  /** DNS name, the same from every namespace. */
  readonly host: string;
  /**
   * Name for clients of the Service's own namespace. DNS finds it by the first question and `host` by the third, and each question may go
   * to a name server whose node has just died: for what must be reached again at once.
   */
  readonly nearHost: string;
  readonly port: number;
}

export interface ClusterServiceProps {
  readonly name: string;
  /** @default none: somebody in the cluster sets it, and an apply leaves it alone */
  readonly selector?: Labels;
  readonly portName: string;
  readonly port: number;
  /** Addresses of the pods instead of one address, also of pods that are not ready. @default false */
  readonly headless?: boolean;
  /** @default 'ClusterIP' */
  readonly exposure?:
    { readonly type: 'ClusterIP' | 'LoadBalancer' } | { readonly type: 'NodePort'; readonly nodePort: number };
}

/** A Service with one port. */
export class ClusterService extends Construct {
  readonly endpoint: ServiceEndpoint;

  constructor(scope: Construct, id: string, props: ClusterServiceProps) {
    super(scope, id);
    const chart = Chart.of(this);
    const exposure = props.exposure ?? { type: 'ClusterIP' };
    const outside = exposure.type !== 'ClusterIP';
    new k8s.KubeService(this, 'service', {
      metadata: { name: props.name, labels: { ...workloadLabels(chart.labels, props.name) } },
      spec: {
        type: exposure.type,
        ...(props.headless === true && { clusterIp: 'None', publishNotReadyAddresses: true }),
        // Keeps the client's address, on which the network policy decides; a node without a pod does not answer.
        externalTrafficPolicy: outside ? 'Local' : undefined,
        selector: props.selector && { ...props.selector },
        ports: [
          {
            name: props.portName,
            port: props.port,
            targetPort: k8s.IntOrString.fromNumber(props.port),
            nodePort: exposure.type === 'NodePort' ? exposure.nodePort : undefined,
          },
        ],
      },
    });
    this.endpoint = { host: serviceHost(props.name, chart.namespace), nearHost: props.name, port: props.port };
  }
}
