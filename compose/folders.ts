import { secretCatalogue, type SecretId } from '../src/secrets/catalogue';
import type { Pages } from '../src/secrets/catalogue';
import type { SecretStore } from '../src/secrets/store';
import { provisioningFiles } from './grafana-files';
import { collectorFiles, lokiFiles } from './log-files';
import {
  configMapData,
  podOf,
  secretVariables,
  workloadManifest,
  type Container,
  type Manifest,
  type Volume,
} from './manifests';
import { serverFiles } from './postgres-files';
import type { Profile } from './profiles';
import { prometheusFiles } from './prometheus-files';
import { AIRFLOW_METRICS, type Twin } from './twins';

/** Where a folder is mounted in its service; Kubernetes mounts the same files below it. */
const MOUNT = '/etc/edtech/';
/** Rendered live by a service of their own, and mounted within the folder. */
const DASHBOARDS = 'dashboards';

/** What one folder has to hold. */
export interface Folder {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Content by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Empty folders that something else is mounted on. */
  readonly mountPoints: readonly string[];
}

type Values = (secret: string) => Readonly<Record<string, string>>;

/** Values of a store by the name of a rendered Secret, whatever its revision. */
function valuesOf(store: SecretStore, pages: Pages): Values {
  const ids = Object.entries(secretCatalogue(pages)).map(([id, { name }]) => [name, id as SecretId] as const);
  const byName = new Map(ids);
  return (secret) => {
    const id = byName.get(secret.replace(/-r\d+$/, ''));
    const values = id === undefined ? undefined : store.values[id];
    if (values === undefined) throw new Error(`the store has no secret ${secret}`);
    return values;
  };
}

/** A line for `sh`; values have no quotes, and one that had would end the start here. */
function assignment(name: string, value: string): string {
  if (value.includes("'")) throw new Error(`${name} has a quote in its value`);
  return `${name}='${value}'\n`;
}

/** Variables with secrets in them; those that are not secret stand in compose.yaml. */
function environmentFile(container: Container, differences: Twin['differences'], values: Values): string {
  const absent = differences.filter(({ compose }) => compose === undefined).map(({ what }) => what);
  const secret = secretVariables(container);
  const known: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!secret.includes(name)) continue;
    const reference = valueFrom?.secretKeyRef;
    known[name] =
      reference === undefined
        ? (value ?? '').replace(/\$\(([A-Z0-9_]+)\)/g, (_, part: string) => known[part])
        : values(reference.name)[reference.key];
  }
  return Object.entries(known)
    .filter(([name]) => !absent.includes(`environment ${name}`))
    .map(([name, value]) => assignment(name, value))
    .join('');
}

/** Single keys of Secrets as files. */
const projectedFiles = ({ sources }: NonNullable<Volume['projected']>, values: Values): Record<string, string> =>
  Object.fromEntries(
    sources.flatMap(({ secret }) => secret.items.map(({ key, path }) => [path, values(secret.name)[key]])),
  );

function volumeFiles(manifests: readonly Manifest[], volume: Volume, values: Values): Readonly<Record<string, string>> {
  if (volume.secret !== undefined) return values(volume.secret.secretName);
  if (volume.projected !== undefined) return projectedFiles(volume.projected, values);
  return configMapData(manifests, volume.configMap?.name ?? volume.name);
}

/** Files of Secrets and ConfigMaps that Kubernetes mounts at the same place. */
function mountedFiles(manifests: readonly Manifest[], twin: Twin, values: Values): Record<string, string> {
  const pod = podOf(workloadManifest(manifests, twin.workload));
  const files: Record<string, string> = {};
  for (const { name, mountPath } of pod.containers[0].volumeMounts ?? []) {
    if (!mountPath.startsWith(MOUNT) || mountPath.startsWith(`${MOUNT}${DASHBOARDS}/`)) continue;
    const volume = pod.volumes?.find((candidate) => candidate.name === name);
    // Not there unless someone makes it.
    if (volume?.configMap?.optional === true) continue;
    for (const [file, text] of Object.entries(volumeFiles(manifests, volume ?? { name }, values)))
      files[`${mountPath.slice(MOUNT.length)}/${file}`] = text;
  }
  return files;
}

/** Variables of Airflow that `with-secrets` reads for services that know of the profile: how it sends its figures. */
function metricsFile({ env = [] }: Container): string {
  return env
    .filter(({ name, value }) => AIRFLOW_METRICS.includes(name) && value !== undefined)
    .map(({ name, value }) => assignment(name, value as string))
    .join('');
}

/** What is not as on Kubernetes, by folder. */
const OWN: Readonly<Record<string, (manifests: readonly Manifest[], profiles: readonly Profile[]) => object>> = {
  postgres: serverFiles,
  grafana: provisioningFiles,
  prometheus: prometheusFiles,
  loki: lokiFiles,
  'log-collector': collectorFiles,
};

function filesOf(
  manifests: readonly Manifest[],
  twin: Twin,
  values: Values,
  profiles: readonly Profile[],
): Record<string, string> {
  const container = podOf(workloadManifest(manifests, twin.workload)).containers[0];
  const env = environmentFile(container, twin.differences, values);
  const metrics = metricsFile(container);
  return {
    ...mountedFiles(manifests, twin, values),
    ...(env !== '' && { env }),
    ...(metrics !== '' && { 'env-metrics': metrics }),
    ...OWN[twin.folder]?.(manifests, profiles),
  };
}

export interface FolderSources {
  readonly manifests: readonly Manifest[];
  readonly store: SecretStore;
  readonly pages: Pages;
  /** The chosen profiles. */
  readonly profiles: readonly Profile[];
}

/** What the folders of some twins have to hold. */
export function folders(wanted: readonly Twin[], { manifests, store, pages, profiles }: FolderSources): Folder[] {
  const values = valuesOf(store, pages);
  return [...new Set(wanted.map(({ folder }) => folder))].map((name) => {
    const twins = wanted.filter(({ folder }) => folder === name);
    const { runAsUser, runAsGroup } = podOf(workloadManifest(manifests, twins[0].workload)).securityContext;
    const files = Object.assign({}, ...twins.map((twin) => filesOf(manifests, twin, values, profiles))) as Record<
      string,
      string
    >;
    return {
      name,
      uid: runAsUser,
      gid: runAsGroup,
      files,
      mountPoints: name === 'grafana' ? [DASHBOARDS] : [],
    };
  });
}
