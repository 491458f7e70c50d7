import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { ApiAccess } from './api-access';
import type { Resources } from './container';
import { FileConfigMap } from './file-config-map';
import type { PostgresCluster } from './postgres-cluster';
import type { DynamicSettings } from './postgres-settings';
import { secretValue, type SecretRef } from './secret-ref';
import { configMapVolume, emptyDir, secretVolume } from './volumes';
import { Workload } from './workload';

const HEALTH_PORT = 8080;
/** Between two rounds. */
const INTERVAL_SECONDS = 15;
const RESOURCES: Resources = { cpuRequest: '10m', cpuLimit: '500m', memoryRequest: '40Mi', memoryLimit: '96Mi' };

export interface PostgresReconcilerProps {
  readonly name: string;
  readonly image: string;
  /** Name of the cluster, as in its labels. */
  readonly clusterName: string;
  readonly cluster: PostgresCluster;
  readonly dynamic: DynamicSettings;
  /** Group roles that own databases, with their login roles. */
  readonly consumers: readonly { readonly group: string; readonly logins: readonly string[] }[];
  /** Databases, with the group role that owns them or null where their bootstrap SQL says so. */
  readonly databases: Readonly<Record<string, string | null>>;
  /** Tables of a database that a group of `consumers` may read, granted as soon as they exist. @default none */
  readonly readers?: readonly {
    readonly group: string;
    readonly database: string;
    readonly tables: readonly string[];
  }[];
  /** SQL files by name. */
  readonly bootstrapFiles: Readonly<Record<string, string>>;
  /** Which of the files run in which database, in order; those of `postgres` first. */
  readonly bootstrap: Readonly<Record<string, readonly string[]>>;
  /** One key per login role, with its password. */
  readonly logins: SecretRef;
  /** Client certificate of the superuser: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly operatorTls: SecretRef;
  readonly patroniApi: SecretRef;
  readonly priorityClassName?: string;
}

/**
 * Keeps a cluster at what is configured: dynamic settings, roles, passwords, databases, pending restarts. It also gives back the right
 * to make a new cluster's database where Patroni has lost it.
 */
export class PostgresReconciler extends Construct {
  constructor(scope: Construct, id: string, props: PostgresReconcilerProps) {
    super(scope, id);
    const settings = new FileConfigMap(this, 'settings', {
      name: `${props.clusterName}-settings`,
      onChange: 'in-place',
      files: {
        'settings.json': `${JSON.stringify(
          {
            cluster: props.clusterName,
            members: props.cluster.members,
            dynamic: props.dynamic,
            consumers: props.consumers,
            databases: props.databases,
            readers: props.readers ?? [],
            bootstrap: props.bootstrap,
          },
          null,
          2,
        )}\n`,
      },
    });
    const bootstrap = new FileConfigMap(this, 'bootstrap', {
      name: `${props.clusterName}-bootstrap-sql`,
      files: props.bootstrapFiles,
    });
    const tls = '/etc/edtech/tls';
    const workload = new Workload(this, 'workload', {
      name: props.name,
      replicas: 1,
      // Two at a time would ask for the same restart.
      update: 'recreate',
      user: 999,
      usesKubernetesApi: true,
      priorityClassName: props.priorityClassName,
      containers: [
        {
          name: 'reconciler',
          image: props.image,
          command: ['python3', '-m', 'reconcile'],
          ports: { health: HEALTH_PORT },
          env: {
            SETTINGS_FILE: '/etc/edtech/settings/settings.json',
            BOOTSTRAP_DIRECTORY: '/etc/edtech/bootstrap',
            LOGINS_DIRECTORY: '/etc/edtech/logins',
            CA_FILE: `${tls}/ca.crt`,
            MEMBER_DOMAIN: props.cluster.memberDomain,
            PATRONI_PORT: `${props.cluster.patroniPort}`,
            PATRONI_USERNAME: secretValue(props.patroniApi, 'username'),
            PATRONI_PASSWORD: secretValue(props.patroniApi, 'password'),
            HEALTH_PORT: `${HEALTH_PORT}`,
            INTERVAL_SECONDS: `${INTERVAL_SECONDS}`,
            PGHOST: props.cluster.primary.nearHost,
            PGPORT: `${props.cluster.primary.port}`,
            PGSSLMODE: 'verify-full',
            PGSSLROOTCERT: `${tls}/ca.crt`,
            PGSSLCERT: `${tls}/tls.crt`,
            PGSSLKEY: `${tls}/tls.key`,
            PGAPPNAME: props.name,
          },
          probes: {
            startup: { http: { path: '/healthz', port: HEALTH_PORT }, periodSeconds: 2, failureThreshold: 30 },
            readiness: { http: { path: '/readyz', port: HEALTH_PORT }, periodSeconds: 5, failureThreshold: 3 },
            liveness: { http: { path: '/healthz', port: HEALTH_PORT }, periodSeconds: 10, failureThreshold: 3 },
          },
          resources: RESOURCES,
          mounts: [
            { path: '/etc/edtech/settings', volume: configMapVolume('settings', settings.name), readOnly: true },
            { path: '/etc/edtech/bootstrap', volume: configMapVolume('bootstrap', bootstrap.name), readOnly: true },
            { path: '/etc/edtech/logins', volume: secretVolume('logins', props.logins), readOnly: true },
            { path: tls, volume: secretVolume('tls', props.operatorTls), readOnly: true },
            { path: '/tmp', volume: emptyDir('tmp', '16Mi') },
          ],
        },
      ],
    });
    const { namespace = 'default' } = Chart.of(this);
    new ApiAccess(this, 'access', {
      account: workload.name,
      namespace,
      labels: workload.labels,
      namespaces: [namespace],
      rules: [{ resources: ['configmaps'], names: [props.cluster.stateName], verbs: ['get', 'patch'] }],
    });
  }
}
