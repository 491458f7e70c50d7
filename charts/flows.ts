import type { PlatformConfig } from '../src/config/types';
import type { AllowedFlow, Peer } from '../src/constructs/network-boundary';
import { PORT, WORKLOAD, type WorkloadName } from '../src/names';

/** Where a flow begins or ends outside the namespace. */
export type Outside = 'people' | 'kubernetes-api' | 'dns';

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
  [W.migrations, 'schema'],
  [W.backfill, 'history'],
  [W.simulator, 'ingest'],
  [W.airflowMigrations, 'schema of Airflow'],
  [W.airflowUsers, 'accounts of Airflow'],
  [W.airflowApiServer, 'state of Airflow'],
  [W.airflowScheduler, 'state of Airflow, analytics'],
  [W.airflowDagProcessor, 'state of Airflow'],
  [W.grafana, 'dashboards, state of Grafana'],
];

/** All flows of the platform; whatever is not here is refused. */
export const FLOWS: readonly Flow[] = [
  ...DATABASE_CLIENTS.map(([from, why]) => ({ from, to: W.postgres, port: PORT.postgres, why })),
  { from: W.postgres, to: W.postgres, port: PORT.patroni, why: 'failsafe, member status' },
  { from: W.postgresReconciler, to: W.postgres, port: PORT.patroni, why: 'dynamic settings, restarts' },
  { from: W.postgres, to: 'kubernetes-api', port: 0, why: 'leader lock, role labels' },
  { from: W.airflowScheduler, to: W.airflowApiServer, port: PORT.airflow, why: 'tasks report their state' },
  { from: W.airflowApiServer, to: W.airflowScheduler, port: PORT.airflowTaskLogs, why: 'logs of running tasks' },
  { from: 'people', to: W.airflowApiServer, port: PORT.airflow, why: 'page' },
  { from: 'people', to: W.grafana, port: PORT.grafana, why: 'page' },
  ...Object.values(W).map((from) => ({ from, to: 'dns' as const, port: PORT.dns, why: 'names' })),
];

/** Pods of the cluster's DNS, by the label that every distribution keeps. */
const DNS: Peer = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } };

function people(config: PlatformConfig): Peer {
  const { exposure, allowedCidrs } = config.pages;
  return exposure.kind === 'Ingress' ? { namespace: exposure.controllerNamespace } : { cidrs: allowedCidrs };
}

function flowTo(config: PlatformConfig, flow: Flow): AllowedFlow[] {
  if (flow.to === 'dns') return [{ peer: DNS, ports: [flow.port], protocols: ['UDP', 'TCP'] }];
  if (flow.to === 'kubernetes-api') {
    return config.apiServers.map(({ cidr, port }) => ({ peer: { cidrs: [cidr] }, ports: [port] }));
  }
  return [{ peer: { workload: flow.to }, ports: [flow.port] }];
}

/** What a workload may accept and open, for its network policy. */
export function boundaryOf(
  config: PlatformConfig,
  workload: WorkloadName,
): { readonly workload: string; readonly ingress: AllowedFlow[]; readonly egress: AllowedFlow[] } {
  const ingress = FLOWS.filter((flow) => flow.to === workload).map((flow) => ({
    peer: flow.from === 'people' ? people(config) : { workload: flow.from },
    ports: [flow.port],
  }));
  const egress = FLOWS.filter((flow) => flow.from === workload).flatMap((flow) => flowTo(config, flow));
  return { workload, ingress, egress };
}
