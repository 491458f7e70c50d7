import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { workloadLabels } from '../labels';
import { withoutNamespace } from './cluster-wide';
import type { ContainerProps, EnvValue, Resources } from './container';
import { FileConfigMap } from './file-config-map';
import {
  PGBACKREST_DIRECTORY,
  PGBACKREST_FILE,
  PGBACKREST_PORT,
  PGBACKREST_TLS_DIRECTORY,
  REPOSITORY_VOLUME,
} from './pgbackrest-settings';
import { secretValue, type SecretRef } from './secret-ref';
import type { ServiceEndpoint } from './service';
import { claimOf, dataVolume, StatefulService } from './stateful-service';
import { claimedVolume, configMapVolume, emptyDir, secretVolume, type Mount, type PodVolume } from './volumes';

/** User of the image; an NFS export must belong to it. */
const UID = 999;

/** Where the repository lies: on a volume of one node, or on an export that every node can mount. */
export interface RepositoryVolume {
  /** Size with a binary unit. */
  readonly size: string;
  /** Of a volume of one node; empty for the cluster's default. @default '' */
  readonly storageClass?: string;
  /** @default a volume of one node */
  readonly nfs?: { readonly server: string; readonly path: string };
}

export interface BackupRepositoryProps {
  /** Name of the StatefulSet, its Service and, with NFS, of the PersistentVolume. */
  readonly name: string;
  readonly image: string;
  /** @default the chart's version */
  readonly version?: string;
  readonly stanza: string;
  /** As from `repositorySettings`. */
  readonly settings: string;
  /** Certificate of the repository: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly tls: SecretRef;
  /** `passphrase`. */
  readonly cipher: SecretRef;
  readonly volume: RepositoryVolume;
  readonly resources: Resources;
  readonly priorityClassName?: string;
}

/** What a pod needs to work on the repository itself. */
export interface RepositoryAccess {
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly mounts: readonly Mount[];
  /** Workload whose node the pod must share. */
  readonly besides?: string;
}

/** The host of a pgBackRest repository: it takes WAL from the members of a cluster, and jobs beside it make the backups. */
export class BackupRepository extends Construct {
  readonly endpoint: ServiceEndpoint;
  readonly user = UID;
  /** For jobs that make, expire or restore backups. */
  readonly access: RepositoryAccess;

  constructor(scope: Construct, id: string, props: BackupRepositoryProps) {
    super(scope, id);
    const { name, volume } = props;
    const settings = new FileConfigMap(this, 'settings', {
      name: `${name}-settings`,
      files: { [PGBACKREST_FILE]: props.settings },
    });
    const env = {
      STANZA: props.stanza,
      BACKUP_VOLUME: REPOSITORY_VOLUME,
      PGBACKREST_REPO1_CIPHER_PASS: secretValue(props.cipher, 'passphrase'),
    };
    const mounts = (repository: PodVolume): Mount[] => [
      { path: REPOSITORY_VOLUME, volume: repository },
      { path: PGBACKREST_DIRECTORY, volume: configMapVolume('backup-settings', settings.name), readOnly: true },
      { path: PGBACKREST_TLS_DIRECTORY, volume: secretVolume('backup-tls', props.tls), readOnly: true },
      { path: '/tmp', volume: emptyDir('tmp', '16Mi') },
    ];
    if (volume.nfs !== undefined) this.export(name, volume.size, volume.nfs);

    const container = (of: string, command: string): ContainerProps => ({
      name: of,
      image: props.image,
      command: ['python3', '-m', 'backup', command],
      env,
      resources: props.resources,
      mounts: mounts(dataVolume()),
    });
    this.endpoint = new StatefulService(this, 'host', {
      name,
      version: props.version,
      user: UID,
      priorityClassName: props.priorityClassName,
      portName: 'pgbackrest',
      port: PGBACKREST_PORT,
      claim: {
        size: volume.size,
        storageClass: volume.storageClass ?? '',
        sharedVolume: volume.nfs === undefined ? undefined : name,
      },
      initContainers: [container('check', 'check')],
      containers: [
        {
          ...container('repository', 'serve'),
          ports: { pgbackrest: PGBACKREST_PORT },
          probes: {
            startup: { tcpPort: PGBACKREST_PORT, periodSeconds: 2, failureThreshold: 60 },
            readiness: { tcpPort: PGBACKREST_PORT, periodSeconds: 10, failureThreshold: 3 },
            liveness: { tcpPort: PGBACKREST_PORT, periodSeconds: 20, failureThreshold: 5 },
          },
        },
      ],
    }).endpoint;
    this.access = {
      env,
      mounts: mounts(claimedVolume('repository', claimOf(name))),
      besides: volume.nfs === undefined ? name : undefined,
    };
  }

  /** `restricted` allows no NFS in a pod, but a claim of a volume that is NFS. */
  private export(name: string, size: string, nfs: { readonly server: string; readonly path: string }): void {
    const volume = new k8s.KubePersistentVolume(this, 'export', {
      metadata: { name, labels: { ...workloadLabels(Chart.of(this).labels, name) } },
      spec: {
        capacity: { storage: k8s.Quantity.fromString(size) },
        accessModes: ['ReadWriteMany'],
        // The backups outlive the platform.
        persistentVolumeReclaimPolicy: 'Retain',
        // Kept for this claim: any other one without a class that waits somewhere in the cluster could take the volume first.
        claimRef: { namespace: Chart.of(this).namespace, name: claimOf(name) },
        storageClassName: '',
        mountOptions: ['nfsvers=4.1', 'hard'],
        nfs: { ...nfs },
      },
    });
    withoutNamespace(volume);
  }
}
