import type { App } from 'cdk8s';
import { yamlText } from '../src/constructs/yaml';
import { GRAFANA_CONNECTIONS } from '../src/config/connections';
import type { PlatformConfig } from '../src/config/types';
import { FileConfigMap } from '../src/constructs/file-config-map';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { secretValue } from '../src/constructs/secret-ref';
import type { ServiceEndpoint } from '../src/constructs/service';
import { configMapVolume, emptyDir, secretVolume, type Mount } from '../src/constructs/volumes';
import { WebService } from '../src/constructs/web-service';
import { DATABASE, PORT, PRIORITY, serviceHost, WORKLOAD } from '../src/names';
import { ComponentChart, type SecretRefs } from './context';
import { CA_FILE, caMount } from './database-client';
import { boundaryOf } from './flows';
import { dashboardFolders, datasourceFile, providerFile, PROVISIONED_DASHBOARDS } from './grafana-provisioning';
import { pageExposure, PageIngress, pageUrl } from './pages';

const TLS_DIRECTORY = '/etc/edtech/pages-tls';
const UID = 472;
/** Charts that are synthesized after this one: their Services by name. */
const METRICS = { host: serviceHost(WORKLOAD.prometheus), port: PORT.prometheus };
const LOGS = { host: serviceHost(WORKLOAD.loki), port: PORT.loki };

export interface GrafanaChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
  readonly replicas: ServiceEndpoint;
}

/** Dashboards; everything shown is provisioned, its own state (accounts, sessions) is in the platform's database. */
export class GrafanaChart extends ComponentChart {
  readonly page: ServiceEndpoint;

