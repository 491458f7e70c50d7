import type { EnvironmentSettings, Partially, ResourceSettings } from '../../../src/config/types';

const resources = (cpuRequest: string, memoryRequest: string, memoryLimit: string): ResourceSettings => ({
  cpuRequest,
  cpuLimit: '2',
  memoryRequest,
  memoryLimit,
});

/** Production on a test cluster of three small nodes: addresses, storage class, resources and exposure differ, nothing else. */
export const settings: Partially<EnvironmentSettings> = {
  apiServers: [{ cidr: '10.245.0.1/32', port: 6443 }],
  nodeCidrs: ['10.245.0.0/24'],
  pages: {
    // There is no ingress controller: the pages are reached through a forwarded port. TLS would end at the controller.
    exposure: { kind: 'Ingress', className: 'test', controllerNamespace: 'ingress', tlsSecret: 'pages-tls' },
    tls: 'ingress',
  },
  quota: { memoryRequests: '16Gi' },
  postgres: { volume: { storageClass: '' }, resources: resources('100m', '768Mi', '1536Mi') },
  simulator: {
    // As much CPU as in production: the autoscaler goes by it.
    resources: resources('250m', '128Mi', '384Mi'),
    backfillResources: resources('50m', '256Mi', '768Mi'),
  },
  airflow: {
    apiServer: resources('50m', '384Mi', '768Mi'),
    scheduler: resources('50m', '448Mi', '896Mi'),
    dagProcessor: resources('50m', '256Mi', '640Mi'),
    jobs: resources('50m', '256Mi', '768Mi'),
  },
  grafana: { resources: resources('50m', '256Mi', '512Mi') },
};
