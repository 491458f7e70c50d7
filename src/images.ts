/** Every image of the platform, pinned once. Own images are built by `npm run images` under the same names and tags. */
export const IMAGE = {
  postgres: { repository: 'edtech-stream/postgres', tag: '17.12-26' },
  simulator: { repository: 'edtech-stream/simulator', tag: '0.1.0' },
  /** Packages for the development stack (compose.yaml); not part of what runs on a cluster. */
  development: { repository: 'edtech-stream/development', tag: '0.1.0' },
  airflow: { repository: 'apache/airflow', tag: '3.3.2' },
  grafana: { repository: 'grafana/grafana', tag: '13.2.2' },
  prometheus: { repository: 'prom/prometheus', tag: 'v3.14.0' },
  alertmanager: { repository: 'prom/alertmanager', tag: 'v0.34.0' },
  postgresExporter: { repository: 'quay.io/prometheuscommunity/postgres-exporter', tag: 'v0.20.1' },
  nodeExporter: { repository: 'quay.io/prometheus/node-exporter', tag: 'v1.12.1' },
  kubeStateMetrics: { repository: 'registry.k8s.io/kube-state-metrics/kube-state-metrics', tag: 'v2.20.0' },
  loki: { repository: 'grafana/loki', tag: '3.7.6' },
  collector: { repository: 'otel/opentelemetry-collector-contrib', tag: '0.160.0' },
} as const satisfies Record<string, ImagePin>;

export interface ImagePin {
  /** Name without tag, as its publisher writes it. */
  readonly repository: string;
  /** Never `latest`: a tag that is not overwritten. */
  readonly tag: string;
}

export type ImageName = keyof typeof IMAGE;

/** Images with their tags, as one environment uses them. */
export type Images = Readonly<Record<ImageName, Image>>;

export interface Image {
  /** Full reference for a container. */
  readonly reference: string;
  readonly tag: string;
}

/**
 * Applies a site's mirror and other tags.
 * @param registryPrefix put before every repository, without a slash at the end; empty for none
 * @param tags other tags by image name, for example of an own build
 */
export function resolveImages(registryPrefix: string, tags: Readonly<Partial<Record<ImageName, string>>> = {}): Images {
  const resolved = Object.entries(IMAGE).map(([name, pin]) => {
    const tag = tags[name as ImageName] ?? pin.tag;
    const repository = registryPrefix === '' ? pin.repository : `${registryPrefix}/${pin.repository}`;
    return [name, { reference: `${repository}:${tag}`, tag }];
  });
  return Object.fromEntries(resolved) as Images;
}
