/** Names that other parts, people or the cluster rely on; changing one is a migration. */

export const PRODUCT = 'edtech-stream';
export const NAMESPACE = 'edtech';
/** For what must read the node itself; the only namespace that is not `restricted`. */
export const AGENTS_NAMESPACE = 'edtech-node-agents';

/** Workloads, in the order of their charts. */
export const WORKLOAD = {
  postgres: 'edtech-postgres',
  postgresReconciler: 'edtech-postgres-reconciler',
  backupRepository: 'edtech-backup-repository',
  backupFull: 'edtech-backup-full',
  backupIncr: 'edtech-backup-incr',
  restoreDrill: 'edtech-restore-drill',
  migrations: 'edtech-migrations',
  backfill: 'edtech-backfill',
  simulator: 'edtech-simulator',
  verification: 'edtech-verification',
  airflowMigrations: 'edtech-airflow-migrations',
  airflowUsers: 'edtech-airflow-users',
  airflowApiServer: 'edtech-airflow-api-server',
  airflowScheduler: 'edtech-airflow-scheduler',
  airflowDagProcessor: 'edtech-airflow-dag-processor',
  grafana: 'edtech-grafana',
  prometheus: 'edtech-prometheus',
  alertmanager: 'edtech-alertmanager',
  exporter: 'edtech-exporter',
  postgresExporter: 'edtech-postgres-exporter',
  kubeStateMetrics: 'edtech-kube-state-metrics',
  nodeExporter: 'edtech-node-exporter',
  loki: 'edtech-loki',
  logCollector: 'edtech-log-collector',
} as const;
export type WorkloadName = (typeof WORKLOAD)[keyof typeof WORKLOAD];

/** Namespace of a workload. */
export const namespaceOf = (workload: string): string =>
  workload === WORKLOAD.nodeExporter || workload === WORKLOAD.logCollector ? AGENTS_NAMESPACE : NAMESPACE;

/** Databases of the cluster: the platform's own, and those of its two services. */
export const DATABASE = { edtech: 'edtech', airflow: 'airflow', grafana: 'grafana' } as const;

/** What dashboards may read of Airflow's state: runs, not connections, variables or accounts. */
export const AIRFLOW_TABLES = ['dag', 'dag_run', 'task_instance', 'import_error', 'job'];

/** What the backup repository calls the cluster; backups are found by it. */
export const STANZA = 'edtech';

/** ConfigMap that asks members for a restore when they begin a new cluster; there is none unless someone restores. */
export const RESTORE_REQUEST = 'edtech-postgres-restore';
/** Lease of the call that restores, while it runs. */
export const RESTORE_LOCK = 'edtech-restore';

/** Annotation of the database's StatefulSet: how many members it is to have, also while there are none. */
export const MEMBERS_ANNOTATION = `${PRODUCT}/members`;

/** Relative importance; a node that runs short of room evicts the lowest first. */
export const PRIORITY = {
  database: 'edtech-database',
  service: 'edtech-service',
  batch: 'edtech-batch',
} as const;

export const PORT = {
  postgres: 5432,
  patroni: 8008,
  /** pgBackRest's servers: of the repository, and beside each member. */
  backup: 8432,
  health: 8080,
  airflow: 8080,
  airflowSchedulerHealth: 8974,
  /** Live logs of tasks, asked for by the api-server. */
  airflowTaskLogs: 8793,
  grafana: 3000,
  prometheus: 9090,
  alertmanager: 9093,
  postgresExporter: 9187,
  kubeStateMetrics: 8080,
  /** Its own figures and its readiness. */
  kubeStateMetricsSelf: 8081,
  nodeExporter: 9100,
  loki: 3100,
  logCollector: 8888,
  logCollectorHealth: 13133,
  kubelet: 10250,
  dns: 53,
} as const;

/** DNS name of a Service for clients in any namespace. */
export const serviceHost = (service: string, namespace: string = NAMESPACE): string => `${service}.${namespace}.svc`;
