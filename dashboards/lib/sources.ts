/** A provisioned data source of Grafana: its uid is the contract with the provisioning files. */
export interface Source {
  readonly uid: string;
  readonly type: 'grafana-postgresql-datasource' | 'prometheus' | 'loki';
  /** What a panel of this source needs; shown where the source is not there, such as on the local page. */
  readonly needs: string;
}

const POSTGRESQL = 'grafana-postgresql-datasource';

/** Every data source that a dashboard may use. */
export const SOURCES = {
  educator: { uid: 'edtech-educator', type: POSTGRESQL, needs: 'database edtech as edtech_dashboards_educator' },
  admin: { uid: 'edtech-admin', type: POSTGRESQL, needs: 'database edtech as edtech_dashboards_admin' },
  // What each server counts for itself (live and dead rows, vacuum) is 0 on the replicas that the other two may ask.
  primary: {
    uid: 'edtech-admin-primary',
    type: POSTGRESQL,
    needs: 'database edtech on the primary, as edtech_dashboards_admin',
  },
  airflow: { uid: 'edtech-airflow', type: POSTGRESQL, needs: "database airflow, Airflow's own metadata, read only" },
  prometheus: { uid: 'edtech-prometheus', type: 'prometheus', needs: 'Prometheus, which scrapes the cluster' },
  loki: { uid: 'edtech-loki', type: 'loki', needs: 'Loki, which collects the logs of the cluster' },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

/** Sources that read the platform's own database: their queries run in the tests and on the local page. */
export type DatabaseSource = 'educator' | 'admin' | 'primary';

export function isDatabaseSource(name: SourceName): name is DatabaseSource {
  return name === 'educator' || name === 'admin' || name === 'primary';
}
