import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { markSidecars, podTemplate, type PodProps } from './pod';
import { serviceAccount } from './workload';

export interface NodeAgentProps extends Omit<PodProps, 'spread' | 'onEveryNode'> {
  /** Name of the DaemonSet and its ServiceAccount. */
  readonly name: string;
  /** A privileged namespace: agents read folders of the node. */
  readonly namespace: string;
  /** @default the chart's version */
  readonly version?: string;
}

/** One pod on every node, also on those that are kept for others. */
export class NodeAgent extends Construct {
  readonly labels: Labels;

  constructor(scope: Construct, id: string, props: NodeAgentProps) {
    super(scope, id);
    const { name, namespace } = props;
    this.labels = workloadLabels(Chart.of(this).labels, name, props.version);
    const account = serviceAccount(this, name, this.labels, namespace);
    const daemonSet = new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata: { name, namespace, labels: { ...this.labels } },
      spec: {
        selector: { matchLabels: selectorOf(this.labels) },
        updateStrategy: { type: 'RollingUpdate' },
        template: podTemplate({ ...props, onEveryNode: true }, this.labels, account),
      },
    });
    markSidecars(daemonSet, props, '/spec/template/spec');
  }
}
