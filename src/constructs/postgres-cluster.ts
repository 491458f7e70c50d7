import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { yamlText } from './yaml';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { MEMBERS_ANNOTATION, serviceHost } from '../names';
import type { ContainerProps, Probes, Resources } from './container';
import { FileConfigMap } from './file-config-map';
import { keptRunning } from './kept-running';
import { markSidecars, podTemplate } from './pod';
import {
  PGBACKREST_DIRECTORY,
  PGBACKREST_FILE,
  PGBACKREST_PORT,
  PGBACKREST_TLS_DIRECTORY,
} from './pgbackrest-settings';
import type { DynamicSettings } from './postgres-settings';
import { secretValue, type SecretRef } from './secret-ref';
import { ClusterService, type ServiceEndpoint } from './service';
import {
  configMapVolume,
  emptyDir,
  optionalConfigMapVolume,
  secretVolume,
  type Mount,
  type PodVolume,
} from './volumes';
import { disruptionBudget, serviceAccount } from './workload';

const POSTGRES_PORT = 5432;
const PATRONI_PORT = 8008;
/** User of the image; files of the volumes belong to it. */
const UID = 999;
const DATA_VOLUME = 'data';
/** Ending of the name of the Service for writes. */
const WRITES = 'rw';
const POINT_WRITES = '/usr/local/bin/edtech-point-writes';
/** Where the data lies in a member, and the folder of its socket. */
export const DATA_DIRECTORY = '/pgdata/pg17';
export const SOCKET_DIRECTORY = '/var/run/postgresql';
/** Where certificates are mounted in a member; the server's parameters name it. */
export const POSTGRES_TLS_DIRECTORY = '/etc/edtech/tls';
/** Patroni's ConfigMaps, after the cluster's name. Its fail-safe is an annotation of the leader's. */
const STATE = ['config', 'leader', 'failover', 'sync'] as const;
/** Label with the cluster's name; together with `role` it is what Patroni and the Services go by. */
export const CLUSTER_LABEL = 'cluster-name';

export interface PostgresClusterProps {
  readonly name: string;
  readonly image: string;
  /** Version label. @default the chart's version */
  readonly version?: string;
  /** Pods with a copy of the data each; 2 for failover, 3 for strict synchronous replication. */
  readonly members: number;
  /** A member waits rather than share a node with another, also while a node is drained or lost. @default false: a preference */
  readonly onePerNode?: boolean;
  readonly resources: Resources;
  /** Size of each member's volume with a binary unit. */
  readonly volumeSize: string;
  /** @default the cluster's default StorageClass */
  readonly storageClass?: string;
  readonly dynamic: DynamicSettings;
  /** Server certificate: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly tls: SecretRef;
  /** `username` and `password` each. */
  readonly replication: SecretRef;
  readonly rewind: SecretRef;
  readonly patroniApi: SecretRef;
  readonly priorityClassName?: string;
  /** @default members neither archive nor can be backed up */
  readonly backup?: MemberBackup;
}

/** pgBackRest in a member: the archive command is its client, and its server lets the repository host read the data. */
export interface MemberBackup {
  /** As from `memberSettings`. */
  readonly settings: string;
  /** What the repository calls the cluster. */
  readonly stanza: string;
  /** ConfigMap that asks a new cluster to begin with a restore; normally there is none. */
  readonly restoreRequest: string;
  /** Certificate for both directions: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly tls: SecretRef;
  readonly resources: Resources;
}

/** PostgreSQL with automatic failover: a StatefulSet under Patroni, which keeps its state in ConfigMaps. */
export class PostgresCluster extends Construct {
  /** The primary; accepts writes. */
  readonly primary: ServiceEndpoint;
  /** The replicas; read only. */
  readonly replicas: ServiceEndpoint;
  /** Names of the members' pods. */
  readonly members: readonly string[];
  /** A member's host is `<member>.<memberDomain>`. */
  readonly memberDomain: string;
  readonly patroniPort = PATRONI_PORT;
  /** ConfigMap that Patroni makes and keeps: dynamic settings, and who has the right to make a new cluster's database. */
  readonly stateName: string;
  /** ConfigMap with `bootstrap.yml`, fixed name: read when a new cluster is initialised. */
  private readonly bootstrap: FileConfigMap;
  private readonly labels: Labels;

