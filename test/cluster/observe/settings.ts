import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { RECEIVER, receiverUrl as url } from '../support/alert-receiver';

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
