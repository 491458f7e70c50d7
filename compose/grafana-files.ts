import { parse, stringify } from 'yaml';
import { configMapData, podOf, workloadManifest, type Manifest } from './manifests';
import { PROFILES, SOURCE_TYPE, type Profile } from './profiles';
import { WORKLOAD } from '../src/names';

/** Seconds until Grafana sees a dashboard that was rendered again; 30 on Kubernetes. */
const UPDATE_SECONDS = 3;
const PROVISIONING = '/etc/grafana/provisioning/';

interface Providers {
  readonly providers: readonly object[];
}

interface Datasources {
  readonly datasources: readonly { readonly type: string }[];
}

/** Data sources and dashboard providers as on Kubernetes, except that changed dashboards are looked for more often and data sources are those that run. */
export function provisioningFiles(
  manifests: readonly Manifest[],
  profiles: readonly Profile[],
): Record<string, string> {
  const change: Readonly<Record<string, (text: string) => string>> = {
    dashboards: sooner,
    datasources: (text) => present(text, profiles),
  };
  const pod = podOf(workloadManifest(manifests, WORKLOAD.grafana));
  const files: Record<string, string> = {};
  for (const { name, mountPath } of pod.containers[0].volumeMounts ?? []) {
    const map = pod.volumes?.find((volume) => volume.name === name)?.configMap?.name;
    if (map === undefined || !mountPath.startsWith(PROVISIONING)) continue;
    const kind = mountPath.slice(PROVISIONING.length);
    for (const [file, text] of Object.entries(configMapData(manifests, map))) {
      files[`provisioning/${kind}/${file}`] = change[kind]?.(text) ?? text;
    }
  }
  return files;
}

function sooner(text: string): string {
  const content = parse(text) as Providers;
  const providers = content.providers.map((provider) => ({ ...provider, updateIntervalSeconds: UPDATE_SECONDS }));
  return stringify({ ...content, providers });
}

function present(text: string, profiles: readonly Profile[]): string {
  const absent = PROFILES.filter((profile) => !profiles.includes(profile)).map((profile) => SOURCE_TYPE[profile]);
  const content = parse(text) as Datasources;
  return stringify({ ...content, datasources: content.datasources.filter(({ type }) => !absent.includes(type)) });
}