  constructor(scope: Construct, id: string, props: PostgresClusterProps) {
    super(scope, id);
    const chart = Chart.of(this);
    const { name } = props;
    this.labels = workloadLabels(chart.labels, name, props.version);
    const selector = selectorOf(this.labels);
    const podLabels = { ...this.labels, [CLUSTER_LABEL]: name };
    const headless = `${name}-headless`;
    this.members = Array.from({ length: props.members }, (_, index) => `${name}-${index}`);
    this.stateName = `${name}-config`;
    this.memberDomain = serviceHost(headless, chart.namespace);

    const account = serviceAccount(this, name, this.labels);
    this.access(account, name);
    const config = new FileConfigMap(this, 'config', {
      name: `${name}-config`,
      files: { '10-static.yml': yamlText(staticSettings(selector, props.backup)) },
    });
    this.bootstrap = new FileConfigMap(this, 'bootstrap', {
      name: `${name}-bootstrap`,
      files: { '20-bootstrap.yml': yamlText({ bootstrap: { dcs: props.dynamic } }) },
      onChange: 'in-place',
    });

    const service = (id: string, suffix: string, extra?: Labels, isHeadless = false): ServiceEndpoint =>
      new ClusterService(this, id, {
        name: `${name}-${suffix}`,
        selector: extra && { ...selector, ...extra },
        portName: 'postgres',
        port: POSTGRES_PORT,
        headless: isHeadless,
      }).endpoint;
    // Its selector is the primary's name, which only the primary knows (images/postgres/point_writes.py).
    this.primary = service('primary', WRITES);
    this.replicas = service('replicas', 'ro', { [CLUSTER_LABEL]: name, role: 'replica' });
    service('headless', 'headless', {}, true);

    const backup = props.backup && this.backup(props.backup);
    const initContainers = backup && [server(props.image, props.backup.resources, backup)];
    // L1: the L2 StatefulSet has no volumeClaimTemplates.
    const statefulSet = new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name, labels: { ...this.labels }, annotations: { [MEMBERS_ANNOTATION]: `${props.members}` } },
      spec: {
        serviceName: headless,
        replicas: props.members,
        // Members find out among themselves who goes first.
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        // The primary counts a member that came back among those that may acknowledge in one of its next loops. Restarted before that,
        // its successor waits for it, the one that is down, and writes with it.
        minReadySeconds: 15,
        selector: { matchLabels: selector },
        template: podTemplate(
          {
            initContainers,
            containers: [this.member(props, config.name, backup ?? [])],
            user: UID,
            usesKubernetesApi: true,
            priorityClassName: props.priorityClassName,
            terminationGracePeriodSeconds: 60,
            spread: { nodes: props.onePerNode === true ? 'own' : 'prefer' },
          },
          podLabels,
          account,
          { claims: [DATA_VOLUME] },
        ),
        volumeClaimTemplates: [
          {
            metadata: { name: DATA_VOLUME, labels: selector },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: props.storageClass === '' ? undefined : props.storageClass,
              resources: { requests: { storage: k8s.Quantity.fromString(props.volumeSize) } },
            },
          },
        ],
      },
    });
    markSidecars(statefulSet, { initContainers }, '/spec/template/spec');
    if (props.members > 1) disruptionBudget(this, name, this.labels, 1);
  }

  /**
   * Leader lock and cluster-wide state are ConfigMaps, the role is a label of the pod. A member changes those and no others: whoever is in
   * one could otherwise rewrite the DAGs that Airflow runs. What is listed, watched and created can't be narrowed by name.
   */
  private access(account: string, name: string): void {
    const apiGroups = [''];
    const resourceNames = STATE.map((suffix) => `${name}-${suffix}`);
    const metadata = { name: account, labels: { ...this.labels } };
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [
        { apiGroups, resources: ['configmaps'], verbs: ['create', 'list', 'watch'] },
        { apiGroups, resources: ['configmaps'], resourceNames, verbs: ['get', 'patch'] },
        { apiGroups, resources: ['pods'], verbs: ['list', 'watch'] },
        // Its own, and that of a primary that can no longer give up the label.
        { apiGroups, resources: ['pods'], resourceNames: [...this.members], verbs: ['patch'] },
        // Whoever becomes the primary points it to itself.
        { apiGroups, resources: ['services'], resourceNames: [`${name}-${WRITES}`], verbs: ['get', 'patch'] },
      ],
    });
    new k8s.KubeRoleBinding(this, 'role-binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account }],
    });
  }

  /** What both the archive command and the server need of pgBackRest. */
  private backup({ settings, tls }: MemberBackup): Mount[] {
    const files = new FileConfigMap(this, 'backup-settings', {
      name: `${this.labels['app.kubernetes.io/name']}-backup-settings`,
      files: { [PGBACKREST_FILE]: settings },
    });
    return [
      { path: PGBACKREST_DIRECTORY, volume: configMapVolume('backup-settings', files.name), readOnly: true },
      { path: PGBACKREST_TLS_DIRECTORY, volume: secretVolume('backup-tls', tls), readOnly: true },
    ];
  }

  private member(props: PostgresClusterProps, configName: string, backup: readonly Mount[]): ContainerProps {
    const configuration: PodVolume = {
      name: 'configuration',
      projected: { sources: [{ configMap: { name: configName } }, { configMap: { name: this.bootstrap.name } }] },
    };
    const mounts: Mount[] = [
      DATA_MOUNT,
      { path: '/etc/patroni', volume: configuration, readOnly: true },
      { path: POSTGRES_TLS_DIRECTORY, volume: secretVolume('tls', props.tls), readOnly: true },
      SOCKET_MOUNT,
      { path: '/tmp', volume: emptyDir('tmp', '256Mi') },
      // Parallel queries share memory here; the runtime's default of 64 MiB is too little for them.
      { path: '/dev/shm', volume: emptyDir('shm', '256Mi', 'Memory') },
      ...backup,
      ...(props.backup === undefined ? [] : [restoreRequest(props.backup)]),
    ];
    return {
      name: 'postgres',
      image: props.image,
      command: ['edtech-start-member', DATA_DIRECTORY],
      ports: { postgres: POSTGRES_PORT, patroni: PATRONI_PORT },
      env: {
        PATRONI_SCOPE: props.name,
        PATRONI_NAME: { fieldPath: 'metadata.name' },
        PATRONI_KUBERNETES_NAMESPACE: { fieldPath: 'metadata.namespace' },
        PATRONI_KUBERNETES_POD_IP: { fieldPath: 'status.podIP' },
        PATRONI_POSTGRESQL_CONNECT_ADDRESS: `$(PATRONI_KUBERNETES_POD_IP):${POSTGRES_PORT}`,
        PATRONI_RESTAPI_CONNECT_ADDRESS: `$(PATRONI_KUBERNETES_POD_IP):${PATRONI_PORT}`,
        PATRONI_REPLICATION_USERNAME: secretValue(props.replication, 'username'),
        PATRONI_REPLICATION_PASSWORD: secretValue(props.replication, 'password'),
        PATRONI_REWIND_USERNAME: secretValue(props.rewind, 'username'),
        PATRONI_REWIND_PASSWORD: secretValue(props.rewind, 'password'),
        PATRONI_RESTAPI_USERNAME: secretValue(props.patroniApi, 'username'),
        PATRONI_RESTAPI_PASSWORD: secretValue(props.patroniApi, 'password'),
      },
      probes: MEMBER_PROBES,
      resources: props.resources,
      mounts,
    };
  }
}

