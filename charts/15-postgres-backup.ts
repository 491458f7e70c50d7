import type { App } from 'cdk8s';
import { LONGEST_BACKUP_SECONDS } from '../rules/alerts/platform';
import { cronAt } from '../src/config/time-of-day';
import type { PlatformConfig } from '../src/config/types';
import { BackupRepository } from '../src/constructs/backup-repository';
import type { EnvValue } from '../src/constructs/container';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { repositorySettings } from '../src/constructs/pgbackrest-settings';
import { DATA_DIRECTORY, SOCKET_DIRECTORY } from '../src/constructs/postgres-cluster';
import { ScheduledTask } from '../src/constructs/scheduled-task';
import type { ServiceEndpoint } from '../src/constructs/service';
import { DATABASE, PRIORITY, STANZA, WORKLOAD, type WorkloadName } from '../src/names';
import { BACKUP_MEMBER } from '../src/secrets/catalogue';
import { caMount, libpqVariables } from './database-client';
import { ComponentChart, type SecretRefs } from './context';
import { boundaryOf } from './flows';
import { PlatformDrill } from './restore-drill';

/** Exit code of a backup that is made and not recorded, as `backup/run.py` of the image has it. */
const MADE_NOT_RECORDED = 3;

export interface PostgresBackupChartProps {
  readonly secrets: SecretRefs;
  readonly primary: ServiceEndpoint;
  /** Hosts of the members of the cluster. */
  readonly memberHosts: readonly string[];
}

/** Schedules in UTC, in which a day never has 23 hours: a full backup on some days of the week, an incremental one on the others. */
export function backupSchedules({ backup }: PlatformConfig): Readonly<Record<'full' | 'incr', string>> {
  const on = (full: boolean): string =>
    [0, 1, 2, 3, 4, 5, 6].filter((weekday) => backup.fullWeekdays.includes(weekday) === full).join(',');
  return { full: cronAt(backup.at, on(true)), incr: cronAt(backup.at, on(false)) };
}

/** The backup repository, and the jobs that make backups. */
export class PostgresBackupChart extends ComponentChart {
  readonly repository: BackupRepository;

  constructor(app: App, config: PlatformConfig, { secrets, primary, memberHosts }: PostgresBackupChartProps) {
    const { images, backup } = config;
    super(app, { config, id: '15-postgres-backup', component: 'postgres-backup', version: images.postgres.tag });
    this.repository = new BackupRepository(this, 'repository', {
      name: WORKLOAD.backupRepository,
      image: images.postgres.reference,
      stanza: STANZA,
      settings: repositorySettings({
        stanza: STANZA,
        memberHosts,
        dataDirectory: DATA_DIRECTORY,
        socketDirectory: SOCKET_DIRECTORY,
        memberCommonName: BACKUP_MEMBER,
        retentionDays: backup.retentionDays,
        processes: backup.processes,
      }),
      tls: secrets.backupRepositoryTls,
      cipher: secrets.backupCipher,
      volume: {
        ...backup.volume,
        nfs: backup.nfs.server === '' ? undefined : { server: backup.nfs.server, path: backup.nfs.path },
      },
      resources: backup.repository,
      priorityClassName: PRIORITY.service,
    });
    const { access, user } = this.repository;
    const schedules = backupSchedules(config);
    for (const [kind, name] of [
      ['full', WORKLOAD.backupFull],
      ['incr', WORKLOAD.backupIncr],
    ] as const) {
      new ScheduledTask(this, kind, {
        name,
        schedule: schedules[kind],
        activeDeadlineSeconds: LONGEST_BACKUP_SECONDS,
        // A primary that moves ends the backup that reads it.
        backoffLimit: 3,
        // The next run makes up for the record.
        notAgainAfter: { container: 'backup', exitCodes: [MADE_NOT_RECORDED] },
        user,
        besides: access.besides,
        priorityClassName: PRIORITY.batch,
        containers: [
          {
            name: 'backup',
            image: images.postgres.reference,
            command: ['python3', '-m', 'backup', 'run', kind],
            env: { ...access.env, ...recorder(primary, secrets, name) },
            resources: backup.jobs,
            mounts: [...access.mounts, caMount(secrets.ca)],
          },
        ],
      });
    }
    new PlatformDrill(this, 'restore-drill', {
      config,
      secrets,
      repository: this.repository,
      recorder: recorder(primary, secrets, WORKLOAD.restoreDrill),
    });
    for (const workload of [WORKLOAD.backupRepository, WORKLOAD.backupFull, WORKLOAD.backupIncr]) {
      new NetworkBoundary(this, `network-${workload}`, boundaryOf(config, workload));
    }
  }
}

/** Connection of a job that records what it did. */
function recorder(
  primary: ServiceEndpoint,
  secrets: SecretRefs,
  workload: WorkloadName,
): Readonly<Record<string, EnvValue>> {
  return {
    ...libpqVariables({ endpoint: primary, database: DATABASE.edtech, login: secrets.backup }),
    PGAPPNAME: workload,
  };
}
