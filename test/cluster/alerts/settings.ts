import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { RECEIVER, settings as observed } from '../observe/settings';

const url = (path: string): string => `http://${RECEIVER.address}:${RECEIVER.port}/${path}`;

/** As in the suite `observe`, but what pages and what is a ticket are told apart. */
export const settings: Partially<EnvironmentSettings> = {
  ...observed,
  alerting: {
    ...observed.alerting,
    receivers: {
      oncall: { kind: 'webhook', url: url('page') },
      tickets: { kind: 'webhook', url: url('ticket') },
      'dead-man': { kind: 'webhook', url: url('alive') },
    },
    routes: { critical: 'oncall', warning: 'tickets', none: 'dead-man' },
  },
};
