import { k8s } from 'cdk8s-plus-27';
import type { SecretRef, SecretValue } from './secret-ref';

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

/** The same of a ConfigMap that need not exist; no file then. What a pod sees of it is what there is when it starts, and follows. */
export function optionalConfigMapVolume(name: string, configMapName: string): PodVolume {
  return { name, configMap: { name: configMapName, defaultMode: 0o444, optional: true } };
}

/** All keys of a Secret as files, readable by the pod's group: PostgreSQL and pgBackRest refuse keys that others can read. */
export function secretVolume(name: string, secret: SecretRef, mode = 0o440): PodVolume {
  return { name, secret: { secretName: secret.name, defaultMode: mode } };
}

/** A key of a Secret as a file of another name. */
export interface SecretFile {
  readonly secret: SecretValue;
  readonly file: string;
}

/** Single keys of several Secrets as files of one folder: what else those Secrets hold is not there. */
export function secretFilesVolume(name: string, files: readonly SecretFile[]): PodVolume {
  const sources = files.map(({ secret: { secretName, key }, file }) => ({
    secret: { name: secretName, items: [{ key, path: file }] },
  }));
  return { name, projected: { sources, defaultMode: 0o440 } };
}

/** Scratch space larger than a node's own disk should carry: a volume of its own that goes away with the pod. */
export function ephemeralVolume(name: string, size: string, storageClass: string): PodVolume {
  return {
    name,
    ephemeral: {
      volumeClaimTemplate: {
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: storageClass === '' ? undefined : storageClass,
          resources: { requests: { storage: k8s.Quantity.fromString(size) } },
        },
      },
    },
  };
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
