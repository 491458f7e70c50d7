import { PORT, serviceHost, WORKLOAD } from '../src/names';

export const LOKI_DATA = '/loki';
/** Rules by tenant; without logins there is one, and its name is fixed. */
export const LOKI_RULES = '/etc/edtech/rules';
export const LOKI_TENANT = 'fake';

/** What makes a stream. */
export const STREAM_LABELS = ['namespace', 'app', 'pod', 'container'] as const;
/** Streams that are held at once: containers that have written within the last hour or so, also of pods that are gone. */
export const MOST_STREAMS = 2000;

export interface LokiConfigProps {
  readonly retentionDays: number;
}

/** Days that Loki lets one query reach back by itself. */
const DEFAULT_QUERY_DAYS = 30;

/** Configuration of Loki as one program with its data on a volume. */
export function lokiConfig({ retentionDays }: LokiConfigProps): object {
  const retention = `${retentionDays * 24}h`;
  return {
    // Who may reach it is decided by network policies.
    auth_enabled: false,
    server: { http_listen_port: PORT.loki, log_level: 'warn', log_format: 'json' },
    common: {
      path_prefix: LOKI_DATA,
      replication_factor: 1,
      instance_addr: '127.0.0.1',
      ring: { kvstore: { store: 'inmemory' }, instance_addr: '127.0.0.1' },
      storage: { filesystem: { chunks_directory: `${LOKI_DATA}/chunks`, rules_directory: `${LOKI_DATA}/own-rules` } },
    },
    schema_config: {
      configs: [
        {
          from: '2024-04-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    ingester: {
      lifecycler: { min_ready_duration: '1s' },
      chunk_idle_period: '30m',
      max_chunk_age: '2h',
      wal: { enabled: true, dir: `${LOKI_DATA}/wal`, flush_on_shutdown: true, replay_memory_ceiling: '100MB' },
    },
    compactor: {
      working_directory: `${LOKI_DATA}/compactor`,
      compaction_interval: '10m',
      retention_enabled: true,
      retention_delete_delay: '2h',
      delete_request_store: 'filesystem',
    },
    limits_config: {
      retention_period: retention,
      // One query reaches every line that is kept, also where the range begins a little before the oldest. Never less than Loki's own limit:
      // a range that is longer is refused, and one of the last 30 days is asked for where seven are kept, too.
      max_query_length: `${(Math.max(retentionDays, DEFAULT_QUERY_DAYS) + 1) * 24}h`,
      // Whoever reaches Loki could have lines deleted, and a Viewer of Grafana does by its data source. Retention needs no request.
      deletion_mode: 'disabled',
      reject_old_samples: true,
      reject_old_samples_max_age: retention,
      allow_structured_metadata: true,
      // The collector says the level; guessing it again costs time and would contradict it.
      discover_log_levels: false,
      discover_service_name: [],
      // A burst, or what was kept back while Loki was away, comes at once.
      ingestion_rate_mb: 32,
      ingestion_burst_size_mb: 64,
      per_stream_rate_limit: '16MB',
      per_stream_rate_limit_burst: '64MB',
      max_line_size: '256KB',
      max_line_size_truncate: true,
      max_global_streams_per_user: MOST_STREAMS,
      max_query_series: 2000,
      // Few labels, all with few values: everything else is metadata of a line. `pod` is one since a stream takes no line that is an hour
      // (half of max_chunk_age) older than its youngest: collectors that send what they kept back would have lines of other nodes refused.
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          attributes_config: [{ action: 'index_label', attributes: [...STREAM_LABELS] }],
        },
      },
    },
    query_range: { cache_results: false },
    pattern_ingester: { enabled: false },
    ruler: {
      storage: { type: 'local', local: { directory: LOKI_RULES } },
      rule_path: `${LOKI_DATA}/rules`,
      ring: { kvstore: { store: 'inmemory' } },
      wal: { dir: `${LOKI_DATA}/ruler-wal` },
      enable_api: false,
      evaluation_interval: '30s',
      remote_write: {
        enabled: true,
        clients: {
          prometheus: { url: `http://${serviceHost(WORKLOAD.prometheus)}:${PORT.prometheus}/api/v1/write` },
        },
      },
    },
    analytics: { reporting_enabled: false },
  };
}
