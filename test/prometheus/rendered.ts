import { rootCertificates } from 'node:tls';
import { at, ofKind, templateOf, type KubeObject } from '../policy/support/objects';

/** A container of the rendered platform: what it runs, as whom, which files it finds, where it may write. */
export interface Rendered {
  readonly image: string;
  readonly args: readonly string[];
  readonly user: number;
  /** Content by absolute path. */
  readonly files: Readonly<Record<string, string>>;
  readonly writable: readonly string[];
  /** Folders of the node by where they are mounted. */
  readonly node: Readonly<Record<string, string>>;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The first container of a workload. Files of Secrets are any certificate: no server is reached with them. */
export function renderedContainer(objects: readonly KubeObject[], name: string): Rendered {
  const object = objects.find((one) => templateOf(one) !== undefined && one.metadata.name === name);
  if (object === undefined) throw new Error(`no workload ${name} is rendered`);
  const { spec } = templateOf(object)!;
  const [container] = spec.containers;
  const files: Record<string, string> = {
    [`${ACCOUNT}/token`]: 'none',
    [`${ACCOUNT}/ca.crt`]: rootCertificates[0],
  };
  const writable: string[] = [];
  const node: Record<string, string> = {};
  for (const { name: volumeName, mountPath } of container.volumeMounts ?? []) {
    const volume = spec.volumes?.find((one) => one.name === volumeName);
    if (volume?.configMap !== undefined) {
      const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === volume.configMap!.name);
      for (const [file, content] of Object.entries(map?.data ?? {})) files[`${mountPath}/${file}`] = content;
    } else if (volume?.secret !== undefined) files[`${mountPath}/ca.crt`] = rootCertificates[0];
    else if (volume?.hostPath === undefined || volumeName === 'state') writable.push(mountPath);
    else if (volumeName !== 'pod-logs') node[mountPath] = volume.hostPath.path;
  }
  return {
    image: container.image,
    args: container.args ?? [],
    user: at<number>(spec, 'securityContext', 'runAsUser')!,
    files,
    writable,
    node,
  };
}
