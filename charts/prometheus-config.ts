import type { MetricsSettings } from '../src/config/types';
import { mebibytes } from '../src/config/quantity';
import { namespaceOf, NAMESPACE, AGENTS_NAMESPACE, PORT, serviceHost, WORKLOAD, type WorkloadName } from '../src/names';
import { CA_FILE } from './database-client';

export const RULES_FILE = 'rules.yml';

/** A kind of pod that is asked for figures. */
interface Job {
  readonly name: string;
  readonly workload: WorkloadName;
  readonly port: number;
  /** Name in the certificate, for what answers with TLS. @default no TLS */
  readonly tlsName?: string;
  /** Whether it does answer with TLS, where that depends on the site. @default where it has a `tlsName` */
  readonly tls?: boolean;
  /** @default 15s */
  readonly interval?: string;
  /** Names of the metrics that are kept. @default all */
  readonly keep?: string;
  /** Names of labels that are left out: they change with every restart and nobody reads them. */
  readonly drop?: string;
  /** Whether labels such as `pod` tell what the figure is about, and not who says it. @default false */
  readonly aboutOthers?: boolean;
  /** Further changes of the target's labels. */
  readonly relabel?: readonly object[];
}

const RUNTIME = 'process_.*|go_goroutines|go_memstats_heap_inuse_bytes|build_info';

/** Only what a dashboard, a rule or somebody who looks for a cause needs: programs export thousands of series. */
const jobs = (grafanaTls: boolean): readonly Job[] => [
  // A role that is 15 s old would be too late for NoPrimary and TwoPrimaries.
  { name: 'patroni', workload: WORKLOAD.postgres, port: PORT.patroni, tlsName: 'edtech-postgres-rw', interval: '10s' },
  {
    name: 'postgres',
    workload: WORKLOAD.postgresExporter,
    port: PORT.postgresExporter,
    keep: `pg_(up|locks_count|database_.*|replication_.*|stat_.*|settings_(max_connections|superuser_reserved_connections)|exporter_last_scrape_(duration_seconds|error))|${RUNTIME}`,
    // Each exporter speaks for the member of its number.
    relabel: [
      {
        source_labels: ['__meta_kubernetes_pod_name'],
        regex: `${WORKLOAD.postgresExporter}-(\\d+)`,
        target_label: 'pod',
        replacement: `${WORKLOAD.postgres}-$1`,
      },
    ],
  },
  { name: 'simulator', workload: WORKLOAD.simulator, port: PORT.health },
  { name: 'exporter', workload: WORKLOAD.exporter, port: PORT.health },
  {
    name: 'grafana',
    workload: WORKLOAD.grafana,
    port: PORT.grafana,
    tlsName: WORKLOAD.grafana,
    tls: grafanaTls,
    keep: `grafana_(build_info|plugin_request_.*|datasource_request_.*|http_request_duration_seconds_(count|sum)|stat_.*|check_.*)|${RUNTIME}`,
  },
  {
    name: 'kube-state-metrics',
    workload: WORKLOAD.kubeStateMetrics,
    port: PORT.kubeStateMetrics,
    aboutOthers: true,
    drop: 'uid|container_id|image_id|pod_ip|host_ip|internal_ip',
  },
  { name: 'node', workload: WORKLOAD.nodeExporter, port: PORT.nodeExporter },
  {
    name: 'prometheus',
    workload: WORKLOAD.prometheus,
    port: PORT.prometheus,
    keep: `prometheus_.*(count|sum|total|bytes|series|seconds|failed|successful)|${RUNTIME}`,
  },
  {
    name: 'alertmanager',
    workload: WORKLOAD.alertmanager,
    port: PORT.alertmanager,
    keep: `alertmanager_.*(count|sum|total|alerts|silences)|${RUNTIME}`,
  },
  {
    name: 'loki',
    workload: WORKLOAD.loki,
    port: PORT.loki,
    keep: `loki_(request_duration_seconds_(count|sum)|distributor_(bytes|lines)_received_total|discarded_(samples|bytes)_total|ingester_memory_(streams|chunks)|ingester_chunks_stored_total|boltdb_shipper_compact_tables_operation_.*|compactor_.*|panic_total)|${RUNTIME}`,
  },
  // Without `target_info`, which names each start of the program.
  { name: 'log-collector', workload: WORKLOAD.logCollector, port: PORT.logCollector, keep: 'otelcol_.*' },
];

