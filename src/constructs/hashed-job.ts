import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { workloadLabels, type Labels } from '../labels';
import { contentHash } from './content-hash';
import { markSidecars, podTemplate, type PodProps } from './pod';
import { serviceAccount } from './workload';

export interface HashedJobProps extends PodProps {
  /** Value of the name label; the Job's name is this and a hash of its template. */
  readonly name: string;
  /** @default the chart's version */
  readonly version?: string;
  /** Retries with growing pauses before the Job counts as failed. @default 20 */
  readonly backoffLimit?: number;
}

/**
 * Work that only goes forward, done once per template: a Job's template can't change, so its name does.
 * It has no time to live: a finished Job that vanished would be run again by the next apply.
 */
export class HashedJob extends Construct {
  readonly name: string;
  readonly labels: Labels;

  constructor(scope: Construct, id: string, props: HashedJobProps) {
    super(scope, id);
    this.labels = workloadLabels(Chart.of(this).labels, props.name, props.version);
    const account = serviceAccount(this, props.name, this.labels);
    const template = podTemplate(props, this.labels, account, { restartPolicy: 'OnFailure' });
    this.name = `${props.name}-${contentHash(JSON.parse(JSON.stringify(template)))}`;
    const job = new k8s.KubeJob(this, 'job', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: { backoffLimit: props.backoffLimit ?? 20, template },
    });
    markSidecars(job, props, '/spec/template/spec');
  }
}
