import { App } from 'cdk8s';
import { buildPlatform } from '../../../src/main';
import { loadEnvironment } from '../../../src/config/environments';
import type { PlatformConfig } from '../../../src/config/types';
import { secretCatalogue } from '../../../src/secrets/catalogue';
import type { SecretValues } from '../../../charts/05-secrets';

export interface Container {
  name: string;
  image: string;
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  ports?: { name?: string; containerPort: number }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  securityContext?: Record<string, unknown>;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}
export interface Probe {
  httpGet?: { path: string; port: number };
  tcpSocket?: { port: number };
  exec?: { command: string[] };
}
export interface Volume {
  name: string;
  secret?: { secretName: string };
  configMap?: { name: string; optional?: boolean };
  projected?: { sources: { configMap?: { name: string }; secret?: { name: string; items: { key: string }[] } }[] };
  emptyDir?: { sizeLimit?: string };
  persistentVolumeClaim?: { claimName: string };
  hostPath?: { path: string };
  nfs?: object;
}
export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  priorityClassName?: string;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: Record<string, unknown>;
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
}
export interface PodTemplate {
  metadata?: { labels?: Record<string, string> };
  spec: PodSpec;
}

/** A rendered object; `spec` is read through typed helpers. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  immutable?: boolean;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  spec?: Record<string, never> & { template?: PodTemplate; jobTemplate?: { spec: { template: PodTemplate } } };
  rules?: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
  roleRef?: { kind: string; name: string };
  subjects?: { kind: string; name: string }[];
}

export const ENVIRONMENTS = ['development', 'production'] as const;

/** Secret values that no rule may find anywhere but in the Secrets. */
export const fakeValues = (config: PlatformConfig): SecretValues =>
  Object.fromEntries(
    Object.entries(secretCatalogue(config.pages)).map(([id, { keys }]) => [
      id,
      Object.fromEntries(keys.map((key) => [key, `VALUE-OF-${id}-${key}`])),
    ]),
  ) as SecretValues;

/** All objects of an environment, Secrets included. */
export function platformObjects(
  environment: string,
  change?: (config: PlatformConfig) => PlatformConfig,
): KubeObject[] {
  const loaded = loadEnvironment(environment);
  const config = change === undefined ? loaded : change(loaded);
  const app = new App();
  buildPlatform(app, config, fakeValues(config));
  return app.charts.flatMap((chart) => chart.toJson() as KubeObject[]);
}

export const nameOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`;

const LONG_RUNNING = ['Deployment', 'StatefulSet', 'DaemonSet'];
export const isLongRunning = ({ kind }: KubeObject): boolean => LONG_RUNNING.includes(kind);

/** The pod template of a workload, or undefined for other kinds. */
export function templateOf({ spec }: KubeObject): PodTemplate | undefined {
  return spec?.template ?? spec?.jobTemplate?.spec.template;
}

export const containersOf = ({ spec }: PodTemplate): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** Every workload with its template. */
export const workloads = (objects: readonly KubeObject[]): { object: KubeObject; template: PodTemplate }[] =>
  objects.flatMap((object) => {
    const template = templateOf(object);
    return template === undefined ? [] : [{ object, template }];
  });

export const ofKind = (objects: readonly KubeObject[], kind: string): KubeObject[] =>
  objects.filter((object) => object.kind === kind);

/** Whether labels have all pairs of a selector. */
export const matches = (selector: Record<string, string> = {}, labels: Record<string, string> = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** Reads a path of a spec that has no type here. */
export function at<T>(object: unknown, ...path: (string | number)[]): T | undefined {
  let current = object as Record<string | number, unknown> | undefined;
  for (const key of path) current = current?.[key] as Record<string | number, unknown> | undefined;
  return current as T | undefined;
}
