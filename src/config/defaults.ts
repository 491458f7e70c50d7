import { NOBODY } from '../../rules/alertmanager';
import type { ResourceSettings, Tier, TunedSettings } from './types';

const resources = (
  cpuRequest: string,
  cpuLimit: string,
  memoryRequest: string,
  memoryLimit: string,
): ResourceSettings => ({ cpuRequest, cpuLimit, memoryRequest, memoryLimit });

/** Fits one node of two cores and 4 GiB; requests are what runs idle, limits leave room for peaks that do not coincide. */
const DEVELOPMENT: TunedSettings = {
  registryPrefix: '',
  imageTags: {},
  secrets: 'generated',
  timeZone: 'UTC',
  quota: { memoryRequests: '4Gi', memoryLimits: '8Gi', cpuRequests: '4', pods: 40 },
  postgres: {
    members: 2,
    synchronousMode: 'on',
    synchronousStrict: false,
    synchronousStandbys: 1,
    onePerNode: false,
    maxConnections: 100,
    volume: { size: '20Gi', storageClass: '' },
    resources: resources('100m', '2', '320Mi', '768Mi'),
    parameters: {},
  },
  simulator: {
    students: 10_000,
    seed: 42,
    historyDays: 7,
    minReplicas: 2,
    maxReplicas: 4,
    targetCpuPercent: 150,
    resources: resources('50m', '1', '112Mi', '256Mi'),
    backfillResources: resources('100m', '2', '192Mi', '512Mi'),
  },
  airflow: {
    apiServerReplicas: 1,
    parallelism: 2,
    apiServer: resources('50m', '1', '320Mi', '448Mi'),
    scheduler: resources('50m', '1', '256Mi', '448Mi'),
    dagProcessor: resources('50m', '1', '208Mi', '384Mi'),
    jobs: resources('50m', '1', '256Mi', '640Mi'),
  },
  grafana: { replicas: 1, resources: resources('50m', '1', '384Mi', '512Mi') },
  retention: { airflowMetadataDays: 30 },
  metrics: {
    retentionDays: 15,
    retentionSize: '4Gi',
    volume: { size: '6Gi', storageClass: '' },
    prometheus: resources('50m', '1', '160Mi', '384Mi'),
    exporter: resources('10m', '500m', '64Mi', '128Mi'),
    postgresExporter: resources('10m', '500m', '16Mi', '48Mi'),
    kubeStateMetrics: resources('10m', '250m', '32Mi', '64Mi'),
    nodeExporter: resources('10m', '250m', '16Mi', '48Mi'),
  },
  alerting: {
    receivers: {},
    routes: { critical: NOBODY, warning: NOBODY, none: NOBODY },
    smtp: undefined,
    destinations: [],
    runbookBase: '',
    volume: { size: '1Gi', storageClass: '' },
    resources: resources('10m', '250m', '32Mi', '64Mi'),
  },
  logs: {
    retentionDays: 7,
    expectedPerDay: '200Mi',
    volume: { size: '5Gi', storageClass: '' },
    loki: resources('50m', '1', '112Mi', '320Mi'),
    collector: resources('20m', '500m', '64Mi', '160Mi'),
  },
};

/** Three nodes of four cores and 16 GiB. */
const PRODUCTION: TunedSettings = {
  ...DEVELOPMENT,
  quota: { memoryRequests: '32Gi', memoryLimits: '64Gi', cpuRequests: '16', pods: 80 },
  postgres: {
    members: 3,
    synchronousMode: 'quorum',
    synchronousStrict: true,
    synchronousStandbys: 1,
    onePerNode: true,
    maxConnections: 200,
    volume: { size: '200Gi', storageClass: '' },
    resources: resources('1', '4', '4Gi', '6Gi'),
    parameters: {},
  },
  simulator: {
    ...DEVELOPMENT.simulator,
    historyDays: 30,
    maxReplicas: 8,
    targetCpuPercent: 70,
    resources: resources('250m', '2', '256Mi', '512Mi'),
    backfillResources: resources('1', '4', '512Mi', '1Gi'),
  },
  airflow: {
    apiServerReplicas: 2,
    parallelism: 4,
    apiServer: resources('250m', '2', '512Mi', '1Gi'),
    scheduler: resources('250m', '2', '512Mi', '1Gi'),
    dagProcessor: resources('250m', '1', '384Mi', '768Mi'),
    jobs: resources('250m', '1', '512Mi', '1Gi'),
  },
  grafana: { replicas: 2, resources: resources('100m', '1', '384Mi', '768Mi') },
  retention: { airflowMetadataDays: 90 },
  metrics: {
    ...DEVELOPMENT.metrics,
    // Budgets of the objectives are counted over 30 days.
    retentionDays: 45,
    retentionSize: '24Gi',
    volume: { size: '32Gi', storageClass: '' },
    prometheus: resources('200m', '2', '512Mi', '1Gi'),
    exporter: resources('20m', '500m', '64Mi', '192Mi'),
    postgresExporter: resources('20m', '500m', '32Mi', '96Mi'),
    kubeStateMetrics: resources('20m', '500m', '48Mi', '128Mi'),
    nodeExporter: resources('20m', '500m', '32Mi', '96Mi'),
  },
  alerting: { ...DEVELOPMENT.alerting, resources: resources('20m', '500m', '64Mi', '128Mi') },
  logs: {
    retentionDays: 30,
    expectedPerDay: '500Mi',
    volume: { size: '24Gi', storageClass: '' },
    loki: resources('200m', '2', '384Mi', '1Gi'),
    collector: resources('50m', '1', '96Mi', '256Mi'),
  },
};

export const DEFAULTS: Readonly<Record<Tier, TunedSettings>> = { development: DEVELOPMENT, production: PRODUCTION };
