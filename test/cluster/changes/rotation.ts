import { DATABASE } from '../../../src/names';
import type { SecretStore } from '../../../src/secrets/store';
import { loginIn, type Login } from './logins';

/** Consumers that change their passwords, and where they log in. */
export const ROTATED = {
  simulator: { id: 'simulator', database: DATABASE.edtech },
  analytics: { id: 'analytics', database: DATABASE.edtech },
  airflow: { id: 'airflowDatabase', database: DATABASE.airflow },
  grafana: { id: 'grafanaDatabase', database: DATABASE.grafana },
  'dashboards-educator': { id: 'dashboardsEducator', database: DATABASE.edtech },
  'dashboards-admin': { id: 'dashboardsAdmin', database: DATABASE.edtech },
  'dashboards-airflow': { id: 'dashboardsAirflow', database: DATABASE.airflow },
} as const;

export const loginsOfRotated = (store: SecretStore): Login[] => [
  ...Object.values(ROTATED).map(({ id, database }) => loginIn(store, id, database)),
  loginIn(store, 'replication', 'replication'),
  loginIn(store, 'rewind', 'postgres'),
];

/** What `npm run secrets -- rotate … --apply` prints at the end of each of its steps, for both halves. */
export const STEPS = ['is at revision', 'rendered', 'applied', 'in force'] as const;
