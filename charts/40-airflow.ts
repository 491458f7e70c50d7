import { existsSync } from 'node:fs';
import path from 'node:path';
import type { App } from 'cdk8s';
import type { PlatformConfig } from '../src/config/types';
import type { ContainerProps } from '../src/constructs/container';
import { FileConfigMap, readFiles } from '../src/constructs/file-config-map';
import { HashedJob } from '../src/constructs/hashed-job';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { secretValue } from '../src/constructs/secret-ref';
import type { ServiceEndpoint } from '../src/constructs/service';
import { configMapVolume, secretVolume } from '../src/constructs/volumes';
import { WebService } from '../src/constructs/web-service';
import { Workload } from '../src/constructs/workload';
import { PORT, PRIORITY, serviceHost, WORKLOAD } from '../src/names';
import { ROOT } from '../src/root';
import { airflow, airflowService, DELETE_OLD_LOGS } from './airflow-commands';
import {
  airflowEnvironment,
  airflowJobEnvironment,
  airflowMetrics,
  AIRFLOW_USER,
  DAGS_DIRECTORY,
  FORWARDED_TRUSTED,
  PAGES_TLS_DIRECTORY,
  TASK_LOG_HOST,
  writableMounts,
} from './airflow-settings';
import { ComponentChart, type SecretRefs } from './context';
import { caMount } from './database-client';
import { boundaryOf } from './flows';
import { pageExposure, PageIngress, pageUrl } from './pages';

export interface AirflowChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
}

/** Seconds that a start may wait for the database. */
const PATIENCE_SECONDS = 1800;
const startup = <T>(probe: T, periodSeconds: number): T & { periodSeconds: number; failureThreshold: number } => ({
  ...probe,
  periodSeconds,
  failureThreshold: PATIENCE_SECONDS / periodSeconds,
});

/**
 * Fixed name: the dag-processor reads changed files again by itself. A mounted ConfigMap is a folder `..<time>` and a link
 * `..data` to it, which Airflow would take for a loop and end over.
 */
function dagFiles(): Record<string, string> {
  const directory = path.join(ROOT, 'dags');
  const files = existsSync(directory) ? readFiles(directory, ['.py']) : {};
  return { ...files, '.airflowignore': '..*\n' };
}

/** Asks the database for this pod's heartbeat; `airflow jobs check` would load all of Airflow a second time. */
const HEARTBEAT = `
import os, psycopg2, socket
url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute("select count(*) from job where job_type = 'DagProcessorJob' and state = 'running'"
                   " and hostname in (%s, %s) and latest_heartbeat > now() - interval '60 seconds'",
                   (socket.gethostname(), socket.getfqdn()))
    raise SystemExit(0 if cursor.fetchone()[0] else 1)
`.trim();

/** Airflow with the local executor: pages, scheduler, DAG processor; its state is in the platform's database. */
export class AirflowChart extends ComponentChart {
  readonly page: ServiceEndpoint;

