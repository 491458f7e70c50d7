import type { Construct } from 'constructs';
import type { PlatformConfig } from '../src/config/types';
import { ApiAccess } from '../src/constructs/api-access';
import { NodeAgent } from '../src/constructs/node-agent';
import { secretValue } from '../src/constructs/secret-ref';
import type { ServiceEndpoint } from '../src/constructs/service';
import { StatefulService } from '../src/constructs/stateful-service';
import { emptyDir, nodeFolder, secretFilesVolume, type Mount } from '../src/constructs/volumes';
import { WebService } from '../src/constructs/web-service';
import { Workload } from '../src/constructs/workload';
import { AGENTS_NAMESPACE, DATABASE, NAMESPACE, PORT, PRIORITY, WORKLOAD } from '../src/names';
import { secretCatalogue, type SecretId, type SecretSpec } from '../src/secrets/catalogue';
import type { SecretRefs } from './context';
import { CA_FILE, caMount, simulatorConnection } from './database-client';
import { SIMULATOR_UID } from './simulator-settings';

/** Account `nobody` of the images of Prometheus and its exporters. */
export const NOBODY_UID = 65534;

export const httpProbes = (port: number, ready: string, live: string) => ({
  startup: { http: { path: ready, port }, periodSeconds: 2, failureThreshold: 60 },
  readiness: { http: { path: ready, port }, periodSeconds: 10, failureThreshold: 3 },
  liveness: { http: { path: live, port }, periodSeconds: 20, failureThreshold: 5 },
});

const service = { user: NOBODY_UID, priorityClassName: PRIORITY.service } as const;

const CERTIFICATES_DIRECTORY = '/etc/edtech/certificates';

/** Key with the certificate of a Secret that holds one. */
const CERTIFICATE_KEYS: Readonly<Partial<Record<SecretSpec['making']['kind'], string>>> = {
  ca: 'ca.crt',
  certificate: 'tls.crt',
};

/**
 * All certificates in use, without their keys, as `NAME.crt`. From their Secrets and not from connections: so those of clients count as well,
 * nothing needs to be reached, and it is the same where a site makes the Secrets.
 */
function certificatesMount({ pages }: PlatformConfig, secrets: SecretRefs): Mount {
  const files = (Object.entries(secretCatalogue(pages)) as [SecretId, SecretSpec][]).flatMap(([id, spec]) => {
    const key = CERTIFICATE_KEYS[spec.making.kind];
    if (key === undefined || spec.unused === true) return [];
    return { secret: secretValue(secrets[id], key), file: `${spec.name}.crt` };
  });
  return { path: CERTIFICATES_DIRECTORY, volume: secretFilesVolume('certificates', files), readOnly: true };
}

/** What only SQL knows, read from the primary; it lives on when no simulator does. And when the certificates end. */
export function sqlExporter(
  scope: Construct,
  config: PlatformConfig,
  secrets: SecretRefs,
  primary: ServiceEndpoint,
): void {
  const port = PORT.health;
  new WebService(scope, 'exporter', {
    name: WORKLOAD.exporter,
    version: config.images.simulator.tag,
    replicas: 1,
    user: SIMULATOR_UID,
    priorityClassName: PRIORITY.service,
    port,
    containers: [
      {
        name: 'exporter',
        image: config.images.simulator.reference,
        args: ['metrics'],
        ports: { http: port },
        env: {
          ...simulatorConnection({ endpoint: primary, database: DATABASE.edtech, login: secrets.monitor }),
          HTTP_HOST: '0.0.0.0',
          HTTP_PORT: `${port}`,
          CERTIFICATES_DIRECTORY,
        },
        probes: {
          // It waits for the schema as well, which the first apply has yet to make.
          startup: { http: { path: '/healthz', port }, periodSeconds: 2, failureThreshold: 60 },
          readiness: { http: { path: '/readyz', port }, periodSeconds: 5, failureThreshold: 3 },
          liveness: { http: { path: '/healthz', port }, periodSeconds: 20, failureThreshold: 5 },
        },
        resources: config.metrics.exporter,
        mounts: [
          caMount(secrets.ca),
          certificatesMount(config, secrets),
          { path: '/tmp', volume: emptyDir('tmp', '16Mi') },
        ],
      },
    ],
  });
}

/**
 * One exporter per member of the database, in a pod of its own: as a container of the member's pod it would take a primary
 * out of its Service whenever it starts again, and a new version of it would restart the database.
 */
export function postgresExporters(scope: Construct, config: PlatformConfig, secrets: SecretRefs): void {
  const port = PORT.postgresExporter;
  const member = `${WORKLOAD.postgres}-$(MEMBER).${WORKLOAD.postgres}-headless.${NAMESPACE}.svc:${PORT.postgres}`;
  new StatefulService(scope, 'postgres-exporter', {
    ...service,
    name: WORKLOAD.postgresExporter,
    version: config.images.postgresExporter.tag,
    replicas: config.postgres.members,
    port,
    headless: true,
    containers: [
      {
        name: 'postgres-exporter',
        image: config.images.postgresExporter.reference,
        args: [
          '--log.format=json',
          '--log.level=warn',
          '--collector.stat_checkpointer',
          '--collector.stat_statements',
          '--no-collector.wal',
          '--no-collector.stat_user_tables',
          '--no-collector.statio_user_tables',
        ],
        ports: { http: port },
        env: {
          // The number of the exporter is that of its member.
          MEMBER: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" },
          DATA_SOURCE_URI: `${member}/${DATABASE.edtech}?sslmode=verify-full&sslrootcert=${CA_FILE}&connect_timeout=3&application_name=${WORKLOAD.postgresExporter}`,
          DATA_SOURCE_USER: secretValue(secrets.monitor, 'username'),
          DATA_SOURCE_PASS: secretValue(secrets.monitor, 'password'),
        },
        probes: httpProbes(port, '/', '/'),
        resources: config.metrics.postgresExporter,
        mounts: [caMount(secrets.ca)],
      },
    ],
  });
}

