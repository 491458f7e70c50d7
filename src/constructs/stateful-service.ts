import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { markSidecars, podTemplate, type PodProps } from './pod';
import { ClusterService, type ServiceEndpoint } from './service';
import type { PodVolume } from './volumes';
import { disruptionBudget, serviceAccount } from './workload';

/** Volume of each pod, made by its controller. */
export interface Claim {
  /** Size with a binary unit. */
  readonly size: string;
  /** Empty for the cluster's default. */
  readonly storageClass: string;
  /** A PersistentVolume that is there already and that pods of several nodes may mount. @default a new one, for one node */
  readonly sharedVolume?: string;
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

/** Name of the claim of a pod's volume, for other pods that mount it too. */
export const claimOf = (name: string, pod = 0): string => `${DATA}-${name}-${pod}`;

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
    const statefulSet = new k8s.KubeStatefulSet(this, 'stateful-set', {
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
              ...(claim.sharedVolume === undefined
                ? {
                    accessModes: ['ReadWriteOnce'],
                    storageClassName: claim.storageClass === '' ? undefined : claim.storageClass,
                  }
                : // An empty class, and not none: the default one would make a volume instead of taking this.
                  { accessModes: ['ReadWriteMany'], storageClassName: '', volumeName: claim.sharedVolume }),
              resources: { requests: { storage: k8s.Quantity.fromString(claim.size) } },
            },
          },
        ],
      },
    });
    markSidecars(statefulSet, props, '/spec/template/spec');
    disruptionBudget(this, name, this.labels, 1);
  }
}