/** Where the bootstrap method looks. */
const restoreRequest = ({ restoreRequest: name }: MemberBackup): Mount => ({
  path: '/etc/edtech/restore',
  volume: optionalConfigMapVolume('restore-request', name),
  readOnly: true,
});

const DATA_MOUNT: Mount = { path: '/pgdata', volume: { name: DATA_VOLUME } };
const SOCKET_MOUNT: Mount = { path: SOCKET_DIRECTORY, volume: emptyDir('socket', '16Mi') };

/**
 * pgBackRest's server beside a member. A primary without backups is still the primary and must not leave its Service for it: so there
 * is no probe of it once it has come up, and its end is not the container's, without which the pod is not ready, probe or none.
 */
const server = (image: string, resources: Resources, backup: readonly Mount[]): ContainerProps => ({
  name: 'pgbackrest',
  image,
  command: keptRunning(['pgbackrest', 'server']),
  sidecar: true,
  ports: { pgbackrest: PGBACKREST_PORT },
  probes: { startup: { tcpPort: PGBACKREST_PORT, periodSeconds: 1, failureThreshold: 120 } },
  resources,
  mounts: [
    { ...DATA_MOUNT, readOnly: true },
    SOCKET_MOUNT,
    ...backup,
    { path: '/tmp', volume: emptyDir('backup-tmp', '16Mi') },
  ],
});

