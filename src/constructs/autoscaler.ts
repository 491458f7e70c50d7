import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Workload } from './workload';

export interface AutoscalerProps {
  /** A workload with replicas `autoscaled`. */
  readonly target: Workload;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Per cent of the CPU request, averaged over the pods, that the autoscaler aims at. */
  readonly targetCpuPercent: number;
}

/** Seconds without a need for as many replicas before there are fewer. */
const QUIET_SECONDS = 300;

/** Scales a Deployment by CPU; quick up, and down only after five quiet minutes. */
export class Autoscaler extends Construct {
  constructor(scope: Construct, id: string, props: AutoscalerProps) {
    super(scope, id);
    new k8s.KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
      metadata: { name: props.target.name, labels: { ...props.target.labels } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: props.target.name },
        minReplicas: props.minReplicas,
        maxReplicas: props.maxReplicas,
        metrics: [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: props.targetCpuPercent },
            },
          },
        ],
        // A flag of the controller otherwise, which a site may have changed.
        behavior: { scaleDown: { stabilizationWindowSeconds: QUIET_SECONDS } },
      },
    });
  }
}
