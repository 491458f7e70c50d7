import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/config/environments';
import { readFiles } from '../src/constructs/file-config-map';
import type { ServiceEndpoint } from '../src/constructs/service';
import { DATABASE } from './10-postgres';
import { CA_FILE } from './database-client';

/** Where Grafana finds the dashboards; one folder below it per folder of the page. */
export const PROVISIONED_DASHBOARDS = '/etc/edtech/dashboards';

/** Stable ids of the data sources: dashboards refer to them. */
export const DATASOURCE = { educator: 'edtech-educator', admin: 'edtech-admin', airflow: 'edtech-airflow' } as const;

/** Read-only logins on the replicas: one may read names, one may not, one reads the runs of Airflow. */
export function datasourceFile(replicas: ServiceEndpoint): object {
  const source = (uid: string, name: string, variable: string, database: string = DATABASE.edtech) => ({
    uid,
    name,
    type: 'grafana-postgresql-datasource',
    access: 'proxy',
    url: `${replicas.host}:${replicas.port}`,
    user: `$${variable}_USER`,
    jsonData: {
      database,
      sslmode: 'verify-full',
      tlsConfigurationMethod: 'file-path',
      sslRootCertFile: CA_FILE,
      postgresVersion: 1700,
      maxOpenConns: 10,
      maxIdleConns: 2,
      connMaxLifetime: 300,
    },
    secureJsonData: { password: `$${variable}_PASSWORD` },
    editable: false,
  });
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      source(DATASOURCE.educator, 'EdTech (educators)', 'EDUCATOR'),
      source(DATASOURCE.admin, 'EdTech (administrators)', 'ADMIN'),
      source(DATASOURCE.airflow, 'Airflow', 'AIRFLOW', DATABASE.airflow),
    ],
  };
}

export function providerFile(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'edtech',
        type: 'file',
        disableDeletion: false,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path: PROVISIONED_DASHBOARDS, foldersFromFilesStructure: true },
      },
    ],
  };
}

/** Rendered dashboards by folder: the JSON files in `dashboards/<folder>/`. */
export function dashboardFolders(): { readonly folder: string; readonly files: Record<string, string> }[] {
  const root = path.join(ROOT, 'dashboards');
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ folder: name, files: readFiles(path.join(root, name), ['.json']) }))
    .filter(({ files }) => Object.keys(files).length > 0)
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}
