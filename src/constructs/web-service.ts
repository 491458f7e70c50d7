import { Construct } from 'constructs';
import { ClusterService, type ClusterServiceProps, type ServiceEndpoint } from './service';
import { Workload, type WorkloadProps } from './workload';

export interface WebServiceProps extends WorkloadProps {
  /** Port that the Service offers; one of the container ports. */
  readonly port: number;
  /** @default 'http' */
  readonly portName?: string;
  /** @default only inside the cluster */
  readonly exposure?: ClusterServiceProps['exposure'];
}

/** Stateless pods behind one Service. */
export class WebService extends Construct {
  readonly endpoint: ServiceEndpoint;
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    const listening = props.containers.some(({ ports = {} }) => Object.values(ports).includes(props.port));
    if (!listening) throw new Error(`${props.name}: port ${props.port} is not a port of any of its containers`);
    this.workload = new Workload(this, 'workload', props);
    this.endpoint = new ClusterService(this, 'service', {
      name: props.name,
      selector: this.workload.selector,
      portName: props.portName ?? 'http',
      port: props.port,
      exposure: props.exposure,
    }).endpoint;
  }
}
