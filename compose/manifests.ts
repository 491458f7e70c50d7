import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../src/root';

/** Rendered manifests whose values the stack shares. */
export const MANIFESTS = path.join(ROOT, 'dist/development');

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number };
  readonly exec?: { readonly command: readonly string[] };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources: {
    readonly limits: { readonly cpu: string; readonly memory: string };
    readonly requests: { readonly cpu: string; readonly memory: string };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly configMap?: { readonly name: string; readonly optional?: boolean };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: {
        readonly name: string;
        readonly items: readonly { readonly key: string; readonly path: string }[];
      };
    }[];
  };
  readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly terminationGracePeriodSeconds: number;
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec: PodSpec };
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number }[];
    readonly minReplicas?: number;
    readonly scaleTargetRef?: { readonly name: string };
  };
}

/** All objects of a folder of rendered manifests. */
export function readManifests(directory: string = MANIFESTS): Manifest[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(path.join(directory, file), 'utf8')).map((text) => text.toJS() as Manifest),
  );
}

/** The Deployment, StatefulSet or Job of a workload. */
export function workloadManifest(manifests: readonly Manifest[], workload: string): Manifest {
  const found = manifests.filter(
    ({ metadata, spec }) => spec?.template !== undefined && metadata.labels?.['app.kubernetes.io/name'] === workload,
  );
  if (found.length !== 1) throw new Error(`${found.length} workloads are named ${workload}; expected 1`);
  return found[0];
}

export const podOf = (manifest: Manifest): PodSpec => manifest.spec?.template?.spec as PodSpec;

export function configMapData(manifests: readonly Manifest[], name: string): Readonly<Record<string, string>> {
  const found = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  if (found?.data === undefined) throw new Error(`no ConfigMap ${name} in the manifests`);
  return found.data;
}

/** Variables of a container that hold a secret: taken from one, or composed of such ones. */
export function secretVariables({ env = [] }: Container): string[] {
  const secret = new Set<string>();
  for (const { name, value, valueFrom } of env) {
    const composed = [...(value ?? '').matchAll(/\$\(([A-Z0-9_]+)\)/g)].some(([, part]) => secret.has(part));
    if (valueFrom?.secretKeyRef !== undefined || composed) secret.add(name);
  }
  return [...secret];
}
