import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { markSidecars, podTemplate, type PodProps } from './pod';

/** A number leaves the controller in charge, `autoscaled` leaves it to an autoscaler. */
export type Replicas = number | 'autoscaled';

export interface WorkloadProps extends PodProps {
  /** Name of the Deployment and its ServiceAccount, and the value of the name label. */
  readonly name: string;
  /** @default the chart's version */
  readonly version?: string;
  readonly replicas: Replicas;
  /** `surge`: a new pod is ready before an old one goes; `recreate`: never two at a time. @default 'surge' */
  readonly update?: 'surge' | 'recreate';
  /** Pods that a voluntary disruption may take at once; none makes no budget. @default none */
  readonly maxUnavailable?: number;
}

/** ServiceAccount of a workload; its token is mounted only where the pod asks for it. */
export function serviceAccount(scope: Construct, name: string, labels: Labels, namespace?: string): string {
  new k8s.KubeServiceAccount(scope, 'service-account', {
    metadata: { name, namespace, labels: { ...labels } },
    automountServiceAccountToken: false,
  });
  return name;
}

/** Keeps a drain from taking more than `maxUnavailable` pods at a time. */
export function disruptionBudget(scope: Construct, name: string, labels: Labels, maxUnavailable: number): void {
  new k8s.KubePodDisruptionBudget(scope, 'disruption-budget', {
    metadata: { name, labels: { ...labels } },
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(maxUnavailable),
      selector: { matchLabels: selectorOf(labels) },
      // A pod that is broken anyway must not stop a drain for ever.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}

/** Stateless pods: ServiceAccount, Deployment and disruption budget. */
export class Workload extends Construct {
  readonly name: string;
  readonly labels: Labels;
  readonly selector: Labels;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    this.name = props.name;
    this.labels = workloadLabels(Chart.of(this).labels, props.name, props.version);
    this.selector = selectorOf(this.labels);
    for (const { name, probes } of props.containers) {
      if (probes === undefined) throw new Error(`container ${name} of ${props.name} keeps running and has no probes`);
    }

    const account = serviceAccount(this, props.name, this.labels);
    // L1: the L2 Deployment has neither seccomp profiles, nor priority classes, nor spread constraints.
    const deployment = new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: props.name, labels: { ...this.labels } },
      spec: {
        replicas: props.replicas === 'autoscaled' ? undefined : props.replicas,
        revisionHistoryLimit: 3,
        selector: { matchLabels: this.selector },
        strategy:
          props.update === 'recreate'
            ? { type: 'Recreate' }
            : {
                type: 'RollingUpdate',
                rollingUpdate: {
                  maxSurge: k8s.IntOrString.fromNumber(1),
                  maxUnavailable: k8s.IntOrString.fromNumber(0),
                },
              },
        template: podTemplate(props, this.labels, account),
      },
    });
    markSidecars(deployment, props, '/spec/template/spec');
    if (props.maxUnavailable !== undefined) {
      disruptionBudget(this, props.name, this.labels, props.maxUnavailable);
    }
  }
}
