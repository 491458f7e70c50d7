import { parameterProblems, type OwnParameter } from './postgres-parameters';

/** Patroni's dynamic settings: they live in its own store, are reconciled while it runs and are in no pod template. */
export interface DynamicSettingsProps {
  readonly synchronousMode: 'quorum' | 'on' | 'off';
  readonly synchronousStrict: boolean;
  readonly synchronousStandbys: number;
  readonly maxConnections: number;
  /** Memory limit of a member in MiB; the sizes of buffers follow from it. */
  readonly memoryMebibytes: number;
  /** Logins of replication and pg_rewind. */
  readonly replicationLogins: readonly string[];
  readonly rewindLogins: readonly string[];
  /** Login roles that may connect with a password, by database. */
  readonly clients: Readonly<Record<string, readonly string[]>>;
  /** Common name of the client certificate that may log in as superuser. */
  readonly operatorCommonName: string;
  /** Folder of `tls.crt`, `tls.key` and `ca.crt`. */
  readonly tlsDirectory: string;
  /** Command that stores a WAL segment. @default segments are not archived */
  readonly archiveCommand?: string;
  /** Command that fetches a WAL segment. @default none */
  readonly restoreCommand?: string;
  /** Further server parameters; they win, but over none that a promise of the cluster rests on. */
  readonly parameters: Readonly<Record<string, string>>;
}

export type DynamicSettings = Readonly<Record<string, unknown>>;

/** So often a member looks whether its own server lives, and the primary renews its lock. A postmaster that is killed is missed no sooner. */
export const LOOP_SECONDS = 2;

/**
 * So much of the latest WAL each member keeps, archived or not: 64 segments, which is an hour of a database with little to write.
 * A standby that was away finds what it missed, and a new primary has what waits for the repository with the former one.
 */
export const WAL_KEPT = '1GB';
/** So much WAL may come between two checkpoints. */
export const MAX_WAL = '2GB';

/** Who may log in from where; the first line that fits decides, what fits none is refused. */
function hostBasedAccess(props: DynamicSettingsProps): string[] {
  return [
    'local all postgres peer',
    `local replication ${props.replicationLogins.join(',')} scram-sha-256`,
    `hostssl replication ${props.replicationLogins.join(',')} all scram-sha-256`,
    `hostssl postgres ${props.rewindLogins.join(',')} all scram-sha-256`,
    'hostssl all postgres all cert map=operator',
    ...Object.entries(props.clients).map(
      ([database, logins]) => `hostssl ${database} ${logins.join(',')} all scram-sha-256`,
    ),
  ];
}

function ownParameters(props: DynamicSettingsProps): Partial<Record<OwnParameter, string | number>> {
  const { memoryMebibytes: memory, tlsDirectory } = props;
  return {
    max_connections: props.maxConnections,
    // A limit of the container counts the page cache too, so the buffers take a fifth and not the usual quarter.
    shared_buffers: `${Math.floor(memory / 5)}MB`,
    effective_cache_size: `${Math.floor(memory / 2)}MB`,
    maintenance_work_mem: `${Math.max(32, Math.floor(memory / 16))}MB`,
    work_mem: `${Math.max(4, Math.floor(memory / 128))}MB`,
    jit: 'off',
    random_page_cost: '1.1',
    timezone: 'UTC',
    unix_socket_directories: '/var/run/postgresql',
    // Durability: a commit is acknowledged when a standby has it.
    synchronous_commit: 'on',
    wal_level: 'replica',
    wal_log_hints: 'on',
    wal_compression: 'lz4',
    wal_keep_size: WAL_KEPT,
    max_wal_size: MAX_WAL,
    max_wal_senders: 10,
    max_replication_slots: 10,
    archive_mode: 'on',
    archive_timeout: '60s',
    // Without a repository the segments need not be kept; the mode stays on, since it can't change without a restart.
    archive_command: props.archiveCommand ?? '/bin/true',
    // Failover: a dead peer must not hold a connection longer than the leader lock lasts.
    wal_sender_timeout: '5s',
    wal_receiver_timeout: '10s',
    tcp_user_timeout: '8s',
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 3,
    ssl: 'on',
    ssl_cert_file: `${tlsDirectory}/tls.crt`,
    ssl_key_file: `${tlsDirectory}/tls.key`,
    ssl_ca_file: `${tlsDirectory}/ca.crt`,
    ssl_min_protocol_version: 'TLSv1.3',
    password_encryption: 'scram-sha-256',
    // The last one makes synchronous_commit a setting of superusers: nobody else may have a commit acknowledged early.
    shared_preload_libraries: 'pg_stat_statements,pgaudit,edtech_commit_guard',
    'pgaudit.log': 'role,ddl',
    'pgaudit.log_catalog': 'off',
    // Reads of what this role may select are logged as well.
    'pgaudit.role': 'edtech_audit',
    track_io_timing: 'on',
    log_connections: 'on',
    log_disconnections: 'on',
    log_lock_waits: 'on',
    log_min_duration_statement: '2s',
    // The ingest binds names and addresses of students, and everybody with an account in Grafana reads the log.
    log_parameter_max_length: 0,
    log_line_prefix: '%m [%p] user=%u db=%d app=%a client=%h ',
  };
}

/**
 * The complete dynamic configuration of a cluster.
 * @throws Error where a parameter of the caller would take back a promise
 */
export function dynamicSettings(props: DynamicSettingsProps): DynamicSettings {
  const problems = parameterProblems(props.parameters);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return {
    // Patroni accepts less than 20 and uses 20. loop_wait + 2 × retry_timeout must not exceed it.
    ttl: 20,
    loop_wait: LOOP_SECONDS,
    retry_timeout: 5,
    maximum_lag_on_failover: 1_048_576,
    // Fail over at once instead of recovering a crashed primary for up to five minutes first.
    primary_start_timeout: 0,
    primary_stop_timeout: 20,
    failsafe_mode: true,
    synchronous_mode: props.synchronousMode === 'off' ? false : props.synchronousMode === 'on' ? true : 'quorum',
    synchronous_mode_strict: props.synchronousStrict,
    synchronous_node_count: props.synchronousStandbys,
    check_timeline: true,
    member_slots_ttl: '30min',
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: { ...ownParameters(props), ...props.parameters },
      pg_hba: hostBasedAccess(props),
      pg_ident: [`operator ${props.operatorCommonName} postgres`],
      ...(props.restoreCommand === undefined ? {} : { recovery_conf: { restore_command: props.restoreCommand } }),
    },
  };
}
