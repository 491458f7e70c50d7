import { NAMESPACE } from '../names';
import type { CertificateUsage } from './certificates';

/** Consumers of the database with two logins each: one is in use, the other is ready for the next rotation. */
export const CONSUMERS = {
  simulator: 'edtech_simulator',
  analytics: 'edtech_analytics',
  'dashboards-educator': 'edtech_dashboards_educator',
  'dashboards-admin': 'edtech_dashboards_admin',
  monitor: 'edtech_monitor',
  backup: 'edtech_backup',
  airflow: 'airflow',
  'dashboards-airflow': 'airflow_reader',
  grafana: 'grafana',
  replication: 'standby',
  rewind: 'rewind',
} as const;
export type Consumer = keyof typeof CONSUMERS;

const ALL_CONSUMERS = Object.keys(CONSUMERS) as Consumer[];
/** Consumers of the platform's own database; its roles come from sql/bootstrap. */
export const EDTECH_CONSUMERS: readonly Consumer[] = ALL_CONSUMERS.filter((consumer) =>
  CONSUMERS[consumer].startsWith('edtech_'),
);

/** Owner of the schemas; only migrations log in as it. */
export const OWNER_LOGIN = 'edtech_owner';
/** It has one login, which nothing uses most of the time: its password is rotated in two halves as well, the other way round. */
export const OWNER = 'owner';
/** What a person rotates by a name of its own, in two halves. */
export const ROTATABLE: readonly string[] = [...ALL_CONSUMERS, OWNER];

export const loginsOf = (consumer: Consumer): readonly [string, string] => [
  `${CONSUMERS[consumer]}_a`,
  `${CONSUMERS[consumer]}_b`,
];

/** Every login role with a password. */
export const LOGINS: readonly string[] = [...ALL_CONSUMERS.flatMap((consumer) => loginsOf(consumer)), OWNER_LOGIN];

/** How the values of a Secret come about. */
export type Making =
  | { readonly kind: 'ca' }
  | {
      readonly kind: 'certificate';
      readonly commonName: string;
      readonly usage: CertificateUsage;
      readonly hosts: readonly string[];
    }
  | { readonly kind: 'logins' }
  | { readonly kind: 'login'; readonly consumer: Consumer }
  | { readonly kind: 'owner' }
  | { readonly kind: 'account'; readonly username: string }
  | {
      readonly kind: 'keys';
      readonly keys: Readonly<Record<string, 'fernet' | 'password' | 'long'>>;
      /** What is encrypted with it cannot be encrypted anew. @default false */
      readonly forever?: boolean;
    };

export interface SecretSpec {
  readonly name: string;
  readonly keys: readonly string[];
  readonly making: Making;
  /** Who uses it and what for, for the documentation. */
  readonly purpose: string;
  /** What is lost for good without it; printed as to be kept outside the cluster. @default nothing */
  readonly keep?: string;
  /** Made, but no object: nothing uses it in this configuration. @default false */
  readonly unused?: boolean;
}

/** Common names of pgBackRest's two sides; each lets in only the other. */
export const BACKUP_MEMBER = 'edtech-postgres-backup-member';
export const BACKUP_REPOSITORY = 'edtech-backup-repository';

const CERTIFICATE_KEYS = ['tls.crt', 'tls.key', 'ca.crt'];
const LOGIN_KEYS = ['username', 'password'];

const serviceNames = (service: string): string[] => [
  service,
  `${service}.${NAMESPACE}`,
  `${service}.${NAMESPACE}.svc`,
  `${service}.${NAMESPACE}.svc.cluster.local`,
];

const login = (name: string, consumer: Consumer, purpose: string): SecretSpec => ({
  name,
  keys: LOGIN_KEYS,
  making: { kind: 'login', consumer },
  purpose,
});

/** The two pages, as people call them. */
export interface Pages {
  readonly grafanaHost: string;
  readonly airflowHost: string;
  /** Who ends TLS; with `internal-ca` the pages do. */
  readonly tls: 'internal-ca' | 'ingress' | 'off';
}