const OWN_TOKEN = { type: 'Bearer', credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' };

/** One list of pods for all jobs: equal settings are one watch of the API server. */
const PODS = [{ role: 'pod', namespaces: { names: [NAMESPACE, AGENTS_NAMESPACE] } }];

function podJob(job: Job): object {
  const keep = (source: string[], regex: string): object => ({ source_labels: source, regex, action: 'keep' });
  return {
    job_name: job.name,
    ...(job.interval && { scrape_interval: job.interval, scrape_timeout: '8s' }),
    ...(job.tlsName && {
      scheme: job.tls === false ? 'http' : 'https',
      tls_config: { ca_file: CA_FILE, server_name: job.tlsName },
    }),
    ...(job.aboutOthers && { honor_labels: true }),
    kubernetes_sd_configs: PODS,
    relabel_configs: [
      keep(
        ['__meta_kubernetes_namespace', '__meta_kubernetes_pod_label_app_kubernetes_io_name'],
        `${namespaceOf(job.workload)};${job.workload}`,
      ),
      keep(['__meta_kubernetes_pod_container_port_number'], `${job.port}`),
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed', action: 'drop' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      // A name instead of an address, which every restart changes.
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'instance' },
      { source_labels: ['__meta_kubernetes_pod_node_name'], target_label: 'node' },
      ...(job.relabel ?? []),
    ],
    ...((job.keep ?? job.drop) && {
      metric_relabel_configs: [
        ...(job.keep ? [keep(['__name__'], job.keep)] : []),
        ...(job.drop ? [{ regex: job.drop, action: 'labeldrop' }] : []),
      ],
    }),
  };
}

/** Kubelets tell about all containers of a node: only those of the platform, and only what is read. */
function kubeletJob(name: string, path: string, keep: string): object {
  return {
    job_name: name,
    scheme: 'https',
    metrics_path: path,
    // Most clusters' kubelets sign their own certificates, which nothing can verify.
    tls_config: { insecure_skip_verify: true },
    authorization: OWN_TOKEN,
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_node_name'], target_label: 'instance' },
      { source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' },
    ],
    metric_relabel_configs: [
      { source_labels: ['__name__'], regex: keep, action: 'keep' },
      { source_labels: ['namespace'], regex: `${NAMESPACE}|${AGENTS_NAMESPACE}`, action: 'keep' },
      // Addresses within the node's runtime: they change with every restart and nobody reads them.
      { regex: 'id|name|image', action: 'labeldrop' },
    ],
  };
}

export interface PrometheusConfigProps extends Pick<MetricsSettings, 'retentionDays' | 'retentionSize'> {
  readonly environment: string;
  /** Whether Grafana serves TLS itself. */
  readonly grafanaTls: boolean;
}

/** Configuration of Prometheus; rules are in `RULES_FILE` beside it. */
export function prometheusConfig(props: PrometheusConfigProps): object {
  return {
    global: {
      scrape_interval: '15s',
      scrape_timeout: '10s',
      evaluation_interval: '15s',
      external_labels: { environment: props.environment },
      // A target that suddenly has more is refused and reported as down instead of filling the memory.
      sample_limit: 8000,
      label_value_length_limit: 512,
    },
    storage: {
      tsdb: {
        retention: { time: `${props.retentionDays}d`, size: `${mebibytes(props.retentionSize)}MB` },
        // Senders of figures are not in step with each other.
        out_of_order_time_window: '2m',
      },
    },
    // Names as Airflow's documentation has them, without units and `_total`.
    otlp: { translation_strategy: 'UnderscoreEscapingWithoutSuffixes' },
    rule_files: [RULES_FILE],
    alerting: {
      alertmanagers: [
        { static_configs: [{ targets: [`${serviceHost(WORKLOAD.alertmanager)}:${PORT.alertmanager}`] }] },
      ],
    },
    scrape_configs: [
      ...jobs(props.grafanaTls).map(podJob),
      kubeletJob('kubelet', '/metrics', 'kubelet_volume_stats_.*'),
      kubeletJob(
        'cadvisor',
        '/metrics/cadvisor',
        'container_(memory_working_set_bytes|memory_rss|cpu_usage_seconds_total|cpu_cfs_throttled_periods_total|cpu_cfs_periods_total|oom_events_total|fs_usage_bytes|network_(receive|transmit)_bytes_total)',
      ),
    ],
  };
}
