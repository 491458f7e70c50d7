import type { Profile } from './profiles';
import { WORKLOAD, type WorkloadName } from '../src/names';

/** A value that is meant to differ from Kubernetes; the parity test refuses every other difference, and an entry that is none. */
export interface Difference {
  /** What differs, as the parity test names it, for example `environment HTTP_HOST`. Its value is `secret` where it is one, `set` where the pod decides. */
  readonly what: string;
  /** Undefined where it is absent. */
  readonly kubernetes?: string;
  readonly compose?: string;
  readonly why: string;
}

/** A service of compose.yaml and the workload that it stands for. */
export interface Twin {
  readonly service: string;
  readonly workload: WorkloadName;
  /** Folder that the service `secrets` fills; services that may see the same share one. */
  readonly folder: string;
  /** Where it belongs to one. @default always there */
  readonly profile?: Profile;
  readonly differences: readonly Difference[];
}

const NO_PATRONI = 'one server without Patroni: there is nothing to fail over to';

const PATRONI: Readonly<Record<string, string>> = {
  PATRONI_SCOPE: 'edtech-postgres',
  PATRONI_NAME: 'set',
  PATRONI_KUBERNETES_NAMESPACE: 'set',
  PATRONI_KUBERNETES_POD_IP: 'set',
  PATRONI_POSTGRESQL_CONNECT_ADDRESS: '$(PATRONI_KUBERNETES_POD_IP):5432',
  PATRONI_RESTAPI_CONNECT_ADDRESS: '$(PATRONI_KUBERNETES_POD_IP):8008',
  PATRONI_REPLICATION_USERNAME: 'secret',
  PATRONI_REPLICATION_PASSWORD: 'secret',
  PATRONI_REWIND_USERNAME: 'secret',
  PATRONI_REWIND_PASSWORD: 'secret',
  PATRONI_RESTAPI_USERNAME: 'secret',
  PATRONI_RESTAPI_PASSWORD: 'secret',
};

const RECONCILER_PATRONI: Readonly<Record<string, string>> = {
  MEMBER_DOMAIN: 'edtech-postgres-headless.edtech.svc',
  PATRONI_PORT: '8008',
  PATRONI_USERNAME: 'secret',
  PATRONI_PASSWORD: 'secret',
};

/** Less room than on Kubernetes: what is measured in use is far below, and all profiles together must fit 4 GiB. */
const smaller = (kubernetes: number, compose: number): Difference => ({
  what: 'memory limit',
  kubernetes: `${kubernetes}`,
  compose: `${compose}`,
  why: 'with both profiles the stack fits 4 GiB',
});
const goMemory = (kubernetes: number, compose: number): Difference => ({
  what: 'environment GOMEMLIMIT',
  kubernetes: `${kubernetes}MiB`,
  compose: `${compose}MiB`,
  why: 'follows the memory limit',
});

/** Memory of the log collector, which holds back before it is used up. */
export const COLLECTOR_MEBIBYTES = 128;

/** Where the exporter connects, after the host. */
const EXPORTED =
  ':5432/edtech?sslmode=verify-full&sslrootcert=/etc/edtech/ca/ca.crt&connect_timeout=3&application_name=edtech-postgres-exporter';

/** What only Kubernetes has. */
const lacks = (values: Readonly<Record<string, string>>, why: string): Difference[] =>
  Object.entries(values).map(([what, kubernetes]) => ({ what, kubernetes, why }));
/** Variables that only Kubernetes has. */
const without = (variables: Readonly<Record<string, string>>, why: string): Difference[] =>
  lacks(Object.fromEntries(Object.entries(variables).map(([name, value]) => [`environment ${name}`, value])), why);

const airflow: readonly Difference[] = [
  {
    what: 'environment AIRFLOW__API__BASE_URL',
    kubernetes: 'http://localhost:30080',
    compose: 'http://localhost:8080',
    why: 'a port of this machine, not of a node',
  },
  {
    what: 'environment EDTECH_ANALYTICS_FROM',
    compose: '${EDTECH_ANALYTICS_FROM:-}',
    why: 'an option of config/ there, a variable of the person who starts it here',
  },
  {
    what: 'environment AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL',
    kubernetes: '10',
    compose: '3',
    why: 'a changed DAG is seen sooner',
  },
  {
    what: 'environment AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL',
    compose: '1',
    why: 'a changed DAG is seen sooner',
  },
];

/** How Airflow sends its figures: variables with the values of Kubernetes, for services that know of the profile `metrics`. */
export const AIRFLOW_METRICS: readonly string[] = [
  'AIRFLOW__METRICS__OTEL_ON',
  'AIRFLOW__METRICS__LEGACY_NAMES_ON',
  'AIRFLOW__METRICS__METRICS_ALLOW_LIST',
  'OTEL_SERVICE_NAME',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
  'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT',
  'OTEL_METRIC_EXPORT_INTERVAL',
];

/** Services that are another with another choice of profiles. */
const knowsProfiles: Difference = {
  what: 'environment EDTECH_PROFILES',
  compose: '${COMPOSE_PROFILES:-}',
  why: 'starts again when another profile is chosen',
};

/** Processes of Airflow that send their figures. */
const airflowService = (service: string): readonly Difference[] => [
  ...airflow,
  knowsProfiles,
  { what: 'environment POD_NAME', kubernetes: 'set', why: 'the name is written out here' },
  {
    what: 'environment OTEL_RESOURCE_ATTRIBUTES',
    kubernetes: 'service.instance.id=$(POD_NAME)',
    compose: `service.instance.id=${service}`,
    why: 'one of each: its name tells it apart',
  },
];

