import type { Receiver, Smtp } from '../../rules/alertmanager';
import type { Severity } from '../../rules/model';
import type { StreamConfigInput } from '../../simulator/src/model/config';
import type { ImageName, Images } from '../images';

/** Decides which defaults apply and how strict the rules are. */
export type Tier = 'development' | 'production';

/** CPU in cores or millicores (`250m`), memory with a binary unit (`256Mi`). */
export interface ResourceSettings {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memoryRequest: string;
  readonly memoryLimit: string;
}

export interface VolumeSettings {
  /** Size with a binary unit, for example `20Gi`. */
  readonly size: string;
  /** StorageClass; empty for the cluster's default. */
  readonly storageClass: string;
}

/** Where encryption at rest comes from; the platform can't see it, so a person states it. */
export type EncryptionAtRest =
  | { readonly by: 'storage-class' }
  | { readonly by: 'disks'; /** How, and who vouches for it. */ readonly reason: string }
  | { readonly by: 'nothing' };

export interface ApiServerAddress {
  /** Address of an API server's endpoint after service translation, for example `10.0.0.5/32`. */
  readonly cidr: string;
  /** Port of that endpoint, usually 6443. */
  readonly port: number;
}

export type Exposure =
  | {
      readonly kind: 'NodePort';
      /** Port on the nodes, 30000 to 32767. */
      readonly grafanaPort: number;
      /** Another one of that range. */
      readonly airflowPort: number;
    }
  | { readonly kind: 'LoadBalancer' }
  | {
      readonly kind: 'Ingress';
      /** IngressClass of the controller. */
      readonly className: string;
      /** Namespace of the ingress controller's pods; only they, and `controllerCidrs`, may reach the pages. */
      readonly controllerNamespace: string;
      /** Addresses of a controller in the network of its nodes, for example `10.20.0.0/24`: a policy does not know it by its namespace. */
      readonly controllerCidrs?: readonly string[];
      /** Secret of kind kubernetes.io/tls for both hosts, made by the site. */
      readonly tlsSecret: string;
    };

export interface PageSettings {
  /** Host name under which people reach the page. */
  readonly grafanaHost: string;
  /** The same of Airflow. */
  readonly airflowHost: string;
  /** Addresses that may open the pages. With an Ingress the controller enforces its own list. */
  readonly allowedCidrs: readonly string[];
  readonly exposure: Exposure;
  /** `internal-ca`: the pages serve TLS with a certificate of the platform's CA; `ingress`: the ingress ends TLS; `off`: development only. */
  readonly tls: 'internal-ca' | 'ingress' | 'off';
}

/** What nobody can guess: an environment without it is refused. */
export interface SiteSettings {
  /** Chooses the defaults, and how strict the rules are. */
  readonly tier: Tier;
  /** Endpoints of the API server: pods that use it may reach these. */
  readonly apiServers: readonly ApiServerAddress[];
  /** Addresses of the nodes, for example `10.20.0.0/24`: figures about containers and volumes come from their kubelets. */
  readonly nodeCidrs: readonly string[];
  readonly encryptionAtRest: EncryptionAtRest;
  readonly pages: PageSettings;
}

