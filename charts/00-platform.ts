import type { App } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { PlatformConfig } from '../src/config/types';
import { AGENTS_NAMESPACE, NAMESPACE, PRIORITY } from '../src/names';
import { ComponentChart } from './context';

/** Version of the Pod Security standard; fixed, so that a cluster upgrade does not change what is accepted. */
const POD_SECURITY_VERSION = 'v1.30';

const PRIORITIES: Readonly<Record<keyof typeof PRIORITY, { value: number; description: string }>> = {
  database: { value: 100_000, description: 'PostgreSQL: everything else waits for it' },
  service: { value: 50_000, description: 'services that people or other services use' },
  batch: { value: 10_000, description: 'jobs that can run later' },
};

/** What everything else stands in: namespaces, default deny, quotas, priorities. */
export class PlatformChart extends ComponentChart {
  constructor(app: App, config: PlatformConfig) {
    super(app, {
      config,
      id: '00-platform',
      component: 'platform',
      version: config.images.simulator.tag,
      namespace: null,
    });

    for (const [key, { value, description }] of Object.entries(PRIORITIES)) {
      new k8s.KubePriorityClass(this, `priority-${key}`, {
        metadata: { name: PRIORITY[key as keyof typeof PRIORITY] },
        value,
        description,
        preemptionPolicy: 'PreemptLowerPriority',
      });
    }
    this.namespace_('namespace', NAMESPACE, 'restricted');
    this.namespace_('agents-namespace', AGENTS_NAMESPACE, 'privileged');
    for (const [id, namespace] of [
      ['default-deny', NAMESPACE],
      ['agents-default-deny', AGENTS_NAMESPACE],
    ]) {
      new k8s.KubeNetworkPolicy(this, id, {
        metadata: { name: 'default-deny', namespace },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      });
    }

    const { quota } = config;
    new k8s.KubeResourceQuota(this, 'quota', {
      metadata: { name: 'edtech', namespace: NAMESPACE },
      spec: {
        hard: {
          'requests.memory': k8s.Quantity.fromString(quota.memoryRequests),
          'limits.memory': k8s.Quantity.fromString(quota.memoryLimits),
          'requests.cpu': k8s.Quantity.fromString(quota.cpuRequests),
          pods: k8s.Quantity.fromNumber(quota.pods),
        },
      },
    });
    new k8s.KubeLimitRange(this, 'limits', {
      metadata: { name: 'edtech', namespace: NAMESPACE },
      spec: {
        limits: [
          {
            // For pods that people start by hand: ours name all their figures.
            type: 'Container',
            defaultRequest: { cpu: k8s.Quantity.fromString('10m'), memory: k8s.Quantity.fromString('32Mi') },
            default: { cpu: k8s.Quantity.fromString('500m'), memory: k8s.Quantity.fromString('128Mi') },
          },
        ],
      },
    });
  }

  private namespace_(id: string, name: string, level: 'restricted' | 'privileged'): void {
    const security = ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, level],
      [`pod-security.kubernetes.io/${mode}-version`, POD_SECURITY_VERSION],
    ]);
    new k8s.KubeNamespace(this, id, { metadata: { name, labels: Object.fromEntries(security) } });
  }
}