/** Every service that has a twin. */
export const TWINS: readonly Twin[] = [
  {
    service: 'postgres',
    workload: WORKLOAD.postgres,
    folder: 'postgres',
    differences: [
      ...without(PATRONI, NO_PATRONI),
      {
        what: 'command',
        kubernetes: '["edtech-start-member","/pgdata/pg17"]',
        compose: '["/edtech/bin/postgres-start"]',
        why: NO_PATRONI,
      },
      { what: 'replicas', kubernetes: '2', compose: '1', why: NO_PATRONI },
      { what: 'health', kubernetes: '8008/readiness', compose: 'pg_isready -q', why: NO_PATRONI },
      { what: 'first health interval', kubernetes: '5', compose: '1', why: 'a first start is a minute shorter' },
    ],
  },
  {
    service: 'reconciler',
    workload: WORKLOAD.postgresReconciler,
    folder: 'reconciler',
    differences: [...without(RECONCILER_PATRONI, NO_PATRONI), smaller(96, 64)],
  },
  { service: 'migrations', workload: WORKLOAD.migrations, folder: 'migrations', differences: [] },
  { service: 'backfill', workload: WORKLOAD.backfill, folder: 'simulator', differences: [] },
  {
    service: 'simulator',
    workload: WORKLOAD.simulator,
    folder: 'simulator',
    differences: without({ INGEST_REPLICA: 'set' }, 'the default, the host name, is as unique here'),
  },
  {
    service: 'airflow-migrations',
    workload: WORKLOAD.airflowMigrations,
    folder: 'airflow-migrations',
    differences: [],
  },
  { service: 'airflow-users', workload: WORKLOAD.airflowUsers, folder: 'airflow-users', differences: [] },
  {
    service: 'airflow-api-server',
    workload: WORKLOAD.airflowApiServer,
    folder: 'airflow',
    differences: airflowService('airflow-api-server'),
  },
  {
    service: 'airflow-scheduler',
    workload: WORKLOAD.airflowScheduler,
    folder: 'airflow',
    differences: airflowService('airflow-scheduler'),
  },
  {
    service: 'airflow-dag-processor',
    workload: WORKLOAD.airflowDagProcessor,
    folder: 'airflow',
    differences: airflowService('airflow-dag-processor'),
  },
  {
    service: 'grafana',
    workload: WORKLOAD.grafana,
    folder: 'grafana',
    differences: [
      {
        what: 'environment GF_SERVER_ROOT_URL',
        kubernetes: 'http://localhost:30300/',
        compose: 'http://localhost:3000/',
        why: 'a port of this machine, not of a node',
      },
      {
        what: 'environment GF_PATHS_PROVISIONING',
        compose: '/etc/edtech/provisioning',
        why: 'one folder per service holds all that is generated',
      },
      knowsProfiles,
      smaller(512, 416),
    ],
  },
  {
    service: 'prometheus',
    workload: WORKLOAD.prometheus,
    folder: 'prometheus',
    profile: 'metrics',
    differences: [knowsProfiles, smaller(384, 256)],
  },
  {
    service: 'alertmanager',
    workload: WORKLOAD.alertmanager,
    folder: 'alertmanager',
    profile: 'metrics',
    differences: [smaller(64, 48)],
  },
  {
    service: 'exporter',
    workload: WORKLOAD.exporter,
    folder: 'exporter',
    profile: 'metrics',
    differences: [smaller(128, 96)],
  },
  {
    service: 'postgres-exporter',
    workload: WORKLOAD.postgresExporter,
    folder: 'postgres-exporter',
    profile: 'metrics',
    differences: [
      {
        what: 'environment DATA_SOURCE_URI',
        kubernetes: `edtech-postgres-$(MEMBER).edtech-postgres-headless.edtech.svc${EXPORTED}`,
        compose: `edtech-postgres-rw${EXPORTED}`,
        why: NO_PATRONI,
      },
      { what: 'environment MEMBER', kubernetes: 'set', why: NO_PATRONI },
      { what: 'replicas', kubernetes: '2', compose: '1', why: NO_PATRONI },
    ],
  },
  {
    service: 'loki',
    workload: WORKLOAD.loki,
    folder: 'loki',
    profile: 'logs',
    differences: [knowsProfiles, smaller(320, 256), goMemory(272, 217)],
  },
  {
    service: 'log-collector',
    workload: WORKLOAD.logCollector,
    folder: 'log-collector',
    profile: 'logs',
    differences: [
      { what: 'environment NODE_NAME', kubernetes: 'set', why: 'asks no API whose a file is' },
      {
        what: 'environment EDTECH_PROJECT',
        compose: '${COMPOSE_PROJECT_NAME}',
        why: 'the files of other projects of the machine are not ours to keep',
      },
      ...lacks(
        {
          health: '13133/',
          'health interval': '10',
          'health timeout': '5',
          'health retries': '3',
          'first health interval': '2',
          'first health patience': '120',
        },
        'the image holds nothing that could ask',
      ),
      smaller(160, COLLECTOR_MEBIBYTES),
      goMemory(136, 108),
    ],
  },
];

/**
 * Workloads without a twin: backups and nightly proofs, of data that is made again at any time; what counts Kubernetes' objects; what measures the machine,
 * which is somebody's laptop.
 */
export const ONLY_ON_KUBERNETES: readonly WorkloadName[] = [
  WORKLOAD.backupRepository,
  WORKLOAD.backupFull,
  WORKLOAD.backupIncr,
  WORKLOAD.restoreDrill,
  WORKLOAD.verification,
  WORKLOAD.kubeStateMetrics,
  WORKLOAD.nodeExporter,
];

/** Services that only this stack has. */
export const OWN_SERVICES = ['secrets', 'dashboards', 'database-port', 'monitoring'] as const;
