import { lokiConfig, MOST_STREAMS, STREAM_LABELS } from '../../charts/loki-config';
import { loadEnvironment } from '../../src/config/environments';
import { NAMESPACE } from '../../src/names';
import { ENVIRONMENTS, platformObjects, templateOf } from '../policy/support/objects';

/** Loki's own limit of labels per stream, which is not changed. */
const MOST_LABELS = 15;

interface Limits {
  readonly limits_config: {
    readonly max_global_streams_per_user: number;
    readonly max_label_names_per_series?: number;
    readonly otlp_config: { readonly resource_attributes: { readonly attributes_config: readonly object[] } };
  };
}

test('a stream is a container of a pod, and of no more', () => {
  const { limits_config: limits } = lokiConfig({ retentionDays: 7 }) as Limits;
  expect(STREAM_LABELS).toEqual(['namespace', 'app', 'pod', 'container']);
  expect(limits.otlp_config.resource_attributes.attributes_config).toEqual([
    { action: 'index_label', attributes: STREAM_LABELS },
  ]);
  expect(limits.max_label_names_per_series).toBeUndefined();
  expect(STREAM_LABELS.length).toBeLessThanOrEqual(MOST_LABELS);
});

test.each(ENVIRONMENTS)(
  '%s: all pods of the quota, replaced at once, are fewer streams than Loki takes',
  (environment) => {
    const containers = platformObjects(environment)
      .filter(({ metadata }) => metadata.namespace === NAMESPACE)
      .flatMap((object) => templateOf(object)?.spec ?? [])
      .map((spec) => spec.containers.length + (spec.initContainers?.length ?? 0));
    const { pods } = loadEnvironment(environment).quota;
    expect(containers.length).toBeGreaterThan(10);
    expect(2 * pods * Math.max(...containers)).toBeLessThan(MOST_STREAMS);
  },
);
