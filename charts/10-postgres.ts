import path from 'node:path';
import type { App } from 'cdk8s';
import { mebibytes } from '../src/config/quantity';
import type { PlatformConfig } from '../src/config/types';
import { readFiles } from '../src/constructs/file-config-map';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { archiveCommand, memberSettings, restoreCommand } from '../src/constructs/pgbackrest-settings';
import {
  DATA_DIRECTORY,
  POSTGRES_TLS_DIRECTORY,
  PostgresCluster,
  SOCKET_DIRECTORY,
} from '../src/constructs/postgres-cluster';
import { PostgresReconciler } from '../src/constructs/postgres-reconciler';
import { dynamicSettings, type DynamicSettings } from '../src/constructs/postgres-settings';
import type { ServiceEndpoint } from '../src/constructs/service';
import { AIRFLOW_TABLES, DATABASE, PRIORITY, RESTORE_REQUEST, serviceHost, STANZA, WORKLOAD } from '../src/names';
import { ROOT } from '../src/root';
import { BACKUP_REPOSITORY, CONSUMERS, EDTECH_CONSUMERS, loginsOf, OWNER_LOGIN } from '../src/secrets/catalogue';
import { ComponentChart, type SecretRefs } from './context';
import { boundaryOf } from './flows';

function settingsOf(config: PlatformConfig): DynamicSettings {
  const { postgres } = config;
  return dynamicSettings({
    synchronousMode: postgres.synchronousMode,
    synchronousStrict: postgres.synchronousStrict,
    synchronousStandbys: postgres.synchronousStandbys,
    maxConnections: postgres.maxConnections,
    memoryMebibytes: mebibytes(postgres.resources.memoryLimit),
    replicationLogins: loginsOf('replication'),
    rewindLogins: loginsOf('rewind'),
    clients: {
      [DATABASE.edtech]: [OWNER_LOGIN, ...EDTECH_CONSUMERS.flatMap((consumer) => loginsOf(consumer))],
      [DATABASE.airflow]: [...loginsOf('airflow'), ...loginsOf('dashboards-airflow')],
      [DATABASE.grafana]: loginsOf('grafana'),
    },
    operatorCommonName: 'edtech-postgres-reconciler',
    tlsDirectory: POSTGRES_TLS_DIRECTORY,
    archiveCommand: archiveCommand(STANZA),
    restoreCommand: restoreCommand(STANZA),
    parameters: postgres.parameters,
  });
}

/** The database cluster and the reconciler that keeps it at its configuration. */
export class PostgresChart extends ComponentChart {
  readonly primary: ServiceEndpoint;
  readonly replicas: ServiceEndpoint;
  /** Hosts of the members. */
  readonly memberHosts: readonly string[];

  constructor(app: App, config: PlatformConfig, secrets: SecretRefs) {
    const { postgres, images, backup } = config;
    super(app, { config, id: '10-postgres', component: 'postgres', version: images.postgres.tag });
    const dynamic = settingsOf(config);
    const cluster = new PostgresCluster(this, 'cluster', {
      name: WORKLOAD.postgres,
      image: images.postgres.reference,
      members: postgres.members,
      onePerNode: postgres.onePerNode,
      resources: postgres.resources,
      volumeSize: postgres.volume.size,
      storageClass: postgres.volume.storageClass,
      dynamic,
      tls: secrets.postgresTls,
      replication: secrets.replication,
      rewind: secrets.rewind,
      patroniApi: secrets.patroniApi,
      priorityClassName: PRIORITY.database,
      backup: {
        stanza: STANZA,
        restoreRequest: RESTORE_REQUEST,
        settings: memberSettings({
          stanza: STANZA,
          dataDirectory: DATA_DIRECTORY,
          socketDirectory: SOCKET_DIRECTORY,
          repositoryHost: serviceHost(WORKLOAD.backupRepository),
          repositoryCommonName: BACKUP_REPOSITORY,
        }),
        tls: secrets.backupMemberTls,
        resources: backup.member,
      },
    });
    this.primary = cluster.primary;
    this.replicas = cluster.replicas;
    this.memberHosts = cluster.members.map((member) => `${member}.${cluster.memberDomain}`);

    const bootstrapFiles = readFiles(path.join(ROOT, 'sql/bootstrap'), ['.sql']);
    const [ofCluster, ofEdtech, ofEach] = Object.keys(bootstrapFiles);
    new PostgresReconciler(this, 'reconciler', {
      name: WORKLOAD.postgresReconciler,
      image: images.postgres.reference,
      clusterName: WORKLOAD.postgres,
      cluster,
      dynamic,
      consumers: (['airflow', 'grafana', 'dashboards-airflow'] as const).map((consumer) => ({
        group: CONSUMERS[consumer],
        logins: loginsOf(consumer),
      })),
      readers: [{ group: CONSUMERS['dashboards-airflow'], database: DATABASE.airflow, tables: AIRFLOW_TABLES }],
      databases: { [DATABASE.edtech]: null, [DATABASE.airflow]: 'airflow', [DATABASE.grafana]: 'grafana' },
      bootstrapFiles,
      bootstrap: {
        postgres: [ofCluster],
        [DATABASE.edtech]: [ofEdtech, ofEach],
        [DATABASE.airflow]: [ofEach],
        [DATABASE.grafana]: [ofEach],
      },
      logins: secrets.logins,
      operatorTls: secrets.operatorTls,
      patroniApi: secrets.patroniApi,
      priorityClassName: PRIORITY.database,
    });
    for (const workload of [WORKLOAD.postgres, WORKLOAD.postgresReconciler]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }
}
