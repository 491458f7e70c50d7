import { settings as site } from '../production/settings';
import type { EnvironmentSettings, Partially } from '../../../src/config/types';

const resources = (cpuRequest: string, memoryRequest: string, memoryLimit: string) => ({
  cpuRequest,
  cpuLimit: '2',
  memoryRequest,
  memoryLimit,
});

/** Production with few students, laid over `config/production.ts`: everything that decides about failover stays as it is there. */
export const settings: Partially<EnvironmentSettings> = {
  apiServers: [{ cidr: '10.245.0.1/32', port: 6443 }],
  pages: site.pages,
  postgres: { volume: { size: '6Gi', storageClass: '' }, resources: resources('100m', '320Mi', '768Mi') },
  simulator: {
    students: 400,
    historyDays: 1,
    maxReplicas: 2,
    resources: resources('20m', '112Mi', '256Mi'),
    backfillResources: resources('20m', '112Mi', '256Mi'),
  },
  airflow: {
    apiServerReplicas: 2,
    parallelism: 2,
    apiServer: resources('20m', '320Mi', '512Mi'),
    scheduler: resources('20m', '256Mi', '512Mi'),
    dagProcessor: resources('20m', '208Mi', '512Mi'),
    jobs: resources('20m', '256Mi', '640Mi'),
  },
  grafana: { replicas: 2, resources: resources('20m', '256Mi', '512Mi') },
};
