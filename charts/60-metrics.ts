import type { App } from 'cdk8s';
import { INHIBITIONS, ruleGroups } from '../rules';
import { alertmanagerConfig } from '../rules/alertmanager';
import { ruleFile } from '../rules/render';
import { validateRules } from '../rules/validate';
import type { PlatformConfig } from '../src/config/types';
import { ApiAccess } from '../src/constructs/api-access';
import { FileConfigMap } from '../src/constructs/file-config-map';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import type { ServiceEndpoint } from '../src/constructs/service';
import { dataVolume, StatefulService } from '../src/constructs/stateful-service';
import { configMapVolume, emptyDir } from '../src/constructs/volumes';
import { yamlText } from '../src/constructs/yaml';
import { AGENTS_NAMESPACE, NAMESPACE, PORT, PRIORITY, WORKLOAD } from '../src/names';
import { ComponentChart, type SecretRefs } from './context';
import { caMount } from './database-client';
import { httpProbes, kubeStateMetrics, nodeExporter, NOBODY_UID, postgresExporters, sqlExporter } from './exporters';
import { boundaryOf } from './flows';
import { prometheusConfig, RULES_FILE } from './prometheus-config';

const CONFIG_DIRECTORY = '/etc/edtech/config';

export interface MetricsChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
}

/** The files that Prometheus reads. @throws RulesError for a rule that does not parse */
export function prometheusFiles(config: PlatformConfig): Record<string, string> {
  const { environment, pages, metrics, alerting, postgres } = config;
  const groups = ruleGroups({
    synchronous: postgres.synchronousMode !== 'off',
    logs: true,
    daysKept: metrics.retentionDays,
  });
  validateRules(groups, INHIBITIONS);
  return {
    'prometheus.yml': yamlText(
      prometheusConfig({
        environment,
        grafanaTls: pages.tls === 'internal-ca',
        retentionDays: metrics.retentionDays,
        retentionSize: metrics.retentionSize,
      }),
    ),
    [RULES_FILE]: yamlText(ruleFile(groups, { runbookBase: alerting.runbookBase })),
  };
}

export const alertmanagerFiles = ({ alerting }: PlatformConfig): Record<string, string> => ({
  'alertmanager.yml': yamlText(alertmanagerConfig({ ...alerting, inhibitions: INHIBITIONS })),
});

export const PROMETHEUS_ARGS: readonly string[] = [
  `--config.file=${CONFIG_DIRECTORY}/prometheus.yml`,
  '--storage.tsdb.path=/prometheus',
  '--web.enable-otlp-receiver',
  // Counts of log lines come from Loki.
  '--web.enable-remote-write-receiver',
  '--query.timeout=30s',
  '--query.max-concurrency=8',
  '--log.format=json',
];

export const ALERTMANAGER_ARGS: readonly string[] = [
  `--config.file=${CONFIG_DIRECTORY}/alertmanager.yml`,
  '--storage.path=/alertmanager',
  // One of a kind: nobody to gossip with.
  '--cluster.listen-address=',
  '--log.format=json',
];

/** Prometheus with its rules, Alertmanager, and everything that exports figures of what cannot do so itself. */
export class MetricsChart extends ComponentChart {
  readonly prometheus: ServiceEndpoint;

  constructor(app: App, config: PlatformConfig, { secrets, primary }: MetricsChartProps) {
    const { images, metrics, alerting } = config;
    super(app, { config, id: '60-metrics', component: 'metrics', version: images.prometheus.tag });
    const tmp = { path: '/tmp', volume: emptyDir('tmp', '64Mi') };

    const files = new FileConfigMap(this, 'prometheus-config', {
      name: `${WORKLOAD.prometheus}-config`,
      files: prometheusFiles(config),
    });
    const prometheus = new StatefulService(this, 'prometheus', {
      name: WORKLOAD.prometheus,
      user: NOBODY_UID,
      priorityClassName: PRIORITY.service,
      usesKubernetesApi: true,
      // It writes what it holds in memory to disk.
      terminationGracePeriodSeconds: 120,
      port: PORT.prometheus,
      claim: metrics.volume,
      containers: [
        {
          name: 'prometheus',
          image: images.prometheus.reference,
          args: PROMETHEUS_ARGS,
          ports: { http: PORT.prometheus },
          probes: {
            // A start reads the log of the last hours again.
            startup: { http: { path: '/-/ready', port: PORT.prometheus }, periodSeconds: 5, failureThreshold: 120 },
            readiness: { http: { path: '/-/ready', port: PORT.prometheus }, periodSeconds: 5, failureThreshold: 3 },
            liveness: { http: { path: '/-/healthy', port: PORT.prometheus }, periodSeconds: 20, failureThreshold: 5 },
          },
          resources: metrics.prometheus,
          mounts: [
            { path: '/prometheus', volume: dataVolume() },
            { path: CONFIG_DIRECTORY, volume: configMapVolume('config', files.name), readOnly: true },
            caMount(secrets.ca),
            tmp,
          ],
        },
      ],
    });
    this.prometheus = prometheus.endpoint;
    new ApiAccess(this, 'prometheus-access', {
      account: WORKLOAD.prometheus,
      namespace: NAMESPACE,
      labels: prometheus.labels,
      namespaces: [NAMESPACE, AGENTS_NAMESPACE],
      rules: [{ resources: ['pods'] }],
      // Nodes belong to no namespace; the second one is what kubelets ask before they tell their figures.
      clusterRules: [{ resources: ['nodes'] }, { resources: ['nodes/metrics'], verbs: ['get'] }],
    });

    const routes = new FileConfigMap(this, 'alertmanager-config', {
      name: `${WORKLOAD.alertmanager}-config`,
      files: alertmanagerFiles(config),
    });
    new StatefulService(this, 'alertmanager', {
      name: WORKLOAD.alertmanager,
      version: images.alertmanager.tag,
      user: NOBODY_UID,
      priorityClassName: PRIORITY.service,
      port: PORT.alertmanager,
      claim: alerting.volume,
      containers: [
        {
          name: 'alertmanager',
          image: images.alertmanager.reference,
          args: ALERTMANAGER_ARGS,
          ports: { http: PORT.alertmanager },
          probes: httpProbes(PORT.alertmanager, '/-/ready', '/-/healthy'),
          resources: alerting.resources,
          mounts: [
            { path: '/alertmanager', volume: dataVolume() },
            { path: CONFIG_DIRECTORY, volume: configMapVolume('config', routes.name), readOnly: true },
          ],
        },
      ],
    });

    sqlExporter(this, config, secrets, primary);
    postgresExporters(this, config, secrets);
    kubeStateMetrics(this, config);
    nodeExporter(this, config);
    for (const workload of [
      WORKLOAD.prometheus,
      WORKLOAD.alertmanager,
      WORKLOAD.exporter,
      WORKLOAD.postgresExporter,
      WORKLOAD.kubeStateMetrics,
      WORKLOAD.nodeExporter,
    ]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }
}
