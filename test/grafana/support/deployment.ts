import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { secretRefs } from '../../../charts/05-secrets';
import { loadEnvironment } from '../../../src/config/environments';
import { ROOT } from '../../../src/root';
import type { SecretId } from '../../../src/secrets/catalogue';
import type { SecretStore } from '../../../src/secrets/store';

/** What a container finds at a path: files by name, or an empty folder that it may write to. */
export interface MountedFolder {
  readonly path: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Grafana's container as the committed manifest describes it, with the values of its Secrets. */
export interface GrafanaContainer {
  readonly image: string;
  readonly user: string;
  readonly memory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly folders: readonly MountedFolder[];
}

interface KeyRef {
  readonly name: string;
  readonly key: string;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: PodSpec } };
}
interface PodSpec {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly {
    readonly image: string;
    readonly env: readonly { name: string; value?: string; valueFrom?: { secretKeyRef: KeyRef } }[];
    readonly volumeMounts: readonly { name: string; mountPath: string }[];
    readonly resources: { readonly limits: { readonly memory: string } };
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string };
    readonly configMap?: { readonly name: string };
    readonly emptyDir?: object;
  }[];
}

/** @throws Error for a reference to an object that neither the manifest nor the catalogue of secrets has */
export function grafanaContainer(environment: string, { values }: Pick<SecretStore, 'values'>): GrafanaContainer {
  const text = readFileSync(path.join(ROOT, 'dist', environment, '50-grafana.k8s.yaml'), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const pod = manifests.find(({ kind }) => kind === 'Deployment')!.spec!.template!.spec;
  const [container, ...others] = pod.containers;
  if (others.length > 0) throw new Error(`Grafana has ${others.length} containers more than this test starts`);

  const secrets = new Map(
    Object.entries(secretRefs(loadEnvironment(environment))).map(([id, { name }]) => [name, values[id as SecretId]]),
  );
  const secret = (name: string): Readonly<Record<string, string>> => found(secrets.get(name), `Secret ${name}`);
  const configMap = (name: string): Readonly<Record<string, string>> =>
    found(manifests.find((m) => m.kind === 'ConfigMap' && m.metadata.name === name)?.data, `ConfigMap ${name}`);

  return {
    image: container.image,
    user: `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`,
    memory: container.resources.limits.memory,
    env: Object.fromEntries(
      container.env.map(({ name, value, valueFrom }) => {
        const ref = valueFrom?.secretKeyRef;
        return [name, ref ? found(secret(ref.name)[ref.key], `key ${ref.key} of ${ref.name}`) : found(value, name)];
      }),
    ),
    folders: container.volumeMounts.map(({ name, mountPath }) => {
      const volume = found(
        pod.volumes.find((candidate) => candidate.name === name),
        `volume ${name}`,
      );
      if (volume.secret) return { path: mountPath, files: secret(volume.secret.secretName) };
      if (volume.configMap) return { path: mountPath, files: configMap(volume.configMap.name) };
      return { path: mountPath };
    }),
  };
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the manifest of Grafana names ${what}, which is not there`);
  return value;
}
