import { memoryLimiter } from '../src/memory-limiter';
import { AGENTS_NAMESPACE, NAMESPACE, PORT, serviceHost, WORKLOAD } from '../src/names';
import { levelStatements } from './log-levels';

/** Where the collector remembers how far it has read, and keeps what it could not send; on the node, so that a restart goes on. */
export const COLLECTOR_STATE = '/var/lib/edtech-log-collector';
export const POD_LOGS = '/var/log/pods';

/** Ending of a file that the kubelet has rotated and not compressed, such as `log.20260302-071500`; with `.gz` or `.tmp` behind it is not meant. */
const ROTATED = 'log.????????-??????';

const NAMESPACES = [NAMESPACE, AGENTS_NAMESPACE] as const;

/**
 * Lines that belong to the one before: indented ones (tracebacks, stacks, queries), the heads and ends of Python tracebacks, frames
 * that consoles draw around them, and the second lines of PostgreSQL, which repeat the prefix.
 */
export const CONTINUES = [
  '^\\s',
  '^$',
  '^(Traceback \\(|During handling of the above|The above exception was|Caused by: )',
  '^([a-z_]\\w*\\.)*[A-Z]\\w*(Error|Exception|Warning|Interrupt|Exit|Timeout|Refused)(: |$)',
  '^[╭│╰]',
  '^\\d{4}-\\d\\d-\\d\\d [\\d:.]+ \\w+ \\[\\d+\\] .*?(DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT): ',
] as const;

const isFirst = CONTINUES.map((pattern) => `body matches ${JSON.stringify(pattern)}`).join(' or ');

/** Loki that may delete no lines says so twice with each query, once as an error. */
const SAYS_NO_DELETION =
  'body matches "^\\\\{\\"caller\\":\\"(gennumber_loader|grpc_logging)\\\\.go:.*deletion is not available for this tenant"';

function receiver(): object {
  return {
    // What was not read before the kubelet rotated a file stands in it under its new name, until the next rotation compresses it. It is known by
    // its beginning, so what was read is not read again.
    include: NAMESPACES.flatMap((namespace) =>
      ['log', ROTATED].map((ending) => `${POD_LOGS}/${namespace}_*/*/*.${ending}`),
    ),
    start_at: 'beginning',
    include_file_path: true,
    poll_interval: '500ms',
    // Half of them are open and read at a time, each with up to 100 lines in memory. With more files on the node those of a batch are closed before
    // the next: none is held open across its rotation, but it is found under its new name.
    max_concurrent_files: 64,
    storage: 'file_storage',
    // A batch that the queue does not take is tried again: reading waits, and the files keep what is not read yet.
    retry_on_failure: { enabled: true, max_elapsed_time: '0s' },
    operators: [
      // Without a format, which is then told by each line: containerd ends its times with Z, CRI-O with the node's offset.
      { type: 'container', add_metadata_from_filepath: true },
      { type: 'filter', expr: SAYS_NO_DELETION },
      {
        type: 'recombine',
        combine_field: 'body',
        combine_with: '\n',
        is_first_entry: `not (${isFirst})`,
        source_identifier: 'attributes["log.file.path"]',
        overwrite_with: 'oldest',
        max_batch_size: 500,
        max_log_size: '256KiB',
        force_flush_period: '2s',
      },
    ],
  };
}

/** Asks for the pods of one namespace on this node: a Role is enough then. */
const podNames = (namespace: string): object => ({
  auth_type: 'serviceAccount',
  // Else the first lines after a start would not know their workload.
  wait_for_metadata: true,
  wait_for_metadata_timeout: '30s',
  filter: { node_from_env_var: 'NODE_NAME', namespace },
  pod_association: [{ sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] }],
  extract: { metadata: [], labels: [{ tag_name: 'app', key: 'app.kubernetes.io/name', from: 'pod' }] },
});

export interface CollectorConfigProps {
  /** MiB that the collector may use at all; it holds back before. */
  readonly memoryMebibytes: number;
  /** Where Loki is; other ends are for tests. @default the platform's Loki */
  readonly endpoint?: string;
}

/** Configuration of the log collector on each node. */
export function collectorConfig({ memoryMebibytes, endpoint }: CollectorConfigProps): object {
  const names = NAMESPACES.map((namespace) => [`k8s_attributes/${namespace}`, podNames(namespace)] as const);
  return {
    extensions: {
      health_check: { endpoint: `0.0.0.0:${PORT.logCollectorHealth}` },
      file_storage: { directory: COLLECTOR_STATE, create_directory: true, fsync: false },
    },
    receivers: { file_log: receiver() },
    processors: {
      memory_limiter: memoryLimiter(memoryMebibytes),
      ...Object.fromEntries(names),
      'transform/names': { error_mode: 'ignore', log_statements: NAME_STATEMENTS },
      'transform/levels': { error_mode: 'ignore', log_statements: levelStatements() },
    },
    exporters: {
      otlp_http: {
        endpoint: endpoint ?? `http://${serviceHost(WORKLOAD.loki)}:${PORT.loki}/otlp`,
        compression: 'gzip',
        timeout: '10s',
        retry_on_failure: { enabled: true, initial_interval: '1s', max_interval: '15s', max_elapsed_time: '0s' },
        sending_queue: {
          enabled: true,
          num_consumers: 2,
          sizer: 'bytes',
          // On disk. When it is full, reading waits instead of dropping.
          queue_size: 268_435_456,
          block_on_overflow: true,
          storage: 'file_storage',
          batch: { sizer: 'bytes', flush_timeout: '1s', min_size: 262_144, max_size: 1_048_576 },
        },
      },
    },
    service: {
      extensions: ['health_check', 'file_storage'],
      pipelines: {
        logs: {
          receivers: ['file_log'],
          processors: ['memory_limiter', ...names.map(([id]) => id), 'transform/names', 'transform/levels'],
          exporters: ['otlp_http'],
        },
      },
      telemetry: {
        logs: { encoding: 'json', level: 'warn' },
        metrics: {
          level: 'normal',
          readers: [
            {
              pull: {
                exporter: {
                  prometheus: {
                    host: '0.0.0.0',
                    port: PORT.logCollector,
                    without_type_suffix: false,
                    without_units: false,
                    without_scope_info: true,
                  },
                },
              },
            },
          ],
        },
      },
    },
  };
}

/** The platform's own names for where a line comes from: `app` is the workload without the product's name. */
const NAME_STATEMENTS = [
  {
    context: 'resource',
    statements: [
      'set(resource.attributes["namespace"], resource.attributes["k8s.namespace.name"])',
      'set(resource.attributes["pod"], resource.attributes["k8s.pod.name"])',
      'set(resource.attributes["container"], resource.attributes["k8s.container.name"])',
      // A pod that is gone already has no labels any more; its container still says what it was.
      'set(resource.attributes["app"], resource.attributes["container"]) where resource.attributes["app"] == nil',
      'replace_pattern(resource.attributes["app"], "^edtech-", "")',
      'keep_keys(resource.attributes, ["namespace", "app", "pod", "container"])',
    ],
  },
  {
    context: 'log',
    statements: ['keep_keys(log.attributes, [])'],
  },
];
