import type { PlatformConfig } from './types';

/** Most connections of a Grafana pod to each of its databases: its own, and each data source. */
export const GRAFANA_CONNECTIONS = 10;
/** Data sources of PostgreSQL that ask replicas where there are any. */
const GRAFANA_SOURCES = 3;
/** The data source that asks the primary wherever it is: one panel does. */
export const PRIMARY_SOURCE_CONNECTIONS = 2;
/** The batches, the roll-ups, and a takeover of shards. */
const SIMULATOR_CONNECTIONS = 3;
/** Two days that are loaded side by side, the roll-ups and the leases. */
const HISTORY_CONNECTIONS = 4;
/** What SQLAlchemy keeps open per process; it opens more for a moment only. */
const AIRFLOW_POOL = 5;
/** Patroni, the reconciler, backups and a person with psql, all as superuser. */
const OPERATION_CONNECTIONS = 8;
/** PostgreSQL's default of `superuser_reserved_connections`. */
const RESERVED = 3;

interface Demand {
  readonly who: string;
  readonly connections: number;
}

/** What is no number is told by the check of parameters. */
const reserved = ({ postgres: { parameters } }: PlatformConfig): number =>
  [parameters.superuser_reserved_connections ?? RESERVED, parameters.reserved_connections ?? 0]
    .map(Number)
    .reduce((sum, count) => sum + (Number.isInteger(count) ? count : 0), 0);

const dataSources = ({ grafana }: PlatformConfig): Demand => ({
  who: `data sources of Grafana ${grafana.replicas} + 1 pods × ${GRAFANA_SOURCES * GRAFANA_CONNECTIONS}`,
  connections: (grafana.replicas + 1) * GRAFANA_SOURCES * GRAFANA_CONNECTIONS,
});

const everywhere = (config: PlatformConfig): Demand[] => [
  { who: 'operation', connections: OPERATION_CONNECTIONS },
  { who: 'reserved for superusers', connections: reserved(config) },
  // Of one exporter per member, and one for all with the pod that replaces it in an update.
  { who: 'exporters', connections: 3 },
];

/** Everything that can be connected to the primary at the same time, with one pod more of each Deployment that is updated. */
function toPrimary(config: PlatformConfig): Demand[] {
  const { simulator, airflow, grafana, postgres } = config;
  return [
    {
      who: `simulator (simulator.maxReplicas ${simulator.maxReplicas} + 1) × ${SIMULATOR_CONNECTIONS}`,
      connections: (simulator.maxReplicas + 1) * SIMULATOR_CONNECTIONS,
    },
    { who: 'history and verification', connections: HISTORY_CONNECTIONS + 1 },
    {
      // The api-server has a second pool, for its asynchronous half.
      who: `pages of Airflow (airflow.apiServerReplicas ${airflow.apiServerReplicas} + 1) × ${2 * AIRFLOW_POOL}`,
      connections: (airflow.apiServerReplicas + 1) * 2 * AIRFLOW_POOL,
    },
    { who: 'scheduler, DAG processor and migrations of Airflow', connections: 3 * AIRFLOW_POOL },
    { who: `tasks (airflow.parallelism ${airflow.parallelism})`, connections: airflow.parallelism },
    {
      who: `Grafana (grafana.replicas ${grafana.replicas} + 1) × ${GRAFANA_CONNECTIONS + PRIMARY_SOURCE_CONNECTIONS}`,
      connections: (grafana.replicas + 1) * (GRAFANA_CONNECTIONS + PRIMARY_SOURCE_CONNECTIONS),
    },
    ...(postgres.members > 1 ? [] : [dataSources(config)]),
    ...everywhere(config),
  ];
}

/** A member must take all connections that its services open, or some of them are refused when an autoscaler or an update is at its highest. */
export function connections(config: PlatformConfig): string[] {
  const { maxConnections, members } = config.postgres;
  if (!Number.isInteger(maxConnections) || maxConnections < 1) {
    return [`postgres.maxConnections is ${maxConnections}; allowed is a whole number`];
  }
  const byServer: Readonly<Record<string, Demand[]>> = {
    primary: toPrimary(config),
    // All of them may be at one replica, while the others are away.
    replica: members > 1 ? [dataSources(config), ...everywhere(config)] : [],
  };
  return Object.entries(byServer).flatMap(([server, demands]) => {
    const needed = demands.reduce((sum, demand) => sum + demand.connections, 0);
    if (needed <= maxConnections) return [];
    const parts = demands.map(({ who, connections: count }) => `${who} = ${count}`).join(', ');
    return [
      `postgres.maxConnections is ${maxConnections}, but up to ${needed} are opened to the ${server}: ${parts}; allowed from ${needed}, or fewer replicas`,
    ];
  });
}
