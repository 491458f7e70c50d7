import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { workloadLabels, type Labels } from '../labels';
import { markSidecars, podTemplate, type PodProps } from './pod';
import { serviceAccount } from './workload';

export interface ScheduledTaskProps extends PodProps {
  readonly name: string;
  /** @default the chart's version */
  readonly version?: string;
  /** Five cron fields. */
  readonly schedule: string;
  /** IANA zone of the schedule. @default 'Etc/UTC' */
  readonly timeZone?: string;
  /** Seconds after which a run is ended. */
  readonly activeDeadlineSeconds: number;
  /** Tries after a first failure. @default 1 */
  readonly backoffLimit?: number;
  /** Exit codes of a container, in their order, after which trying again is of no use. @default none */
  readonly notAgainAfter?: { readonly container: string; readonly exitCodes: readonly number[] };
}

function failurePolicy({ notAgainAfter }: ScheduledTaskProps): k8s.PodFailurePolicy | undefined {
  if (notAgainAfter === undefined) return undefined;
  const { container, exitCodes } = notAgainAfter;
  const onExitCodes = { containerName: container, operator: 'In', values: [...exitCodes] };
  // The L1 wants conditions of the pod as well, Kubernetes one of both.
  return { rules: [{ action: 'FailJob', onExitCodes } as k8s.PodFailurePolicyRule] };
}

/** Work on a schedule; a run that is due while the last one goes on is left out. */
export class ScheduledTask extends Construct {
  readonly labels: Labels;

  constructor(scope: Construct, id: string, props: ScheduledTaskProps) {
    super(scope, id);
    this.labels = workloadLabels(Chart.of(this).labels, props.name, props.version);
    const account = serviceAccount(this, props.name, this.labels);
    const cronJob = new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: props.name, labels: { ...this.labels } },
      spec: {
        schedule: props.schedule,
        timeZone: props.timeZone ?? 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 2,
        jobTemplate: {
          metadata: { labels: { ...this.labels } },
          spec: {
            backoffLimit: props.backoffLimit ?? 1,
            activeDeadlineSeconds: props.activeDeadlineSeconds,
            podFailurePolicy: failurePolicy(props),
            template: podTemplate(props, this.labels, account, { restartPolicy: 'Never' }),
          },
        },
      },
    });
    markSidecars(cronJob, props, '/spec/jobTemplate/spec/template/spec');
  }
}
