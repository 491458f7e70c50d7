import type { EnvironmentSettings } from '../src/config/types';

/** One node with 4 GiB, as on a laptop or the test cluster. */
export const settings: EnvironmentSettings = {
  tier: 'development',
  apiServers: [{ cidr: '10.245.0.1/32', port: 6443 }],
  nodeCidrs: ['10.245.0.0/24'],
  encryptionAtRest: { by: 'nothing' },
  pages: {
    grafanaHost: 'localhost',
    airflowHost: 'localhost',
    allowedCidrs: ['10.245.0.0/24', '127.0.0.0/8'],
    exposure: { kind: 'NodePort', grafanaPort: 30300, airflowPort: 30080 },
    tls: 'off',
  },
};
