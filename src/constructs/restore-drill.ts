import { Construct } from 'constructs';
import type { RepositoryAccess } from './backup-repository';
import { SMALL, type ContainerProps, type EnvValue, type Resources } from './container';
import { FileConfigMap } from './file-config-map';
import { PGBACKREST_DIRECTORY, PGBACKREST_FILE, REPOSITORY_VOLUME, scratchSettings } from './pgbackrest-settings';
import { ScheduledTask } from './scheduled-task';
import { configMapVolume, emptyDir, ephemeralVolume, type Mount } from './volumes';

const SCRATCH = '/scratch';
/** A restore of a large database takes hours on a slow export; what takes longer is stuck. */
const LONGEST_SECONDS = 12 * 3600;

export interface RestoreDrillProps {
  readonly name: string;
  /** Image with pgBackRest, PostgreSQL and the programs of the drill. */
  readonly image: string;
  /** @default the chart's version */
  readonly version?: string;
  /** Five cron fields, in UTC. */
  readonly schedule: string;
  readonly stanza: string;
  /** User of the image, whose repository it is. */
  readonly user: number;
  readonly access: RepositoryAccess;
  /** Processes that copy at a time. */
  readonly processes: number;
  /** Volume that goes away with the pod; empty storage class for the cluster's default. */
  readonly scratch: { readonly size: string; readonly storageClass: string };
  /** The restore, and the server on what was restored. */
  readonly resources: Resources;
  /** What proves the restored data: a program that prints JSON and ends with 0. It reaches the server at 127.0.0.1:5432. */
  readonly verify: {
    readonly image: string;
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, EnvValue>>;
    readonly resources: Resources;
  };
  /** How the result gets into the database. */
  readonly record: { readonly env: Readonly<Record<string, EnvValue>>; readonly mounts: readonly Mount[] };
  readonly priorityClassName?: string;
}

/** Runs its arguments unless an earlier step failed, and leaves output and exit code to the step after it. */
const KEEP_RESULT = [
  'cd "$SCRATCH_DIRECTORY"',
  '[ ! -e failed ] || exit 0',
  '"$@" > verify.json',
  'printf %s $? > verify.code',
  'cat verify.json',
].join('; ');

/**
 * Restores the newest backup into a volume of its own, starts a server there, verifies what it holds and records the result.
 * No step but the last one fails the pod, so that every failure is recorded.
 */
export class RestoreDrill extends Construct {
  constructor(scope: Construct, id: string, props: RestoreDrillProps) {
    super(scope, id);
    const settings = new FileConfigMap(this, 'settings', {
      name: `${props.name}-settings`,
      files: { [PGBACKREST_FILE]: scratchSettings(props.stanza, SCRATCH, props.processes) },
    });
    const scratch: Mount = {
      path: SCRATCH,
      volume: ephemeralVolume('scratch', props.scratch.size, props.scratch.storageClass),
    };
    const own: Mount[] = [
      ...props.access.mounts
        .filter(({ path }) => path === REPOSITORY_VOLUME)
        .map((mount) => ({ ...mount, readOnly: true })),
      { path: PGBACKREST_DIRECTORY, volume: configMapVolume('drill-settings', settings.name), readOnly: true },
      { path: '/tmp', volume: emptyDir('tmp', '16Mi') },
      scratch,
    ];
    const step = (name: string, mounts: readonly Mount[]): Omit<ContainerProps, 'resources'> => ({
      name,
      image: props.image,
      command: ['python3', '-m', 'backup', `drill-${name}`],
      env: { ...props.access.env, SCRATCH_DIRECTORY: SCRATCH },
      mounts,
    });
    new ScheduledTask(this, 'task', {
      name: props.name,
      version: props.version,
      schedule: props.schedule,
      activeDeadlineSeconds: LONGEST_SECONDS,
      // What failed fails again; it is told at once.
      backoffLimit: 0,
      user: props.user,
      besides: props.access.besides,
      priorityClassName: props.priorityClassName,
      initContainers: [
        { ...step('restore', own), resources: props.resources },
        {
          ...step('server', own),
          sidecar: true,
          // Recovery takes as long as there is WAL since the backup: the next step waits for it, within the time of the whole drill.
          probes: {
            startup: {
              command: ['test', '-e', `${SCRATCH}/settled`],
              periodSeconds: 2,
              failureThreshold: LONGEST_SECONDS / 2,
            },
          },
          resources: props.resources,
        },
        {
          name: 'verify',
          image: props.verify.image,
          command: ['bash', '-c', KEEP_RESULT, 'verify', ...props.verify.command],
          env: { ...props.verify.env, SCRATCH_DIRECTORY: SCRATCH },
          resources: props.verify.resources,
          mounts: [scratch, { path: '/tmp', volume: emptyDir('tmp', '16Mi') }],
        },
      ],
      containers: [
        {
          ...step('record', [scratch, ...props.record.mounts]),
          env: { ...props.record.env, SCRATCH_DIRECTORY: SCRATCH },
          resources: SMALL,
        },
      ],
    });
  }
}
