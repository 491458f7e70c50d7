import type { EnvironmentSettings } from '../src/config/types';

/** Three nodes. Addresses are examples of a site: replace them with yours (docs/configuration.md). */
export const settings: EnvironmentSettings = {
  tier: 'production',
  apiServers: [
    { cidr: '10.20.0.11/32', port: 6443 },
    { cidr: '10.20.0.12/32', port: 6443 },
    { cidr: '10.20.0.13/32', port: 6443 },
  ],
  nodeCidrs: ['10.20.0.0/24'],
  encryptionAtRest: { by: 'disks', reason: 'LUKS on the data disks of all nodes, set up by the platform team' },
  pages: {
    grafanaHost: 'grafana.edtech.example.org',
    airflowHost: 'airflow.edtech.example.org',
    allowedCidrs: ['10.30.0.0/16'],
    exposure: { kind: 'LoadBalancer' },
    tls: 'internal-ca',
  },
  postgres: { volume: { storageClass: 'local-ssd' } },
  alerting: {
    receivers: {
      oncall: { kind: 'webhook', url: 'https://oncall.example.org/alerts' },
      tickets: { kind: 'email', to: 'platform@edtech.example.org' },
      'dead-man': { kind: 'webhook', url: 'https://oncall.example.org/sign-of-life' },
    },
    routes: { critical: 'oncall', warning: 'tickets', none: 'dead-man' },
    smtp: { smarthost: 'mail.example.org:587', from: 'alerts@edtech.example.org', requireTls: true },
    destinations: [
      { cidr: '10.20.1.5/32', port: 443 },
      { cidr: '10.20.1.6/32', port: 587 },
    ],
  },
};
