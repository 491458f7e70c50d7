import type { PlatformConfig } from '../src/config/types';
import type { AllowedFlow, NetworkBoundaryProps, Peer } from '../src/constructs/network-boundary';
import { NAMESPACE, namespaceOf, PORT, WORKLOAD, type WorkloadName } from '../src/names';

/** Where a flow begins or ends outside the platform's workloads. */
export type Outside = 'people' | 'kubernetes-api' | 'kubelets' | 'alert-receivers' | 'dns';

/** One allowed connection. Both ends get their half of it from this one line. */
export interface Flow {
  readonly from: WorkloadName | Outside;
  readonly to: WorkloadName | Outside;
  readonly port: number;
  readonly why: string;
}

const W = WORKLOAD;

/** Clients of PostgreSQL: the explicit list for port 5432. */
const DATABASE_CLIENTS: readonly (readonly [WorkloadName, string])[] = [
  [W.postgres, 'replication, rewind'],
  [W.postgresReconciler, 'roles, databases'],
  [W.backupFull, 'record of backups'],
  [W.backupIncr, 'record of backups'],
  [W.restoreDrill, 'record of drills'],
  [W.migrations, 'schema'],
  [W.backfill, 'history'],
  [W.simulator, 'ingest'],
  [W.verification, 'proof of what is stored'],
  [W.airflowMigrations, 'schema of Airflow'],
  [W.airflowUsers, 'accounts of Airflow'],
  [W.airflowApiServer, 'state of Airflow'],
  [W.airflowScheduler, 'state of Airflow, analytics'],
  [W.airflowDagProcessor, 'state of Airflow'],
  [W.grafana, 'dashboards, state of Grafana'],
  [W.exporter, 'figures that only SQL knows'],
  [W.postgresExporter, 'figures of each member'],
];

/** What Prometheus scrapes. */
const SCRAPED: readonly (readonly [WorkloadName, number])[] = [
  [W.postgres, PORT.patroni],
  [W.postgresExporter, PORT.postgresExporter],
  [W.simulator, PORT.health],
  [W.exporter, PORT.health],
  [W.grafana, PORT.grafana],
  [W.kubeStateMetrics, PORT.kubeStateMetrics],
  [W.nodeExporter, PORT.nodeExporter],
  [W.loki, PORT.loki],
  [W.logCollector, PORT.logCollector],
];

/** Processes of Airflow have no page with figures: they send them. */
const SENDERS: readonly WorkloadName[] = [W.airflowApiServer, W.airflowScheduler, W.airflowDagProcessor];

/** What asks for no names: it answers scrapes, or knows the API server by its address. */
const WITHOUT_NAMES: readonly WorkloadName[] = [W.kubeStateMetrics, W.nodeExporter];