/** Metrics that are exported of the state of Kubernetes; all of them would be ten times as many. */
export const KUBERNETES_METRICS: readonly string[] = [
  'kube_pod_(info|status_phase)',
  'kube_pod_container_(info|resource_(limits|requests))',
  'kube_pod_container_status_(restarts_total|waiting_reason|ready|last_terminated_reason)',
  'kube_pod_init_container_status_waiting_reason',
  'kube_deployment_(spec_replicas|status_replicas_(available|updated))',
  'kube_statefulset_(replicas|status_replicas_(ready|updated))',
  'kube_daemonset_status_(desired_number_scheduled|number_ready)',
  'kube_job_(failed|status_(active|failed|start_time|succeeded))',
  'kube_cronjob_(spec_suspend|status_last_schedule_time)',
  'kube_persistentvolumeclaim_resource_requests_storage_bytes',
];

/** State of the platform's own objects, and of nothing else in the cluster. */
export function kubeStateMetrics(scope: Construct, config: PlatformConfig): void {
  const namespaces = [NAMESPACE, AGENTS_NAMESPACE];
  const { kubeStateMetrics: port, kubeStateMetricsSelf } = PORT;
  const read: readonly (readonly [string, readonly string[]])[] = [
    ['', ['pods', 'persistentvolumeclaims']],
    ['apps', ['deployments', 'statefulsets', 'daemonsets']],
    ['batch', ['jobs', 'cronjobs']],
  ];
  const workload = new Workload(scope, 'kube-state-metrics', {
    ...service,
    name: WORKLOAD.kubeStateMetrics,
    version: config.images.kubeStateMetrics.tag,
    replicas: 1,
    // Two at a time would say everything twice.
    update: 'recreate',
    usesKubernetesApi: true,
    containers: [
      {
        name: 'kube-state-metrics',
        image: config.images.kubeStateMetrics.reference,
        args: [
          `--namespaces=${namespaces.join(',')}`,
          `--resources=${read.flatMap(([, resources]) => resources).join(',')}`,
          `--metric-allowlist=${KUBERNETES_METRICS.map((name) => `^${name}$`).join(',')}`,
        ],
        ports: { metrics: port, self: kubeStateMetricsSelf },
        probes: {
          startup: { http: { path: '/readyz', port: kubeStateMetricsSelf }, periodSeconds: 2, failureThreshold: 60 },
          readiness: { http: { path: '/readyz', port: kubeStateMetricsSelf }, periodSeconds: 10, failureThreshold: 3 },
          // Not /livez, which asks the API server.
          liveness: { http: { path: '/healthz', port }, periodSeconds: 20, failureThreshold: 5 },
        },
        resources: config.metrics.kubeStateMetrics,
      },
    ],
  });
  new ApiAccess(scope, 'kube-state-metrics-access', {
    account: WORKLOAD.kubeStateMetrics,
    namespace: NAMESPACE,
    labels: workload.labels,
    namespaces,
    rules: read.map(([apiGroup, resources]) => ({ apiGroup, resources, verbs: ['list', 'watch'] })),
  });
}

/** What a node's kernel counts. Its network is left out: seen from the pod it would be the pod's own. */
export function nodeExporter(scope: Construct, config: PlatformConfig): void {
  const port = PORT.nodeExporter;
  const collectors = ['cpu', 'diskstats', 'filesystem', 'loadavg', 'meminfo', 'pressure', 'stat', 'uname', 'vmstat'];
  new NodeAgent(scope, 'node-exporter', {
    ...service,
    name: WORKLOAD.nodeExporter,
    namespace: AGENTS_NAMESPACE,
    version: config.images.nodeExporter.tag,
    containers: [
      {
        name: 'node-exporter',
        image: config.images.nodeExporter.reference,
        args: [
          `--web.listen-address=:${port}`,
          '--log.format=json',
          '--log.level=warn',
          '--path.procfs=/host/proc',
          '--path.sysfs=/host/sys',
          '--path.rootfs=/host/root',
          '--collector.disable-defaults',
          ...collectors.map((name) => `--collector.${name}`),
          // A site may keep the kubelet's folder elsewhere; the volumes of pods below it have a name of their own each.
          '--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run|var/lib/(containerd|docker))($|/)|/kubelet($|/)',
          '--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|overlay|proc|procfs|pstore|securityfs|squashfs|sysfs|tmpfs|tracefs)$',
        ],
        ports: { http: port },
        probes: httpProbes(port, '/', '/'),
        resources: config.metrics.nodeExporter,
        mounts: [
          { path: '/host/proc', volume: nodeFolder('proc', '/proc'), readOnly: true },
          { path: '/host/sys', volume: nodeFolder('sys', '/sys'), readOnly: true },
          { path: '/host/root', volume: nodeFolder('root', '/'), readOnly: true, seesLaterMounts: true },
        ],
      },
    ],
  });
}
