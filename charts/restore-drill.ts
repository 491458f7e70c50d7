import { Construct } from 'constructs';
import { cronAt } from '../src/config/time-of-day';
import type { PlatformConfig } from '../src/config/types';
import type { BackupRepository } from '../src/constructs/backup-repository';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { RestoreDrill } from '../src/constructs/restore-drill';
import type { EnvValue } from '../src/constructs/container';
import { secretValue } from '../src/constructs/secret-ref';
import { DATABASE, PORT, PRIORITY, STANZA, WORKLOAD } from '../src/names';
import type { SecretRefs } from './context';
import { caMount, PATIENT } from './database-client';
import { boundaryOf } from './flows';

export interface PlatformDrillProps {
  readonly config: PlatformConfig;
  readonly secrets: SecretRefs;
  readonly repository: BackupRepository;
  /** Connection for the record; the variables are libpq's. */
  readonly recorder: Readonly<Record<string, EnvValue>>;
}

/** A schedule in UTC, once a week. */
export const drillSchedule = ({ backup: { drill } }: PlatformConfig): string => cronAt(drill.at, drill.weekday);

/** The weekly restore drill, proven by the simulator's `verify`. */
export class PlatformDrill extends Construct {
  constructor(scope: Construct, id: string, { config, secrets, repository, recorder }: PlatformDrillProps) {
    super(scope, id);
    const { images, backup } = config;
    const { drill } = backup;
    new RestoreDrill(this, 'drill', {
      name: WORKLOAD.restoreDrill,
      image: images.postgres.reference,
      schedule: drillSchedule(config),
      stanza: STANZA,
      user: repository.user,
      access: repository.access,
      processes: backup.processes,
      scratch: drill.scratch,
      resources: drill.server,
      verify: {
        image: images.simulator.reference,
        command: ['node', '/app/dist/main.js', 'verify'],
        env: {
          DATABASE_HOST: '127.0.0.1',
          DATABASE_PORT: `${PORT.postgres}`,
          DATABASE_NAME: DATABASE.edtech,
          // Within the pod no password is asked for.
          DATABASE_USER: secretValue(secrets.simulator, 'username'),
          ...PATIENT,
        },
        resources: drill.verify,
      },
      record: { env: recorder, mounts: [caMount(secrets.ca)] },
      priorityClassName: PRIORITY.batch,
    });
    new NetworkBoundary(this, 'network', boundaryOf(config, WORKLOAD.restoreDrill));
  }
}
