import { k8s } from 'cdk8s-plus-27';
import type { SecretRef } from './secret-ref';

/** A volume of a pod; containers mount it by reference, the pod template lists it once. */
export type PodVolume = k8s.Volume;

/** A mount of a container. */
export interface Mount {
  readonly path: string;
  readonly volume: PodVolume;
  /** @default false */
  readonly readOnly?: boolean;
  /** One file or folder of the volume. A ConfigMap mounted that way is not updated in place. */
  readonly subPath?: string;
  /** Whether what the node mounts below it later is seen too. @default false */
  readonly seesLaterMounts?: boolean;
}

/** Scratch space. @param sizeLimit with a binary unit; the pod is evicted beyond it */
export function emptyDir(name: string, sizeLimit: string, medium?: 'Memory'): PodVolume {
  return { name, emptyDir: { sizeLimit: k8s.Quantity.fromString(sizeLimit), medium } };
}

/** All keys of a ConfigMap as files. @param mode permission bits, for scripts 0o555 */
export function configMapVolume(name: string, configMapName: string, mode = 0o444): PodVolume {
  return { name, configMap: { name: configMapName, defaultMode: mode } };
}

/** All keys of a Secret as files, readable by the pod's group: PostgreSQL and pgBackRest refuse keys that others can read. */
export function secretVolume(name: string, secret: SecretRef, mode = 0o440): PodVolume {
  return { name, secret: { secretName: secret.name, defaultMode: mode } };
}

/** A volume that a claim of another workload holds. */
export const claimedVolume = (name: string, claimName: string): PodVolume => ({
  name,
  persistentVolumeClaim: { claimName },
});

/** A folder of the node itself; only pods of a privileged namespace get one. */
export function nodeFolder(
  name: string,
  path: string,
  type: 'Directory' | 'DirectoryOrCreate' = 'Directory',
): PodVolume {
  return { name, hostPath: { path, type } };
}
