import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { SOURCES, type Source } from '../dashboards/lib/sources';
import { GRAFANA_CONNECTIONS, PRIMARY_SOURCE_CONNECTIONS } from '../src/config/connections';
import { readFiles } from '../src/constructs/file-config-map';
import type { ServiceEndpoint } from '../src/constructs/service';
import { DATABASE } from '../src/names';
import { ROOT } from '../src/root';
import { CA_FILE } from './database-client';

/** Where Grafana finds the dashboards; one folder below it per folder of the page. */
export const PROVISIONED_DASHBOARDS = '/etc/edtech/dashboards';

/** Where the data sources are. */
export interface DatasourceEndpoints {
  /** PostgreSQL; dashboards read its replicas, where there are any. */
  readonly database: ServiceEndpoint;
  /** For the one panel of what the primary alone counts. */
  readonly primary: ServiceEndpoint;
  readonly metrics: Pick<ServiceEndpoint, 'host' | 'port'>;
  readonly logs: Pick<ServiceEndpoint, 'host' | 'port'>;
}

interface SqlSource {
  /** @default the replicas, where there are any */
  readonly server?: ServiceEndpoint;
  /** @default edtech */
  readonly database?: string;
  /** @default GRAFANA_CONNECTIONS */
  readonly connections?: number;
}

/**
 * The data sources that the dashboards name, and no other. Those of PostgreSQL are read-only logins: one may read names, one may not,
 * one reads the runs of Airflow; their values come from the variables `<NAME>_USER` and `<NAME>_PASSWORD` of the container.
 */
export function datasourceFile({ database, primary, metrics, logs }: DatasourceEndpoints): object {
  const common = ({ uid, type }: Source, name: string) => ({ uid, name, type, access: 'proxy', editable: false });
  const sql = (source: Source, name: string, variable: string, special: SqlSource = {}) => ({
    ...common(source, name),
    url: `${(special.server ?? database).nearHost}:${database.port}`,
    user: `$${variable}_USER`,
    jsonData: {
      database: special.database ?? DATABASE.edtech,
      sslmode: 'verify-full',
      tlsConfigurationMethod: 'file-path',
      sslRootCertFile: CA_FILE,
      postgresVersion: 1700,
      maxOpenConns: special.connections ?? GRAFANA_CONNECTIONS,
      maxIdleConns: 2,
      connMaxLifetime: 300,
    },
    secureJsonData: { password: `$${variable}_PASSWORD` },
  });
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      sql(SOURCES.educator, 'EdTech (educators)', 'EDUCATOR'),
      sql(SOURCES.admin, 'EdTech (administrators)', 'ADMIN'),
      sql(SOURCES.primary, 'EdTech (administrators, primary)', 'ADMIN', {
        server: primary,
        connections: PRIMARY_SOURCE_CONNECTIONS,
      }),
      sql(SOURCES.airflow, 'Airflow', 'AIRFLOW', { database: DATABASE.airflow }),
      {
        ...common(SOURCES.prometheus, 'Prometheus'),
        url: `http://${metrics.host}:${metrics.port}`,
        // Below the scrape interval a rate over its window would have less than two samples.
        jsonData: { httpMethod: 'POST', prometheusType: 'Prometheus', timeInterval: '15s' },
      },
      { ...common(SOURCES.loki, 'Loki'), url: `http://${logs.host}:${logs.port}`, jsonData: { maxLines: 1000 } },
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
