import type { EnvironmentSettings, Partially } from '../../../src/config/types';

/** Where the test listens for alerts: the machine under the test cluster, as pods reach it. */
export const RECEIVER = { address: '10.245.0.1', port: 18_099 } as const;
const url = (path: string): string => `http://${RECEIVER.address}:${RECEIVER.port}/${path}`;

/** Development as it is, but with a history that is loaded within a minute and with somebody who is told. */
export const settings: Partially<EnvironmentSettings> = {
  simulator: { students: 2000, historyDays: 3 },
  alerting: {
    receivers: {
      oncall: { kind: 'webhook', url: url('page') },
      'dead-man': { kind: 'webhook', url: url('alive') },
    },
    routes: { critical: 'oncall', warning: 'oncall', none: 'dead-man' },
    destinations: [{ cidr: `${RECEIVER.address}/32`, port: RECEIVER.port }],
  },
};
