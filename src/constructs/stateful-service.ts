import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { podTemplate, type PodProps } from './pod';
import { ClusterService, type ServiceEndpoint } from './service';
import type { PodVolume } from './volumes';
import { disruptionBudget, serviceAccount } from './workload';

/** Volume of each pod, made by its controller. */
export interface Claim {
  /** Size with a binary unit. */
  readonly size: string;
  /** Empty for the cluster's default. */
  readonly storageClass: string;
}

export interface StatefulServiceProps extends PodProps {
  /** Name of the StatefulSet, its Service and its ServiceAccount. */
  readonly name: string;
  /** @default the chart's version */
  readonly version?: string;
  /** @default 1 */
  readonly replicas?: number;
  /** Port that the Service offers; one of the container ports. */
  readonly port: number;
  /** @default 'http' */
  readonly portName?: string;
  /** Addresses of the pods instead of one. @default false */
  readonly headless?: boolean;
  /** Containers mount it as `dataVolume()`. @default none */
  readonly claim?: Claim;
}

const DATA = 'data';

/** The volume of a `claim`, for mounts. */
export const dataVolume = (): PodVolume => ({ name: DATA });

/** Pods with names that stay, each with a volume of its own if it needs one, behind one Service. */
export class StatefulService extends Construct {
  readonly endpoint: ServiceEndpoint;
  readonly labels: Labels;

  constructor(scope: Construct, id: string, props: StatefulServiceProps) {
    super(scope, id);
    const { name, claim } = props;
    this.labels = workloadLabels(Chart.of(this).labels, name, props.version);
    const selector = selectorOf(this.labels);
    const account = serviceAccount(this, name, this.labels);
    this.endpoint = new ClusterService(this, 'service', {
      name,
      selector,
      portName: props.portName ?? 'http',
      port: props.port,
      headless: props.headless,
    }).endpoint;
    // L1: the L2 StatefulSet has no volumeClaimTemplates.
    new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name, labels: { ...this.labels } },
      spec: {
        serviceName: name,
        replicas: props.replicas ?? 1,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        selector: { matchLabels: selector },
        template: podTemplate(props, this.labels, account, { claims: [DATA] }),
        volumeClaimTemplates: claim && [
          {
            metadata: { name: DATA, labels: selector },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: claim.storageClass === '' ? undefined : claim.storageClass,
              resources: { requests: { storage: k8s.Quantity.fromString(claim.size) } },
            },
          },
        ],
      },
    });
    disruptionBudget(this, name, this.labels, 1);
  }
}
