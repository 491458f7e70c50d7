import { numberOf } from './postgres-values';

/** A server parameter that callers may not set, or only as far as the promises of the cluster allow. */
export interface Guard {
  readonly why: string;
  /** Property of the caller that decides it. @default none does */
  readonly instead?: 'maxConnections' | 'synchronousMode';
  /** Values that keep the promise. @default none: it is not given at all */
  readonly keeps?: { readonly allowed: string; readonly has: (value: string) => boolean };
}

const guards = <Name extends string>(guard: Guard, ...names: readonly Name[]): Record<Name, Guard> =>
  Object.fromEntries(names.map((name) => [name, guard])) as Record<Name, Guard>;

const oneOf = (...allowed: readonly string[]): Guard['keeps'] => ({
  allowed: allowed.join(', '),
  has: (value) => allowed.includes(value.toLowerCase()),
});

const between = <Name extends string>(name: Name, why: string, least: string, most?: string): Record<Name, Guard> => {
  const has = (value: string): boolean => {
    const [given, from, to] = [value, least, most].map((text) =>
      text === undefined ? Infinity : (numberOf(name, text) ?? NaN),
    );
    return given >= from && given <= to;
  };
  return guards({ why, keeps: { allowed: most === undefined ? `from ${least}` : `${least} to ${most}`, has } }, name);
};

const hasAuditedClasses = (value: string): boolean => {
  const classes = value.toLowerCase().split(/\s*,\s*/);
  return ['role', 'ddl'].every(
    (name) => (classes.includes(name) || classes.includes('all')) && !classes.includes(`-${name}`),
  );
};

/** The one list of what the promises rest on, set by the platform or left at PostgreSQL's default. */
export const GUARDED = {
  ...guards({ why: 'an acknowledged commit must survive a crash' }, 'fsync', 'full_page_writes', 'data_sync_retry'),
  ...guards(
    { why: 'a commit is acknowledged when a standby has it', keeps: oneOf('on', 'remote_apply') },
    'synchronous_commit',
  ),
  ...guards(
    { why: 'Patroni writes it, and ignores what is given', instead: 'synchronousMode' },
    'synchronous_standby_names',
  ),
  ...guards({ why: 'Patroni writes it, and ignores what is given' }, 'listen_addresses', 'port', 'cluster_name'),
  ...guards({ why: 'standbys and the archive live on it', keeps: oneOf('replica', 'logical') }, 'wal_level'),
  ...guards({ why: 'a standby must be asked for its state' }, 'hot_standby'),
  ...guards({ why: 'a former primary must be rewound' }, 'wal_log_hints'),
  ...between('wal_keep_size', 'a standby that was away for a moment must find what it missed', '128MB'),
  ...between('max_wal_senders', 'members and backups need them', '10'),
  ...between('max_replication_slots', 'each member has one', '10'),
  ...between('max_worker_processes', 'Patroni takes 8 for less', '2'),
  ...between('max_locks_per_transaction', 'queries over all partitions need them', '64'),
  ...guards(
    { why: 'every change must reach the backup repository' },
    'archive_mode',
    'archive_command',
    'archive_library',
  ),
  ...between('archive_timeout', 'a change must be in the backup repository after a minute', '1s', '60s'),
  // One of these makes Patroni forget its own, restore_command among them.
  ...guards(
    { why: 'Patroni and the restore decide how a member recovers' },
    'restore_command',
    'archive_cleanup_command',
    'recovery_end_command',
    'recovery_min_apply_delay',
    'recovery_target',
    'recovery_target_action',
    'recovery_target_inclusive',
    'recovery_target_lsn',
    'recovery_target_name',
    'recovery_target_time',
    'recovery_target_timeline',
    'recovery_target_xid',
    'primary_conninfo',
    'primary_slot_name',
  ),
  ...guards(
    { why: 'a failover must not wait for a peer that is dead' },
    'wal_sender_timeout',
    'wal_receiver_timeout',
    'tcp_user_timeout',
    'tcp_keepalives_idle',
    'tcp_keepalives_interval',
    'tcp_keepalives_count',
  ),
  ...guards({ why: 'every service is planned with it', instead: 'maxConnections' }, 'max_connections'),
  ...guards(
    { why: 'connections are encrypted, with the certificate of the platform' },
    'ssl',
    'ssl_ca_file',
    'ssl_cert_file',
    'ssl_key_file',
    'ssl_ciphers',
    'ssl_crl_dir',
    'ssl_crl_file',
    'ssl_dh_params_file',
    'ssl_ecdh_curve',
    'ssl_max_protocol_version',
    'ssl_min_protocol_version',
    'ssl_passphrase_command',
    'ssl_passphrase_command_supports_reload',
    'ssl_prefer_server_ciphers',
  ),
  ...guards({ why: 'passwords are stored and checked with SCRAM only' }, 'password_encryption'),
  ...guards(
    { why: 'who may log in is written by the platform' },
    'hba_file',
    'ident_file',
    'unix_socket_directories',
    'unix_socket_group',
    'unix_socket_permissions',
  ),
  ...guards(
    { why: 'data and configuration lie where Patroni and the backup look' },
    'config_file',
    'data_directory',
    'external_pid_file',
  ),
  ...guards({ why: 'the guard of commits and the audit are loaded by it' }, 'shared_preload_libraries'),
  ...guards(
    {
      why: 'changes of roles and tables are audited',
      keeps: { allowed: 'lists with role and ddl, or all', has: hasAuditedClasses },
    },
    'pgaudit.log',
  ),
  ...guards({ why: 'reads of names of students are audited' }, 'pgaudit.role'),
  ...guards(
    { why: 'the log must not tell names and addresses of students' },
    'log_parameter_max_length',
    'log_parameter_max_length_on_error',
    'pgaudit.log_parameter',
  ),
  ...guards({ why: 'the log must say who was connected' }, 'log_connections', 'log_disconnections'),
  ...guards(
    { why: 'the collector reads the log from the standard error of the pod' },
    'log_destination',
    'logging_collector',
    'log_directory',
    'log_filename',
    'log_line_prefix',
    'log_timezone',
  ),
  ...guards({ why: 'the SQL of the platform counts in it' }, 'timezone'),
  ...guards({ why: 'keys and triggers keep the data right' }, 'session_replication_role'),
  ...guards({ why: 'services write' }, 'default_transaction_read_only', 'transaction_read_only'),
  ...guards({ why: 'ingest and publications are written for it' }, 'default_transaction_isolation'),
  ...guards({ why: 'tables that nobody vacuums grow until writes stop' }, 'autovacuum', 'track_counts'),
} as const satisfies Readonly<Record<string, Guard>>;

export type GuardedParameter = keyof typeof GUARDED;
