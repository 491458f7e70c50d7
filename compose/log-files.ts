import { parse, stringify } from 'yaml';
import { configMapData, podOf, workloadManifest, type Manifest } from './manifests';
import type { Profile } from './profiles';
import { COLLECTOR_MEBIBYTES, TWINS } from './twins';
import { memoryLimiter } from '../src/memory-limiter';
import { NAMESPACE, WORKLOAD, type WorkloadName } from '../src/names';

const config = <T>(manifests: readonly Manifest[], workload: WorkloadName, file: string): T => {
  const pod = podOf(workloadManifest(manifests, workload));
  const map = pod.volumes?.find(({ name }) => name === 'config')?.configMap?.name ?? 'config';
  return parse(configMapData(manifests, map)[file]) as T;
};

interface LokiConfig {
  readonly ruler: { readonly remote_write: object };
}

/** Loki as on Kubernetes; without Prometheus its rules are told to nobody. */
export function lokiFiles(manifests: readonly Manifest[], profiles: readonly Profile[]): Record<string, string> {
  const loki = config<LokiConfig>(manifests, WORKLOAD.loki, 'loki.yaml');
  const remote_write = { ...loki.ruler.remote_write, enabled: profiles.includes('metrics') };
  return { 'config/loki.yaml': stringify({ ...loki, ruler: { ...loki.ruler, remote_write } }) };
}

interface Operator {
  readonly type: string;
}

interface CollectorConfig {
  readonly receivers: { readonly file_log: { readonly operators: readonly Operator[] } };
  readonly processors: Readonly<Record<string, object>>;
  readonly service: {
    readonly pipelines: { readonly logs: { readonly processors: readonly string[] } };
  };
}

const ATTRS = 'attributes.attrs';
const label = (name: string): string => `${ATTRS}["com.docker.compose.${name}"]`;

/** What the engine writes: one JSON per line, long lines in parts, of all projects on the machine. */
const ENGINE_OPERATORS: readonly object[] = [
  { type: 'container', format: 'docker', add_metadata_from_filepath: false },
  {
    type: 'filter',
    expr: `${ATTRS} == nil or ${label('project')} != env("EDTECH_PROJECT")`,
  },
  {
    type: 'recombine',
    combine_field: 'body',
    combine_with: '',
    is_last_entry: 'body endsWith "\\n"',
    source_identifier: 'attributes["log.file.path"]',
    max_log_size: '256KiB',
    force_flush_period: '2s',
  },
  { type: 'regex_replace', field: 'body', regex: '\\n$', replace_with: '' },
  { type: 'move', from: label('service'), to: 'resource.app' },
  { type: 'move', from: label('container-number'), to: 'resource.pod' },
];

/** Services that are named otherwise than their twin on Kubernetes: queries are the same on both. */
const renamed = TWINS.filter(({ service, workload }) => workload !== `edtech-${service}`).map(
  ({ service, workload }) =>
    `set(resource.attributes["app"], "${workload.replace(/^edtech-/, '')}") where resource.attributes["app"] == "${service}"`,
);

const NAMES = [
  `set(resource.attributes["namespace"], "${NAMESPACE}")`,
  'set(resource.attributes["pod"], Concat([resource.attributes["app"], resource.attributes["pod"]], "-"))',
  ...renamed,
  'set(resource.attributes["container"], resource.attributes["app"])',
];

/** The collector as on Kubernetes, except for which files it reads and who tells whose they are. */
export function collectorFiles(manifests: readonly Manifest[]): Record<string, string> {
  const collector = config<CollectorConfig>(manifests, WORKLOAD.logCollector, 'collector.yaml');
  const { file_log: receiver } = collector.receivers;
  const { pipelines } = collector.service;
  const isKubernetes = (id: string): boolean => id.startsWith('k8s_attributes/');
  const processors: Record<string, object> = { ...collector.processors };
  for (const id of Object.keys(processors).filter(isKubernetes)) delete processors[id];
  // The container has less memory here.
  processors.memory_limiter = memoryLimiter(COLLECTOR_MEBIBYTES);
  processors['transform/names'] = {
    ...processors['transform/names'],
    log_statements: [
      { context: 'resource', statements: NAMES },
      { context: 'log', statements: ['keep_keys(log.attributes, [])'] },
    ],
  };
  return {
    'config/collector.yaml': stringify({
      ...collector,
      receivers: {
        file_log: {
          ...receiver,
          include: ['/var/lib/docker/containers/*/*-json.log'],
          operators: [...ENGINE_OPERATORS, ...receiver.operators.filter(({ type }) => type !== 'container')],
        },
      },
      processors,
      service: {
        ...collector.service,
        pipelines: {
          logs: {
            ...pipelines.logs,
            processors: pipelines.logs.processors.filter((id) => !isKubernetes(id)),
          },
        },
      },
    }),
  };
}
