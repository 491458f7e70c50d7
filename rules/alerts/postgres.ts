import { CONNECTIONS_HIGH, CONNECTIONS_USED } from '../connections';
import type { Alert } from '../model';
import { hasBeenThere } from '../new-platform';
import { LONGEST_PROOF_SECONDS, LONGEST_TRANSACTION_SECONDS, OPEN_PROOFS, OPEN_TRANSACTIONS } from '../transactions';

const SERVER = 'edtech-postgres';

export const WAL_SEGMENT_BYTES = 16 * 1024 * 1024;
export const REPLICA_LAG_BYTES = 4 * WAL_SEGMENT_BYTES;
/** Since a member last reached the Kubernetes API. */
export const DCS_UNSEEN_SECONDS = 30;

/** A figure as long as it is new: after a restart of Prometheus the last one of a member that is gone would count for five minutes. */
const fresh = (metric: string): string => `(${metric} and time() - timestamp(${metric}) < 30)`;
const STANDBYS = ['patroni_sync_standby', 'patroni_quorum_standby'];
const onceThere = (...metrics: readonly string[]): string =>
  hasBeenThere(...metrics.map((metric) => `max(max_over_time(${metric}[15m])) == 1`));

const MEMBERS = `max(kube_statefulset_replicas{statefulset="${SERVER}"})`;
/** Members that answered at some time of the range. */
const answered = (range: string): string => `count(max by (pod) (max_over_time(pg_up[${range}])) == 1)`;
/** Members of a new platform come one after the other. Where no cluster counts them, their exporters do. */
const ALL_ONCE_THERE = hasBeenThere(`${answered('15m')} >= (${MEMBERS} or count(max by (pod) (pg_up)))`);

/** The database cluster. Patroni is scraped every 10 s: for the first alerts a slower one would be too late. */
export const postgresAlerts: readonly Alert[] = [
  {
    alert: 'PostgresDown',
    severity: 'warning',
    // The last part sees a member whose exporter is not there at all. While members or exporters are replaced one after the other, each is away for a while.
    expr: `(min by (pod) (pg_up) == 0 or min by (pod) (up{job="postgres"}) == 0 or ${MEMBERS} > (${answered('3m')} or vector(0))) and on () ${ALL_ONCE_THERE}`,
    for: '1m',
    summary: 'A member of the database does not answer {{ $labels.pod }}',
  },
  {
    alert: 'NoPrimary',
    severity: 'critical',
    expr: `((sum(${fresh('patroni_primary')}) or vector(0)) < 1 or max(patroni_cluster_unlocked) == 1) and on () ${onceThere('patroni_primary')}`,
    for: '30s',
    summary: 'The database has no primary: nothing can be written',
  },
  {
    alert: 'TwoPrimaries',
    severity: 'critical',
    expr: `sum(${fresh('patroni_primary')}) > 1`,
    for: '30s',
    summary: '{{ $value }} members say that they are the primary',
  },
  {
    alert: 'NoSyncStandby',
    severity: 'critical',
    expr: `(${STANDBYS.map((metric) => `(sum(${metric}) or vector(0))`).join(' + ')} < 1) and on () ${onceThere(...STANDBYS)}`,
    for: '2m',
    summary: 'No standby confirms commits: the next failure may lose data, or writes wait already',
  },
  {
    alert: 'ReplicaLag',
    severity: 'warning',
    expr: `max by (application_name) (pg_stat_replication_pg_wal_lsn_diff) > ${REPLICA_LAG_BYTES}`,
    for: '5m',
    summary: 'Replica {{ $labels.application_name }} is {{ $value | humanize1024 }}B behind',
  },
  {
    alert: 'DcsUnreachable',
    severity: 'warning',
    expr: `max(${fresh('patroni_failsafe_mode_is_active')}) == 1 or time() - min(${fresh('patroni_dcs_last_seen')}) > ${DCS_UNSEEN_SECONDS}`,
    for: '1m',
    summary: 'Members of the database do not reach the Kubernetes API, which holds their leader lock',
  },
  {
    alert: 'PatroniPaused',
    severity: 'warning',
    expr: 'max(patroni_is_paused) == 1',
    for: '1h',
    summary: 'Automatic failover has been switched off for an hour',
  },
  {
    alert: 'ConnectionsHigh',
    severity: 'warning',
    expr: `${CONNECTIONS_USED} > ${CONNECTIONS_HIGH}`,
    for: '10m',
    summary: '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its connections',
  },
  {
    alert: 'LongTransaction',
    severity: 'warning',
    // A proof is ended with its Job; what is open after that time is left over.
    expr: `max by (pod, usename) (${OPEN_TRANSACTIONS}) > ${LONGEST_TRANSACTION_SECONDS} or max by (pod, usename) (${OPEN_PROOFS}) > ${LONGEST_PROOF_SECONDS}`,
    for: '2m',
    summary: 'A transaction of {{ $labels.usename }} on {{ $labels.pod }} is open for {{ $value | humanizeDuration }}',
  },
  {
    alert: 'WalArchiveFailing',
    severity: 'critical',
    // What is archived counts and not what fails: a command that hangs does not fail, and before the first segment there is no age.
    expr: 'max by (pod) (increase(pg_stat_archiver_archived_count[15m])) == 0 and on (pod) max by (pod) (patroni_primary) == 1 and on (pod) max by (pod) (increase(patroni_xlog_location[15m])) > 0',
    for: '5m',
    summary: 'WAL of {{ $labels.pod }} is not archived: restoring to now is not possible, and its disk fills',
  },
  {
    alert: 'SlotRetainsWal',
    severity: 'warning',
    // Patroni keeps copies of the slots on replicas, and nobody fetches from those.
    expr: 'edtech:pg_slot_retained_bytes > 5e9 or (edtech:pg_slot_active == 0 and on (pod) patroni_primary == 1)',
    for: '15m',
    summary: 'Replication slot {{ $labels.slot_name }} of {{ $labels.pod }} keeps WAL that nobody fetches',
  },
];