  constructor(app: App, config: PlatformConfig, { secrets, primary, replicas }: GrafanaChartProps) {
    const { images, grafana, pages } = config;
    super(app, { config, id: '50-grafana', component: 'grafana', version: images.grafana.tag });
    const tls = pages.tls === 'internal-ca';
    const scheme = tls ? 'HTTPS' : 'HTTP';

    const datasources = new FileConfigMap(this, 'datasources', {
      name: 'edtech-grafana-datasources',
      files: { 'edtech.yaml': yamlText(datasourceFile({ database: replicas, primary, metrics: METRICS, logs: LOGS })) },
    });
    // Fixed names: Grafana reads changed dashboards again by itself. One object per folder: each may hold 1 MiB.
    const folders = dashboardFolders().map(({ folder, files }): Mount => {
      const name = `edtech-dashboards-${folder}`;
      const map = new FileConfigMap(this, `dashboards-${folder}`, { name, files, onChange: 'in-place' });
      return {
        path: `${PROVISIONED_DASHBOARDS}/${folder}`,
        volume: configMapVolume(`dashboards-${folder}`, map.name),
        readOnly: true,
      };
    });

    const providers = new FileConfigMap(this, 'providers', {
      name: 'edtech-grafana-providers',
      // A provider whose folder is not there is an error at each start.
      files: folders.length > 0 ? { 'edtech.yaml': yamlText(providerFile()) } : {},
    });

    const health = (path: string) => ({ path, port: PORT.grafana, scheme }) as const;
    const service = new WebService(this, 'grafana', {
      name: WORKLOAD.grafana,
      replicas: grafana.replicas,
      user: UID,
      priorityClassName: PRIORITY.service,
      maxUnavailable: 1,
      spread: { nodes: 'prefer' },
      port: PORT.grafana,
      exposure: pageExposure(pages.exposure, 'grafana'),
      containers: [
        {
          name: 'grafana',
          image: images.grafana.reference,
          ports: { http: PORT.grafana },
          preStop: ['sleep', '5'],
          env: {
            GF_SERVER_PROTOCOL: tls ? 'https' : 'http',
            GF_SERVER_HTTP_PORT: `${PORT.grafana}`,
            GF_SERVER_ROOT_URL: `${pageUrl(pages, 'grafana')}/`,
            // Compression leaks memory in 13.x until the container is ended.
            GF_SERVER_ENABLE_GZIP: 'false',
            ...(tls && {
              GF_SERVER_CERT_FILE: `${TLS_DIRECTORY}/tls.crt`,
              GF_SERVER_CERT_KEY: `${TLS_DIRECTORY}/tls.key`,
            }),
            GF_DATABASE_TYPE: 'postgres',
            GF_DATABASE_HOST: `${primary.nearHost}:${primary.port}`,
            GF_DATABASE_NAME: DATABASE.grafana,
            GF_DATABASE_USER: secretValue(secrets.grafanaDatabase, 'username'),
            GF_DATABASE_PASSWORD: secretValue(secrets.grafanaDatabase, 'password'),
            GF_DATABASE_SSL_MODE: 'verify-full',
            GF_DATABASE_CA_CERT_PATH: CA_FILE,
            GF_DATABASE_MAX_OPEN_CONN: `${GRAFANA_CONNECTIONS}`,
            GF_DATABASE_CONN_MAX_LIFETIME: '300',
            GF_SECURITY_ADMIN_USER: secretValue(secrets.grafanaAdmin, 'username'),
            GF_SECURITY_ADMIN_PASSWORD: secretValue(secrets.grafanaAdmin, 'password'),
            GF_SECURITY_SECRET_KEY: secretValue(secrets.grafanaKeys, 'secret-key'),
            // A browser sends the session over TLS only, which an ingress may be the end of. Over HTTP nobody could log in.
            ...(pages.tls !== 'off' && { GF_SECURITY_COOKIE_SECURE: 'true' }),
            GF_USERS_ALLOW_SIGN_UP: 'false',
            GF_USERS_DEFAULT_THEME: 'system',
            GF_DATE_FORMATS_DEFAULT_TIMEZONE: config.timeZone,
            GF_AUTH_ANONYMOUS_ENABLED: 'false',
            // Both are read without a login by who has their address, and a snapshot keeps names that the database has erased.
            GF_SNAPSHOTS_ENABLED: 'false',
            GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
            GF_PUBLIC_DASHBOARDS_ENABLED: 'false',
            GF_UNIFIED_ALERTING_ENABLED: 'false',
            GF_LOG_MODE: 'console',
            GF_LOG_CONSOLE_FORMAT: 'json',
            // Plugins of the image are used as they are: an update at start needs the internet and unloads them first.
            GF_PLUGINS_PREINSTALL_DISABLED: 'true',
            GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
            GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
            GF_ANALYTICS_REPORTING_ENABLED: 'false',
            GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
            GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
            EDUCATOR_USER: secretValue(secrets.dashboardsEducator, 'username'),
            EDUCATOR_PASSWORD: secretValue(secrets.dashboardsEducator, 'password'),
            ADMIN_USER: secretValue(secrets.dashboardsAdmin, 'username'),
            ADMIN_PASSWORD: secretValue(secrets.dashboardsAdmin, 'password'),
            AIRFLOW_USER: secretValue(secrets.dashboardsAirflow, 'username'),
            AIRFLOW_PASSWORD: secretValue(secrets.dashboardsAirflow, 'password'),
          },
          probes: {
            startup: { http: health('/healthz'), periodSeconds: 5, failureThreshold: 60 },
            readiness: { http: health('/api/health'), periodSeconds: 5, failureThreshold: 3 },
            // Not /api/health, which asks the database.
            liveness: { http: health('/healthz'), periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 5 },
          },
          resources: grafana.resources,
          mounts: [
            caMount(secrets.ca),
            { path: '/var/lib/grafana', volume: emptyDir('data', '256Mi') },
            { path: '/var/log/grafana', volume: emptyDir('logs', '64Mi') },
            { path: '/tmp', volume: emptyDir('tmp', '64Mi') },
            {
              path: '/etc/grafana/provisioning/datasources',
              volume: configMapVolume('datasources', datasources.name),
              readOnly: true,
            },
            {
              path: '/etc/grafana/provisioning/dashboards',
              volume: configMapVolume('providers', providers.name),
              readOnly: true,
            },
            ...folders,
            ...(tls
              ? [{ path: TLS_DIRECTORY, volume: secretVolume('pages-tls', secrets.pagesTls), readOnly: true }]
              : []),
          ],
        },
      ],
    });
    this.page = service.endpoint;
    new PageIngress(this, 'ingress', { name: WORKLOAD.grafana, host: pages.grafanaHost, backend: this.page, pages });
    new NetworkBoundary(this, 'network', boundaryOf(config, WORKLOAD.grafana));
  }
}
