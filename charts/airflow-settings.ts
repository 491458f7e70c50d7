import type { AnalyticsSettings, RetentionSettings } from '../src/config/types';
import type { EnvValue } from '../src/constructs/container';
import type { PodProps } from '../src/constructs/pod';
import { secretValue } from '../src/constructs/secret-ref';
import type { ServiceEndpoint } from '../src/constructs/service';
import { emptyDir, type Mount } from '../src/constructs/volumes';
import { DATABASE, PORT, serviceHost, WORKLOAD } from '../src/names';
import type { SecretRefs } from './context';
import { CA_FILE, libpqUrl, type DatabaseClientProps } from './database-client';

const HOME = '/opt/airflow';
export const DAGS_DIRECTORY = `${HOME}/dags`;
export const PAGES_TLS_DIRECTORY = '/etc/edtech/pages-tls';

/** The image's entrypoint wants group 0. */
export const AIRFLOW_USER: Pick<PodProps, 'user' | 'group' | 'fsGroup'> = { user: 50000, group: 0, fsGroup: 0 };

/** Generated configuration, logs and bundles; everything else of the image is read only. */
export const writableMounts = (): Mount[] => [
  { path: HOME, volume: emptyDir('home', '512Mi') },
  { path: '/tmp', volume: emptyDir('tmp', '256Mi') },
];

export interface AirflowEnvironmentProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
  readonly parallelism: number;
  /** IANA zone in which pages show times. */
  readonly timeZone: string;
  readonly analytics: AnalyticsSettings;
  readonly retention: RetentionSettings;
  /** URL at which task processes report. */
  readonly executionApi: string;
  /** URL under which people open the page. */
  readonly pageUrl: string;
  /** Whether the api-server itself serves TLS. */
  readonly tls: boolean;
}

/**
 * Figures of the processes that live long, sent to Prometheus. Those of tasks are left out: each task is a process of its own that
 * counts to one, and the runs in the database say the same.
 */
export const airflowMetrics: Readonly<Record<string, EnvValue>> = {
  AIRFLOW__METRICS__OTEL_ON: 'True',
  AIRFLOW__METRICS__LEGACY_NAMES_ON: 'False',
  AIRFLOW__METRICS__METRICS_ALLOW_LIST:
    'scheduler_heartbeat,dag_processor_heartbeat,dag_processing,dagrun.duration,dagrun.schedule_delay,executor,pool,scheduler,task_instances_without_heartbeats_killed',
  OTEL_SERVICE_NAME: 'airflow',
  POD_NAME: { fieldPath: 'metadata.name' },
  OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=$(POD_NAME)',
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://${serviceHost(WORKLOAD.prometheus)}:${PORT.prometheus}/api/v1/otlp/v1/metrics`,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3',
  OTEL_METRIC_EXPORT_INTERVAL: '15000',
};

/** What the DAGs read from their environment; docs/operations/pipelines.md. */
const dagSettings = ({ analytics, retention }: AirflowEnvironmentProps): Record<string, EnvValue> => ({
  ...(analytics.from !== '' && { EDTECH_ANALYTICS_FROM: analytics.from }),
  EDTECH_CUT_ALLOWANCE_HOURS: `${analytics.cutAllowanceHours}`,
  EDTECH_RETENTION_DAYS: `${retention.rawEventDays}`,
  EDTECH_RETENTION_DRY_RUN: `${!retention.dropRawEvents}`,
  EDTECH_AIRFLOW_HISTORY_DAYS: `${retention.airflowMetadataDays}`,
});

/**
 * Of the scheduler, which serves the logs of its tasks: the api-server asks for them at what a task calls its host, and DNS knows no
 * name of a Deployment's pod.
 */
export const TASK_LOG_HOST = { AIRFLOW__CORE__HOSTNAME_CALLABLE: 'airflow.utils.net.get_host_ip_address' } as const;