const http = (path: string) => ({ path, port: PATRONI_PORT, scheme: 'HTTPS' as const });

/** Answered within the member's own pod; none of them waits for another member or for the API server. */
const MEMBER_PROBES: Probes = {
  startup: { http: http('/liveness'), periodSeconds: 5, failureThreshold: 60 },
  readiness: { http: http('/readiness'), periodSeconds: 5, failureThreshold: 3 },
  // Patroni's /liveness and a new connection: Patroni itself does not see a frozen postmaster. Three times in a row, so that a short
  // stall of the machine costs nothing. What is frozen does not stop on request either, so it gets no time for that.
  liveness: {
    command: ['edtech-alive'],
    periodSeconds: 10,
    timeoutSeconds: 8,
    failureThreshold: 3,
    graceSeconds: 5,
  },
};

/** Options of initdb for an empty cluster; those without a value are switches. */
const INITDB: Readonly<Record<string, string>> = {
  encoding: 'UTF8',
  locale: 'C.UTF-8',
  'data-checksums': '',
  'auth-local': 'peer',
  'auth-host': 'reject',
};

/** How a new cluster begins: empty, and where there are backups with what a restore request asks for. */
function bootstrap(backup: MemberBackup | undefined): object {
  const options = Object.entries(INITDB);
  if (backup === undefined) {
    return { initdb: options.map(([name, value]) => (value === '' ? name : { [name]: value })) };
  }
  return {
    method: 'edtech',
    // Patroni calls the command with --scope, --datadir and the keys that it does not know as options.
    edtech: {
      command: 'python3 -m backup bootstrap',
      stanza: backup.stanza,
      initdb: options.map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`)).join(' '),
      // How far to recover is what the restore wrote there.
      keep_existing_recovery_conf: true,
    },
  };
}

/** What can't change while a member runs. */
function staticSettings(selector: Labels, backup?: MemberBackup): object {
  const tls = POSTGRES_TLS_DIRECTORY;
  // By address and not by name: a member must be reached while DNS is away, so only the CA can be checked.
  const peers = { sslmode: 'verify-ca', sslrootcert: `${tls}/ca.crt` };
  return {
    kubernetes: {
      use_endpoints: false,
      scope_label: CLUSTER_LABEL,
      role_label: 'role',
      leader_label_value: 'primary',
      follower_label_value: 'replica',
      labels: selector,
    },
    restapi: { listen: `0.0.0.0:${PATRONI_PORT}`, certfile: `${tls}/tls.crt`, keyfile: `${tls}/tls.key` },
    ctl: { insecure: true },
    bootstrap: bootstrap(backup),
    postgresql: {
      bin_dir: '/usr/lib/postgresql/17/bin',
      data_dir: DATA_DIRECTORY,
      pgpass: '/tmp/pgpass',
      listen: `0.0.0.0:${POSTGRES_PORT}`,
      use_unix_socket: true,
      use_unix_socket_repl: true,
      authentication: { superuser: { username: 'postgres' }, replication: { ...peers }, rewind: { ...peers } },
      // `on_start` is that of a primary that has made a new database, or one from a backup: its role has never changed.
      callbacks: { on_role_change: POINT_WRITES, on_start: POINT_WRITES },
      create_replica_methods: ['basebackup'],
      basebackup: { checkpoint: 'fast' },
      // A former primary that can't be rewound is cloned anew without hand work.
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
    },
    watchdog: { mode: 'off' },
    tags: { clonefrom: true },
    log: { level: 'INFO' },
  };
}
