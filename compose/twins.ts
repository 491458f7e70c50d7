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

/** Variables that only Kubernetes has. */
const without = (variables: Readonly<Record<string, string>>, why: string): Difference[] =>
  Object.entries(variables).map(([name, kubernetes]) => ({ what: `environment ${name}`, kubernetes, why }));

const airflow: readonly Difference[] = [
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

/** How Airflow sends its figures. */
const AIRFLOW_METRICS: Readonly<Record<string, string>> = {
  AIRFLOW__METRICS__OTEL_ON: 'True',
  AIRFLOW__METRICS__LEGACY_NAMES_ON: 'False',
  AIRFLOW__METRICS__METRICS_ALLOW_LIST:
    'scheduler_heartbeat,dag_processor_heartbeat,dag_processing,dagrun.duration,dagrun.schedule_delay,executor,pool,scheduler,task_instances_without_heartbeats_killed',
  OTEL_SERVICE_NAME: 'airflow',
  POD_NAME: 'set',
  OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=$(POD_NAME)',
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://edtech-prometheus.edtech.svc:9090/api/v1/otlp/v1/metrics',
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3',
  OTEL_METRIC_EXPORT_INTERVAL: '15000',
};

/** Processes of Airflow that send their figures. */
const airflowService: readonly Difference[] = [...airflow, ...without(AIRFLOW_METRICS, 'nothing takes figures here')];

/** Every service that has a twin. */
export const TWINS: readonly Twin[] = [
  {
    service: 'postgres',
    workload: WORKLOAD.postgres,
    folder: 'postgres',
    differences: [
      ...without(PATRONI, NO_PATRONI),
      { what: 'command', compose: '["/edtech/bin/postgres-start"]', why: NO_PATRONI },
      { what: 'replicas', kubernetes: '2', compose: '1', why: NO_PATRONI },
      { what: 'health', kubernetes: '8008/readiness', compose: 'pg_isready -q', why: NO_PATRONI },
      { what: 'first health interval', kubernetes: '5', compose: '1', why: 'a first start is a minute shorter' },
    ],
  },
  {
    service: 'reconciler',
    workload: WORKLOAD.postgresReconciler,
    folder: 'reconciler',
    differences: without(RECONCILER_PATRONI, NO_PATRONI),
  },
  { service: 'migrations', workload: WORKLOAD.migrations, folder: 'migrations', differences: [] },
  { service: 'backfill', workload: WORKLOAD.backfill, folder: 'simulator', differences: [] },
  {
    service: 'simulator',
    workload: WORKLOAD.simulator,
    folder: 'simulator',
    differences: without({ INGEST_REPLICA: 'set' }, 'the default, the host name, is as unique here'),
  },
  { service: 'airflow-migrations', workload: WORKLOAD.airflowMigrations, folder: 'airflow', differences: airflow },
  { service: 'airflow-users', workload: WORKLOAD.airflowUsers, folder: 'airflow-users', differences: airflow },
  {
    service: 'airflow-api-server',
    workload: WORKLOAD.airflowApiServer,
    folder: 'airflow',
    differences: airflowService,
  },
  { service: 'airflow-scheduler', workload: WORKLOAD.airflowScheduler, folder: 'airflow', differences: airflowService },
  {
    service: 'airflow-dag-processor',
    workload: WORKLOAD.airflowDagProcessor,
    folder: 'airflow',
    differences: airflowService,
  },
  {
    service: 'grafana',
    workload: WORKLOAD.grafana,
    folder: 'grafana',
    differences: [
      {
        what: 'environment GF_PATHS_PROVISIONING',
        compose: '/etc/edtech/provisioning',
        why: 'one folder per service holds all that is generated',
      },
    ],
  },
];

/** Workloads without a twin: nothing watches this stack. */
export const ONLY_ON_KUBERNETES: readonly WorkloadName[] = [
  WORKLOAD.backupRepository,
  WORKLOAD.backupFull,
  WORKLOAD.backupIncr,
  WORKLOAD.prometheus,
  WORKLOAD.alertmanager,
  WORKLOAD.exporter,
  WORKLOAD.postgresExporter,
  WORKLOAD.kubeStateMetrics,
  WORKLOAD.nodeExporter,
  WORKLOAD.loki,
  WORKLOAD.logCollector,
];

/** Services that only this stack has. */
export const OWN_SERVICES = ['secrets', 'dashboards', 'database-port'] as const;
