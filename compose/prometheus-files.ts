import { parse, stringify } from 'yaml';
import { configMapData, podOf, workloadManifest, type Manifest } from './manifests';
import type { Profile } from './profiles';
import { PORT, WORKLOAD } from '../src/names';

/** Who is asked for figures here, by job: the service, its port, and the profile that it belongs to. */
const TARGETS: Readonly<Record<string, { service: string; port: number; profile?: Profile; replicas?: true }>> = {
  postgres: { service: 'postgres-exporter', port: PORT.postgresExporter },
  simulator: { service: 'simulator', port: PORT.health, replicas: true },
  exporter: { service: 'exporter', port: PORT.health },
  grafana: { service: 'grafana', port: PORT.grafana },
  prometheus: { service: 'prometheus', port: PORT.prometheus },
  alertmanager: { service: 'alertmanager', port: PORT.alertmanager },
  loki: { service: 'loki', port: PORT.loki, profile: 'logs' },
  'log-collector': { service: 'log-collector', port: PORT.logCollector, profile: 'logs' },
};

/** Jobs that ask Patroni or Kubernetes, which are not here. */
export const KUBERNETES_JOBS: readonly string[] = ['patroni', 'kube-state-metrics', 'node', 'kubelet', 'cadvisor'];

/** Alerts that would fire here for ever: they miss Patroni, backups, nightly proofs and figures of Kubernetes. All others stay; those that count pods have nothing to count. */
export const KUBERNETES_ALERTS: readonly string[] = [
  'NoPrimary',
  'NoSyncStandby',
  'BackupTooOld',
  'RestoreDrillFailed',
  'RestoreDrillTooOld',
  'VerificationTooOld',
  'MonitoringBlind',
];

interface ScrapeConfig {
  readonly job_name: string;
  readonly kubernetes_sd_configs?: unknown;
  readonly relabel_configs?: unknown;
}

interface Rule {
  readonly alert?: string;
}

function scrapeConfig({ kubernetes_sd_configs: _pods, relabel_configs: _names, ...job }: ScrapeConfig): object {
  const { service, port, replicas } = TARGETS[job.job_name];
  const labels = { namespace: 'edtech', pod: service };
  return {
    ...job,
    ...(replicas
      ? {
          dns_sd_configs: [{ names: [service], type: 'A', port, refresh_interval: '15s' }],
          relabel_configs: Object.entries(labels).map(([target_label, replacement]) => ({ target_label, replacement })),
        }
      : { static_configs: [{ targets: [`${service}:${port}`], labels: { ...labels, instance: service } }] }),
  };
}

/** Prometheus' files as on Kubernetes, except for where its targets are and what only a cluster can have. */
export function prometheusFiles(manifests: readonly Manifest[], profiles: readonly Profile[]): Record<string, string> {
  const pod = podOf(workloadManifest(manifests, WORKLOAD.prometheus));
  const map = pod.volumes?.find(({ name }) => name === 'config')?.configMap?.name ?? 'config';
  const files = configMapData(manifests, map);
  const config = parse(files['prometheus.yml']) as { scrape_configs: ScrapeConfig[] };
  const unknown = config.scrape_configs.filter(
    ({ job_name: name }) => !KUBERNETES_JOBS.includes(name) && !TARGETS[name],
  );
  if (unknown.length > 0) throw new Error(`no service is known for job ${unknown.map((job) => job.job_name).join()}`);
  const here = config.scrape_configs.filter(({ job_name: name }) => {
    const target = TARGETS[name];
    return target !== undefined && (target.profile === undefined || profiles.includes(target.profile));
  });
  const rules = parse(files['rules.yml']) as { groups: { rules: Rule[] }[] };
  return {
    'config/prometheus.yml': stringify({ ...config, scrape_configs: here.map(scrapeConfig) }),
    'config/rules.yml': stringify({
      groups: rules.groups.map((group) => ({
        ...group,
        rules: group.rules.filter(({ alert }) => alert === undefined || !KUBERNETES_ALERTS.includes(alert)),
      })),
    }),
  };
}
