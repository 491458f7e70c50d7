import type { EnvironmentSettings } from '../src/config/types';

/** Three nodes. Addresses are examples of a site: replace them with yours (docs/configuration.md). */
export const settings: EnvironmentSettings = {
  tier: 'production',
  apiServers: [
    { cidr: '10.20.0.11/32', port: 6443 },
    { cidr: '10.20.0.12/32', port: 6443 },
    { cidr: '10.20.0.13/32', port: 6443 },
  ],
  encryptionAtRest: { by: 'disks', reason: 'LUKS on the data disks of all nodes, set up by the platform team' },
  pages: {
    grafanaHost: 'grafana.edtech.example.org',
    airflowHost: 'airflow.edtech.example.org',
    allowedCidrs: ['10.30.0.0/16'],
    exposure: { kind: 'LoadBalancer' },
    tls: 'internal-ca',
  },
  postgres: { volume: { storageClass: 'local-ssd' } },
};