/** All flows of the platform; whatever is not here is refused. */
export const FLOWS: readonly Flow[] = [
  ...DATABASE_CLIENTS.map(([from, why]) => ({ from, to: W.postgres, port: PORT.postgres, why })),
  { from: W.postgres, to: W.postgres, port: PORT.patroni, why: 'failsafe, member status' },
  { from: W.postgresReconciler, to: W.postgres, port: PORT.patroni, why: 'dynamic settings, restarts' },
  { from: W.postgres, to: W.backupRepository, port: PORT.backup, why: 'WAL to and from the repository' },
  { from: W.backupRepository, to: W.postgres, port: PORT.backup, why: 'which member is the primary' },
  { from: W.backupFull, to: W.postgres, port: PORT.backup, why: 'data of the primary' },
  { from: W.backupIncr, to: W.postgres, port: PORT.backup, why: 'data of the primary' },
  { from: W.postgres, to: 'kubernetes-api', port: 0, why: 'leader lock, role labels, where writes go' },
  { from: W.postgresReconciler, to: 'kubernetes-api', port: 0, why: 'lost right to make the database' },
  { from: W.airflowScheduler, to: W.airflowApiServer, port: PORT.airflow, why: 'tasks report their state' },
  { from: W.airflowApiServer, to: W.airflowScheduler, port: PORT.airflowTaskLogs, why: 'logs of tasks' },
  { from: 'people', to: W.airflowApiServer, port: PORT.airflow, why: 'page' },
  { from: 'people', to: W.grafana, port: PORT.grafana, why: 'page' },
  ...SCRAPED.map(([to, port]) => ({ from: W.prometheus, to, port, why: 'scrape' })),
  { from: W.prometheus, to: W.alertmanager, port: PORT.alertmanager, why: 'alerts, scrape' },
  { from: W.prometheus, to: 'kubelets', port: PORT.kubelet, why: 'memory of containers, room on volumes' },
  { from: W.prometheus, to: 'kubernetes-api', port: 0, why: 'which pods and nodes there are' },
  { from: W.kubeStateMetrics, to: 'kubernetes-api', port: 0, why: 'state of the workloads' },
  { from: W.alertmanager, to: 'alert-receivers', port: 0, why: 'pages, tickets, sign of life' },
  ...SENDERS.map((from) => ({ from, to: W.prometheus, port: PORT.prometheus, why: 'figures of Airflow' })),
  { from: W.grafana, to: W.prometheus, port: PORT.prometheus, why: 'dashboards' },
  { from: W.grafana, to: W.loki, port: PORT.loki, why: 'dashboards' },
  { from: W.loki, to: W.prometheus, port: PORT.prometheus, why: 'counts of log lines' },
  { from: W.logCollector, to: W.loki, port: PORT.loki, why: 'logs' },
  { from: W.logCollector, to: 'kubernetes-api', port: 0, why: 'names of the pods' },
  ...Object.values(W)
    .filter((from) => !WITHOUT_NAMES.includes(from))
    .map((from) => ({ from, to: 'dns' as const, port: PORT.dns, why: 'names' })),
];

/** Pods of the cluster's DNS, by the label that every distribution keeps. */
const DNS: Peer = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } };

function people(config: PlatformConfig): Peer[] {
  const { exposure, allowedCidrs } = config.pages;
  if (exposure.kind !== 'Ingress') return [{ cidrs: allowedCidrs }];
  const { controllerNamespace: namespace, controllerCidrs: cidrs } = exposure;
  return [{ namespace }, ...(cidrs === undefined ? [] : [{ cidrs }])];
}

/** A workload as the policy of another one names it. */
const peerOf = (workload: string, own: string): Peer =>
  namespaceOf(workload) === own ? { workload } : { workload, namespace: namespaceOf(workload) };

const addresses = (list: readonly { readonly cidr: string; readonly port: number }[]): AllowedFlow[] =>
  list.map(({ cidr, port }) => ({ peer: { cidrs: [cidr] }, ports: [port] }));

/** Who answers for names. A cache on each node is no pod that a policy could select, but an address of the node. */
const nameServers = ({ nameServers: cidrs }: PlatformConfig): Peer[] => (cidrs.length > 0 ? [DNS, { cidrs }] : [DNS]);

function flowTo(config: PlatformConfig, flow: Flow): AllowedFlow[] {
  if (flow.to === 'dns')
    return nameServers(config).map((peer) => ({ peer, ports: [flow.port], protocols: ['UDP', 'TCP'] }));
  if (flow.to === 'kubernetes-api') return addresses(config.apiServers);
  if (flow.to === 'alert-receivers') return addresses(config.alerting.destinations);
  if (flow.to === 'kubelets') return [{ peer: { cidrs: config.nodeCidrs }, ports: [flow.port] }];
  return [{ peer: peerOf(flow.to, namespaceOf(flow.from)), ports: [flow.port] }];
}

/** What a workload may accept and open, for its network policy. */
export function boundaryOf(config: PlatformConfig, workload: WorkloadName): NetworkBoundaryProps {
  const namespace = namespaceOf(workload);
  const ingress = FLOWS.filter((flow) => flow.to === workload).flatMap(({ from, port }) =>
    (from === 'people' ? people(config) : [peerOf(from, namespace)]).map((peer) => ({ peer, ports: [port] })),
  );
  const egress = FLOWS.filter((flow) => flow.from === workload).flatMap((flow) => flowTo(config, flow));
  return { workload, namespace: namespace === NAMESPACE ? undefined : namespace, ingress, egress };
}