export interface PostgresSettings {
  /** Pods with a copy of the data each. */
  readonly members: number;
  /** `quorum`: any standbys acknowledge; `on`: named ones; `off`: asynchronous. */
  readonly synchronousMode: 'quorum' | 'on' | 'off';
  /** Refuse writes rather than go on without a synchronous standby. */
  readonly synchronousStrict: boolean;
  /** Standbys that must have a commit before it is acknowledged; at most members − 1. */
  readonly synchronousStandbys: number;
  /** A member waits rather than share a node with another; else it is a preference. */
  readonly onePerNode: boolean;
  /** `max_connections` of each member; at least what all services open (`src/config/connections.ts`). */
  readonly maxConnections: number;
  /** Data directory of each member; local or block storage, never NFS. */
  readonly volume: VolumeSettings;
  /** Of each member; sizes of buffers follow from the memory limit. */
  readonly resources: ResourceSettings;
  /** Further server parameters; they win over those that tune the server. What a promise rests on is refused (`src/constructs/guarded-parameters.ts`). */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The proof that what is stored is what the seed says, once a day; retention drops only days that it has proven. */
export interface VerificationSettings {
  /** Time of day in UTC, for example `00:40`. */
  readonly at: string;
  readonly resources: ResourceSettings;
}

export interface SimulatorSettings {
  /** Students at the start of the stream. A change needs a stream version for a day to come. */
  readonly students: number;
  /** Whole number that the stream is a function of; a database keeps to the one it began with. */
  readonly seed: number;
  /** What else the stream is made of, such as scenarios. A change needs a stream version, too. */
  readonly stream: Readonly<Omit<StreamConfigInput, 'students'>>;
  /** Days of history that the first apply fills. */
  readonly historyDays: number;
  /** The autoscaler never has fewer; at least 2. */
  readonly minReplicas: number;
  /** The autoscaler never has more; at most 64, one per shard. */
  readonly maxReplicas: number;
  /** Per cent of the CPU request at which the autoscaler adds a replica. */
  readonly targetCpuPercent: number;
  /** Of each replica, and of the Job that migrates the schema. */
  readonly resources: ResourceSettings;
  /** Of the Job that fills the history. */
  readonly backfillResources: ResourceSettings;
  readonly verification: VerificationSettings;
}

export interface AirflowSettings {
  /** Pods of the page and its API; production needs 2. */
  readonly apiServerReplicas: number;
  /** Task processes of the scheduler; each costs about 40 MiB while it waits. */
  readonly parallelism: number;
  readonly apiServer: ResourceSettings;
  readonly scheduler: ResourceSettings;
  readonly dagProcessor: ResourceSettings;
  /** Of the Jobs for Airflow's schema and accounts, and of what waits for them in the pods. */
  readonly jobs: ResourceSettings;
}

export interface GrafanaSettings {
  /** Pods of the page; production needs 2. */
  readonly replicas: number;
  readonly resources: ResourceSettings;
}

/** A restore of the newest backup beside the database, started and verified. */
export interface DrillSettings {
  /** Day of the week, 0 is Sunday. */
  readonly weekday: number;
  /** Time of day in UTC, for example `03:30`. */
  readonly at: string;
  /** Volume of a run; it must hold the whole database. */
  readonly scratch: VolumeSettings;
  /** The restore, and then the server on what was restored. */
  readonly server: ResourceSettings;
  /** The check of what was restored. */
  readonly verify: ResourceSettings;
}

/** Backups of the whole database cluster into one repository. */
export interface BackupSettings {
  /** Days of the week with a full backup, 0 is Sunday; on all others an incremental one is made. */
  readonly fullWeekdays: readonly number[];
  /** Time of day in UTC at which a backup begins, for example `01:30`. */
  readonly at: string;
  /** Any moment of so many past days can be restored. */
  readonly retentionDays: number;
  /** Processes that copy at a time. */
  readonly processes: number;
  /** Volume of the repository; with NFS its storage class is not used. */
  readonly volume: VolumeSettings;
  /** Export that belongs to user and group 999; an empty server for a volume of the storage class. */
  readonly nfs: { /** Name or address, as the nodes reach it. */ readonly server: string; readonly path: string };
  /** Host of the repository. */
  readonly repository: ResourceSettings;
  /** Server beside each member of the database. */
  readonly member: ResourceSettings;
  /** A run of a backup. */
  readonly jobs: ResourceSettings;
  /** Once a week it is proven that the newest backup can be restored. */
  readonly drill: DrillSettings;
}

export interface AnalyticsSettings {
  /**
   * UTC day such as `2026-03-02` from which on every day is published, days of history included; empty for days to come only. It counts
   * before the first apply: Airflow goes on from the last run that it made by itself, and earlier days need a backfill.
   */
  readonly from: string;
  /** Hours between the end of a local day and its first publication, 0 to 6. */
  readonly cutAllowanceHours: number;
}

export interface RetentionSettings {
  /** Days that raw events are kept. */
  readonly rawEventDays: number;
  /** Whether raw events past that age are dropped; else the DAG only reports what it would drop. */
  readonly dropRawEvents: boolean;
  /** Airflow's own history: runs, task instances, logs in the database. */
  readonly airflowMetadataDays: number;
}

export interface MetricsSettings {
  /** Days that samples are kept, unless `retentionSize` is reached before. */
  readonly retentionDays: number;
  /** Size at which the oldest blocks go, for example `4Gi`; the volume needs a quarter more for what is being written. */
  readonly retentionSize: string;
  /** Of Prometheus. */
  readonly volume: VolumeSettings;
  readonly prometheus: ResourceSettings;
  /** What only the database knows, as metrics. */
  readonly exporter: ResourceSettings;
  /** One per member of the database. */
  readonly postgresExporter: ResourceSettings;
  readonly kubeStateMetrics: ResourceSettings;
  readonly nodeExporter: ResourceSettings;
}

/** An address that Alertmanager may open: network policies know no names. */
export interface AlertDestination {
  /** For example `10.20.1.5/32`. */
  readonly cidr: string;
  readonly port: number;
}

export interface AlertingSettings {
  /** Who is told, by name. Addresses of webhooks must be in `destinations` with their ports, and so must the mail relay's. */
  readonly receivers: Readonly<Record<string, Receiver>>;
  /** Receiver of each severity: `critical` pages, `warning` is a ticket, `none` is the sign of life for a dead-man receiver. */
  readonly routes: Readonly<Record<Severity, string>>;
  /** Mail relay on the premises; needed where a receiver is an e-mail address. */
  readonly smtp?: Smtp;
  /** All that Alertmanager may reach outside. */
  readonly destinations: readonly AlertDestination[];
  /** Where the site publishes `docs/`, with a slash at the end; empty for the path in the sources. */
  readonly runbookBase: string;
  /** Silences, and what has been told already. */
  readonly volume: VolumeSettings;
  readonly resources: ResourceSettings;
}

export interface LogsSettings {
  /** Days that log lines are kept. */
  readonly retentionDays: number;
  /** What a day of logs takes on disk, compressed, with its index; retention is checked against it. */
  readonly expectedPerDay: string;
  /** Of Loki. */
  readonly volume: VolumeSettings;
  readonly loki: ResourceSettings;
  /** Of the collector on each node. */
  readonly collector: ResourceSettings;
}

/** Sum over all pods of the namespace; a synth refuses one without room for updates, Jobs and autoscalers together. */
export interface QuotaSettings {
  /** Binary unit, for example `32Gi`. */
  readonly memoryRequests: string;
  /** As above; may be more than the nodes have, since peaks do not coincide. */
  readonly memoryLimits: string;
  /** Cores or millicores. */
  readonly cpuRequests: string;
  /** Pods at a time, Jobs included. */
  readonly pods: number;
}

/** What has a default per tier. */
export interface TunedSettings {
  /** Put before every image name, for a site that mirrors them; no slash at the end. */
  readonly registryPrefix: string;
  /** Other tags than those of `src/images.ts`, by name of the image. */
  readonly imageTags: Readonly<Partial<Record<ImageName, string>>>;
  /** `generated`: the secrets command makes the values; `existing`: only references are rendered. */
  readonly secrets: 'generated' | 'existing';
  /** IANA zone of the pages. */
  readonly timeZone: string;
  /** Addresses that pods may ask for names besides the pods of the cluster's DNS: of a cache on each node, for example `169.254.25.10/32`. */
  readonly nameServers: readonly string[];
  readonly quota: QuotaSettings;
  readonly postgres: PostgresSettings;
  readonly backup: BackupSettings;
  readonly simulator: SimulatorSettings;
  readonly airflow: AirflowSettings;
  readonly grafana: GrafanaSettings;
  readonly analytics: AnalyticsSettings;
  readonly retention: RetentionSettings;
  readonly metrics: MetricsSettings;
  readonly alerting: AlertingSettings;
  readonly logs: LogsSettings;
}

/** Everything optional, at every depth; lists are replaced as a whole. */
export type Partially<T> = T extends readonly unknown[] | string | number | boolean
  ? T
  : { readonly [K in keyof T]?: Partially<T[K]> };

/** What a file in `config/` holds. */
export type EnvironmentSettings = SiteSettings & Partially<TunedSettings>;

/** Resolved and checked; what charts see. */
export interface PlatformConfig extends SiteSettings, TunedSettings {
  readonly environment: string;
  readonly images: Images;
  /** Revision of each Secret by its base name, from `config/<environment>.revisions.json`; 1 where absent. */
  readonly revisions: Readonly<Record<string, number>>;
}