/** Every Secret of the platform, in the order of the rendered file. */
export function secretCatalogue(pages: Pages) {
  const specs = {
    ca: {
      name: 'edtech-ca',
      keys: ['ca.crt'],
      making: { kind: 'ca' },
      purpose: 'certificate of the internal CA, which every client verifies against',
      keep: 'key of the internal CA: without it every certificate has to be replaced at once',
    },
    postgresTls: {
      name: 'edtech-postgres-tls',
      keys: CERTIFICATE_KEYS,
      making: {
        kind: 'certificate',
        commonName: 'edtech-postgres',
        usage: 'server',
        hosts: [
          ...serviceNames('edtech-postgres-rw'),
          ...serviceNames('edtech-postgres-ro'),
          ...serviceNames('edtech-postgres-headless').map((host) => `*.${host}`),
          'localhost',
        ],
      },
      purpose: 'server certificate of PostgreSQL and of the REST API of Patroni',
    },
    operatorTls: {
      name: 'edtech-postgres-operator-tls',
      keys: CERTIFICATE_KEYS,
      making: { kind: 'certificate', commonName: 'edtech-postgres-reconciler', usage: 'client', hosts: [] },
      purpose: 'client certificate of the reconciler, the only superuser over the network',
    },
    replication: login('edtech-postgres-replication', 'replication', 'streaming replication between members'),
    rewind: login('edtech-postgres-rewind', 'rewind', 'pg_rewind of a former primary'),
    backupMemberTls: {
      name: 'edtech-postgres-backup-tls',
      keys: CERTIFICATE_KEYS,
      making: {
        kind: 'certificate',
        commonName: BACKUP_MEMBER,
        usage: 'peer',
        hosts: serviceNames('edtech-postgres-headless').map((host) => `*.${host}`),
      },
      purpose: 'members of the database towards the backup repository, and the other way round',
    },
    backupRepositoryTls: {
      name: 'edtech-backup-repository-tls',
      keys: CERTIFICATE_KEYS,
      making: {
        kind: 'certificate',
        commonName: BACKUP_REPOSITORY,
        usage: 'peer',
        hosts: serviceNames('edtech-backup-repository'),
      },
      purpose: 'backup repository towards the members of the database, and the other way round',
    },
    backupCipher: {
      name: 'edtech-backup-cipher',
      keys: ['passphrase'],
      making: { kind: 'keys', keys: { passphrase: 'long' }, forever: true },
      purpose: 'encryption of the backup repository',
      keep: 'passphrase of the backup repository: without it no backup can be opened',
    },
    patroniApi: {
      name: 'edtech-patroni-api',
      keys: LOGIN_KEYS,
      making: { kind: 'account', username: 'patroni' },
      purpose: 'changes through the REST API of Patroni',
    },
    logins: {
      name: 'edtech-postgres-logins',
      keys: LOGINS,
      making: { kind: 'logins' },
      purpose: 'passwords of all login roles, which the reconciler sets',
    },
    owner: {
      name: 'edtech-owner-database',
      keys: LOGIN_KEYS,
      making: { kind: 'owner' },
      purpose: 'migrations',
    },
    simulator: login('edtech-simulator-database', 'simulator', 'ingest and verification'),
    analytics: login('edtech-analytics-database', 'analytics', 'DAGs'),
    dashboardsEducator: login('edtech-dashboards-educator-database', 'dashboards-educator', 'data source with names'),
    dashboardsAdmin: login('edtech-dashboards-admin-database', 'dashboards-admin', 'data source without names'),
    monitor: login('edtech-monitor-database', 'monitor', 'figures about the database itself'),
    backup: login('edtech-backup-database', 'backup', 'records of backups and restore drills'),
    airflowDatabase: login('edtech-airflow-database', 'airflow', 'database of Airflow'),
    airflowKeys: {
      name: 'edtech-airflow-keys',
      keys: ['fernet-key', 'api-secret-key', 'jwt-secret'],
      making: { kind: 'keys', keys: { 'fernet-key': 'fernet', 'api-secret-key': 'long', 'jwt-secret': 'long' } },
      purpose: 'encryption and tokens of Airflow',
      keep: 'Fernet key: without it connections and variables stored in Airflow cannot be read',
    },
    airflowAdmin: {
      name: 'edtech-airflow-admin',
      keys: LOGIN_KEYS,
      making: { kind: 'account', username: 'admin' },
      purpose: 'first administrator of Airflow',
    },
    dashboardsAirflow: login(
      'edtech-dashboards-airflow-database',
      'dashboards-airflow',
      'data source for the state of Airflow',
    ),
    grafanaDatabase: login('edtech-grafana-database', 'grafana', 'database of Grafana'),
    grafanaKeys: {
      name: 'edtech-grafana-keys',
      keys: ['secret-key'],
      making: { kind: 'keys', keys: { 'secret-key': 'long' }, forever: true },
      purpose: 'encryption of what Grafana stores',
      keep: 'Grafana secret key: without it passwords stored in Grafana cannot be read',
    },
    grafanaAdmin: {
      name: 'edtech-grafana-admin',
      keys: LOGIN_KEYS,
      making: { kind: 'account', username: 'admin' },
      purpose: 'first administrator of Grafana',
    },
    pagesTls: {
      name: 'edtech-pages-tls',
      keys: CERTIFICATE_KEYS,
      making: {
        kind: 'certificate',
        commonName: 'edtech-pages',
        usage: 'server',
        hosts: [
          ...new Set([
            pages.grafanaHost,
            pages.airflowHost,
            ...serviceNames('edtech-grafana'),
            ...serviceNames('edtech-airflow-api-server'),
          ]),
        ],
      },
      purpose: 'server certificate of the two pages where they end TLS themselves',
      unused: pages.tls !== 'internal-ca',
    },
  } as const satisfies Record<string, SecretSpec>;
  return specs as Readonly<Record<keyof typeof specs, SecretSpec>>;
}

export type SecretCatalogue = ReturnType<typeof secretCatalogue>;
export type SecretId = keyof SecretCatalogue;

/** Name of the object: a new revision is a new object, so pods that use it roll and nothing is replaced in place. */
export const revisionName = (name: string, revision: number): string => `${name}-r${revision}`;