  constructor(app: App, config: PlatformConfig, { secrets, primary }: AirflowChartProps) {
    const { images, airflow: settings, pages, analytics, retention } = config;
    super(app, { config, id: '40-airflow', component: 'airflow', version: images.airflow.tag });
    const tls = pages.tls === 'internal-ca';
    const proxied = pages.tls === 'ingress';
    const scheme = tls ? 'HTTPS' : 'HTTP';
    const dags = new FileConfigMap(this, 'dags', { name: 'edtech-dags', files: dagFiles(), onChange: 'in-place' });
    const env = airflowEnvironment({
      secrets,
      primary,
      parallelism: settings.parallelism,
      timeZone: config.timeZone,
      analytics,
      retention,
      executionApi: `${tls ? 'https' : 'http'}://${serviceHost(WORKLOAD.airflowApiServer)}:${PORT.airflow}/execution/`,
      pageUrl: pageUrl(pages, 'airflow'),
      tls,
    });
    const jobMounts = [...writableMounts(), caMount(secrets.ca)];
    const mounts = [
      ...jobMounts,
      { path: DAGS_DIRECTORY, volume: configMapVolume('dags', dags.name), readOnly: true },
      ...(tls
        ? [{ path: PAGES_TLS_DIRECTORY, volume: secretVolume('pages-tls', secrets.pagesTls), readOnly: true }]
        : []),
    ];
    type Base = Pick<ContainerProps, 'name' | 'image' | 'env' | 'mounts'>;
    const image = images.airflow.reference;
    const base = (name: string, own: ContainerProps['env'] = {}): Base => ({
      name,
      image,
      env: { ...env, ...airflowMetrics, ...own },
      mounts,
    });
    const jobEnv = airflowJobEnvironment({ secrets, primary });
    const jobBase = (name: string, own: ContainerProps['env'] = {}): Base => ({
      name,
      image,
      env: { ...jobEnv, ...own },
      mounts: jobMounts,
    });
    const migrated: ContainerProps = {
      ...jobBase('wait-for-migrations'),
      args: airflow('db check-migrations --migration-wait-timeout=600'),
      resources: settings.jobs,
    };
    const service = { ...AIRFLOW_USER, priorityClassName: PRIORITY.service, initContainers: [migrated] };
    const batch = { ...AIRFLOW_USER, priorityClassName: PRIORITY.batch };

    new HashedJob(this, 'migrate', {
      ...batch,
      name: WORKLOAD.airflowMigrations,
      containers: [{ ...jobBase('migrate'), args: airflow('db migrate'), resources: settings.jobs }],
    });
    new HashedJob(this, 'users', {
      ...batch,
      name: WORKLOAD.airflowUsers,
      initContainers: [migrated],
      containers: [
        {
          ...jobBase('users', {
            ADMIN_USERNAME: secretValue(secrets.airflowAdmin, 'username'),
            ADMIN_PASSWORD: secretValue(secrets.airflowAdmin, 'password'),
          }),
          // The account may exist with an older password: creating it again would leave that one. Typed and not given as an option,
          // which every process of the pod could read.
          args: [
            'bash',
            '-c',
            `set -o pipefail; type_twice() { printf '%s\\n' "$ADMIN_PASSWORD" "$ADMIN_PASSWORD"; }; airflow sync-perm && type_twice | airflow users create --role Admin --username "$ADMIN_USERNAME" --firstname Platform --lastname Administrator --email admin@edtech.example.org && type_twice | airflow users reset-password --username "$ADMIN_USERNAME"`,
          ],
          resources: settings.jobs,
        },
      ],
    });

    const version = { path: '/api/v2/version', port: PORT.airflow, scheme } as const;
    const apiServer = new WebService(this, 'api-server', {
      ...service,
      name: WORKLOAD.airflowApiServer,
      replicas: settings.apiServerReplicas,
      maxUnavailable: 1,
      spread: { nodes: 'prefer' },
      port: PORT.airflow,
      exposure: pageExposure(pages.exposure, 'airflow'),
      containers: [
        {
          ...base('api-server', proxied ? FORWARDED_TRUSTED : {}),
          args: airflowService(proxied ? 'api-server --proxy-headers' : 'api-server'),
          ports: { http: PORT.airflow },
          // Endpoints take a moment to forget a pod that ends; until then it must still answer.
          preStop: ['sleep', '5'],
          probes: {
            startup: startup({ http: version }, 5),
            readiness: { http: version, periodSeconds: 5, failureThreshold: 3 },
            liveness: { http: version, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 5 },
          },
          resources: settings.apiServer,
        },
      ],
    });
    this.page = apiServer.endpoint;

    const health = { path: '/health', port: PORT.airflowSchedulerHealth };
    new Workload(this, 'scheduler', {
      ...service,
      name: WORKLOAD.airflowScheduler,
      replicas: 1,
      // Its tasks are its children: a second scheduler beside it would need their memory twice.
      update: 'recreate',
      terminationGracePeriodSeconds: 60,
      containers: [
        {
          ...base('scheduler', TASK_LOG_HOST),
          args: airflowService('scheduler', DELETE_OLD_LOGS),
          ports: { health: PORT.airflowSchedulerHealth, 'task-logs': PORT.airflowTaskLogs },
          probes: {
            startup: startup({ http: health }, 5),
            readiness: { http: health, periodSeconds: 10, failureThreshold: 3 },
            // The port and not its answer: that one asks the database, and a restart would not bring it back.
            liveness: { tcpPort: PORT.airflowSchedulerHealth, periodSeconds: 20, failureThreshold: 5 },
          },
          resources: settings.scheduler,
        },
      ],
    });
    const heartbeat = { command: ['python', '-c', HEARTBEAT], timeoutSeconds: 15 };
    new Workload(this, 'dag-processor', {
      ...service,
      name: WORKLOAD.airflowDagProcessor,
      replicas: 1,
      update: 'recreate',
      containers: [
        {
          ...base('dag-processor'),
          args: airflowService('dag-processor', DELETE_OLD_LOGS),
          probes: {
            startup: startup(heartbeat, 10),
            readiness: { ...heartbeat, periodSeconds: 60, failureThreshold: 3 },
          },
          resources: settings.dagProcessor,
        },
      ],
    });
    new PageIngress(this, 'ingress', {
      name: WORKLOAD.airflowApiServer,
      host: pages.airflowHost,
      backend: this.page,
      pages,
    });
    for (const workload of [
      WORKLOAD.airflowMigrations,
      WORKLOAD.airflowUsers,
      WORKLOAD.airflowApiServer,
      WORKLOAD.airflowScheduler,
      WORKLOAD.airflowDagProcessor,
    ]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }
}