/**
 * Of an api-server that believes the `X-Forwarded-` headers of an ingress, so that what people ask for over TLS is answered as such.
 * Who is believed needs no list: besides the scheduler, the network policy lets in the ingress controller only.
 */
export const FORWARDED_TRUSTED = { FORWARDED_ALLOW_IPS: '*' } as const;

type DatabaseProps = Pick<AirflowEnvironmentProps, 'secrets' | 'primary'>;

function metadataDatabase({ secrets, primary }: DatabaseProps): DatabaseClientProps {
  return { endpoint: primary, database: DATABASE.airflow, login: secrets.airflowDatabase };
}

// A dead primary must be noticed before the scheduler's heartbeat counts as lost.
const KEEPALIVE = { keepalives_idle: '5', keepalives_interval: '2', keepalives_count: '3', tcp_user_timeout: '8000' };

/**
 * What every command of Airflow needs, and all that the Jobs get: whatever stands here runs them again when it changes, and the users
 * Job then sets the administrator's password back to that of the Secret.
 */
export function airflowJobEnvironment(props: DatabaseProps): Record<string, EnvValue> {
  const database = metadataDatabase(props);
  return {
    ...libpqUrl('AIRFLOW__DATABASE__SQL_ALCHEMY_CONN', 'postgresql+psycopg2', database, KEEPALIVE),
    // asyncpg, the default, does not know libpq's options.
    ...libpqUrl('AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC', 'postgresql+psycopg_async', database, KEEPALIVE),
    AIRFLOW_HOME: HOME,
    AIRFLOW__CORE__AUTH_MANAGER: 'airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager',
    AIRFLOW__CORE__FERNET_KEY: secretValue(props.secrets.airflowKeys, 'fernet-key'),
    // Each start would write all roles and permissions, and two at a time collide: the users Job does it.
    AIRFLOW__FAB__UPDATE_FAB_PERMS: 'False',
    AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: 'False',
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    // The image's own wait gives up and each try loads all of Airflow; services wait by themselves.
    CONNECTION_CHECK_MAX_COUNT: '0',
  };
}

/** Settings of every Airflow process that keeps running; one list, since they must agree. */
export function airflowEnvironment(props: AirflowEnvironmentProps): Record<string, EnvValue> {
  const { secrets, primary } = props;
  return {
    ...airflowJobEnvironment(props),
    ...libpqUrl(
      'AIRFLOW_CONN_EDTECH',
      'postgresql',
      { endpoint: primary, database: DATABASE.edtech, login: secrets.analytics },
      KEEPALIVE,
    ),
    // Tasks have no access to Airflow's database; the clean-up DAG uses this connection.
    ...libpqUrl('AIRFLOW_CONN_AIRFLOW_METADATA', 'postgresql', metadataDatabase(props), KEEPALIVE),
    ...dagSettings(props),
    AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
    AIRFLOW__CORE__PARALLELISM: `${props.parallelism}`,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__DAGS_FOLDER: DAGS_DIRECTORY,
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: props.executionApi,
    AIRFLOW__API__SECRET_KEY: secretValue(secrets.airflowKeys, 'api-secret-key'),
    AIRFLOW__API_AUTH__JWT_SECRET: secretValue(secrets.airflowKeys, 'jwt-secret'),
    AIRFLOW__API__BASE_URL: props.pageUrl,
    // Each worker is a whole Airflow of 280 MiB.
    AIRFLOW__API__WORKERS: '1',
    ...(props.tls && {
      AIRFLOW__API__SSL_CERT: `${PAGES_TLS_DIRECTORY}/tls.crt`,
      AIRFLOW__API__SSL_KEY: `${PAGES_TLS_DIRECTORY}/tls.key`,
      // Task processes verify the api-server against the system's CAs; this is where theirs comes from.
      SSL_CERT_FILE: CA_FILE,
    }),
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: 'True',
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: '10',
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '30',
    AIRFLOW__CORE__DEFAULT_TIMEZONE: 'utc',
    AIRFLOW__API__DEFAULT_UI_TIMEZONE: props.timeZone,
  };
}
