import type { App } from 'cdk8s';
import { ruleFile } from '../rules/render';
import { LOG_GROUPS } from '../rules/logs';
import { mebibytes } from '../src/config/quantity';
import type { PlatformConfig } from '../src/config/types';
import { ApiAccess } from '../src/constructs/api-access';
import { FileConfigMap } from '../src/constructs/file-config-map';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { NodeAgent } from '../src/constructs/node-agent';
import type { ServiceEndpoint } from '../src/constructs/service';
import { dataVolume, StatefulService } from '../src/constructs/stateful-service';
import { configMapVolume, emptyDir, nodeFolder } from '../src/constructs/volumes';
import { yamlText } from '../src/constructs/yaml';
import { AGENTS_NAMESPACE, NAMESPACE, PORT, PRIORITY, WORKLOAD } from '../src/names';
import { COLLECTOR_STATE, collectorConfig, POD_LOGS } from './collector-config';
import { ComponentChart } from './context';
import { boundaryOf } from './flows';
import { LOKI_DATA, LOKI_RULES, LOKI_TENANT, lokiConfig } from './loki-config';

const CONFIG_DIRECTORY = '/etc/edtech/config';
const LOKI_UID = 10001;

export const lokiFiles = ({ logs }: PlatformConfig): Record<string, string> => ({
  'loki.yaml': yamlText(lokiConfig({ retentionDays: logs.retentionDays })),
});
export const lokiRuleFiles = (): Record<string, string> => ({ 'rules.yaml': yamlText(ruleFile(LOG_GROUPS)) });
export const collectorFiles = ({ logs }: PlatformConfig): Record<string, string> => ({
  'collector.yaml': yamlText(collectorConfig({ memoryMebibytes: mebibytes(logs.collector.memoryLimit) })),
});

export const LOKI_ARGS: readonly string[] = [`-config.file=${CONFIG_DIRECTORY}/loki.yaml`, '-target=all'];
export const COLLECTOR_ARGS: readonly string[] = [`--config=${CONFIG_DIRECTORY}/collector.yaml`];

/** Share of a container's memory that Go programs are told to stay below. */
const goMemory = (limit: string): string => `${Math.floor(mebibytes(limit) * 0.85)}MiB`;

/** Loki, and on each node the collector that reads the logs of the platform's containers. */
export class LogsChart extends ComponentChart {
  readonly loki: ServiceEndpoint;

  constructor(app: App, config: PlatformConfig) {
    const { images, logs } = config;
    super(app, { config, id: '65-logs', component: 'logs', version: images.loki.tag });

    const files = new FileConfigMap(this, 'loki-config', { name: `${WORKLOAD.loki}-config`, files: lokiFiles(config) });
    const rules = new FileConfigMap(this, 'loki-rules', { name: `${WORKLOAD.loki}-rules`, files: lokiRuleFiles() });
    this.loki = new StatefulService(this, 'loki', {
      name: WORKLOAD.loki,
      user: LOKI_UID,
      priorityClassName: PRIORITY.service,
      // It writes what it holds in memory to disk.
      terminationGracePeriodSeconds: 120,
      port: PORT.loki,
      claim: logs.volume,
      containers: [
        {
          name: 'loki',
          image: images.loki.reference,
          args: LOKI_ARGS,
          ports: { http: PORT.loki },
          env: { GOMEMLIMIT: goMemory(logs.loki.memoryLimit) },
          probes: {
            startup: { http: { path: '/ready', port: PORT.loki }, periodSeconds: 5, failureThreshold: 120 },
            readiness: { http: { path: '/ready', port: PORT.loki }, periodSeconds: 5, failureThreshold: 3 },
            liveness: { tcpPort: PORT.loki, periodSeconds: 20, failureThreshold: 5 },
          },
          resources: logs.loki,
          mounts: [
            { path: LOKI_DATA, volume: dataVolume() },
            { path: CONFIG_DIRECTORY, volume: configMapVolume('config', files.name), readOnly: true },
            { path: `${LOKI_RULES}/${LOKI_TENANT}`, volume: configMapVolume('rules', rules.name), readOnly: true },
            { path: '/tmp', volume: emptyDir('tmp', '64Mi') },
          ],
        },
      ],
    }).endpoint;

    this.collector(config);
    for (const workload of [WORKLOAD.loki, WORKLOAD.logCollector]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }

  private collector(config: PlatformConfig): void {
    const { images, logs } = config;
    const files = new FileConfigMap(this, 'collector-config', {
      name: `${WORKLOAD.logCollector}-config`,
      namespace: AGENTS_NAMESPACE,
      files: collectorFiles(config),
    });
    const health = { http: { path: '/', port: PORT.logCollectorHealth } };
    const agent = new NodeAgent(this, 'collector', {
      name: WORKLOAD.logCollector,
      namespace: AGENTS_NAMESPACE,
      version: images.collector.tag,
      // Log files belong to root and nobody else may read them.
      user: 0,
      usesKubernetesApi: true,
      priorityClassName: PRIORITY.service,
      containers: [
        {
          name: 'log-collector',
          image: images.collector.reference,
          args: COLLECTOR_ARGS,
          asRoot: true,
          ports: { metrics: PORT.logCollector, health: PORT.logCollectorHealth },
          env: {
            NODE_NAME: { fieldPath: 'spec.nodeName' },
            GOMEMLIMIT: goMemory(logs.collector.memoryLimit),
          },
          probes: {
            startup: { ...health, periodSeconds: 2, failureThreshold: 60 },
            readiness: { ...health, periodSeconds: 10, failureThreshold: 3 },
            liveness: { ...health, periodSeconds: 20, failureThreshold: 5 },
          },
          resources: logs.collector,
          mounts: [
            { path: CONFIG_DIRECTORY, volume: configMapVolume('config', files.name), readOnly: true },
            { path: POD_LOGS, volume: nodeFolder('pod-logs', POD_LOGS), readOnly: true },
            { path: COLLECTOR_STATE, volume: nodeFolder('state', COLLECTOR_STATE, 'DirectoryOrCreate') },
          ],
        },
      ],
    });
    new ApiAccess(this, 'collector-access', {
      account: WORKLOAD.logCollector,
      namespace: AGENTS_NAMESPACE,
      labels: agent.labels,
      namespaces: [NAMESPACE, AGENTS_NAMESPACE],
      rules: [{ resources: ['pods'] }],
    });
  }
}
