import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { settings as observed } from '../observe/settings';
import { receiverUrl as url } from '../support/alert-receiver';

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
