import { Construct } from 'constructs';
import { LONGEST_PROOF_SECONDS } from '../rules/transactions';
import { cronAt } from '../src/config/time-of-day';
import type { PlatformConfig } from '../src/config/types';
import { NetworkBoundary } from '../src/constructs/network-boundary';
import { ScheduledTask } from '../src/constructs/scheduled-task';
import { emptyDir } from '../src/constructs/volumes';
import { PRIORITY, WORKLOAD } from '../src/names';
import type { SecretRefs } from './context';
import { caMount, PATIENT, simulatorConnection, type DatabaseClientProps } from './database-client';
import { boundaryOf } from './flows';
import { SIMULATOR_UID } from './simulator-settings';

export interface VerificationProps {
  readonly config: PlatformConfig;
  readonly secrets: SecretRefs;
  readonly database: DatabaseClientProps;
}

/** A schedule in UTC, once a day. */
export const verificationSchedule = ({ simulator }: PlatformConfig): string => cronAt(simulator.verification.at);

/** The nightly proof of the days that changed since they were last proven; retention drops only what it has found right. */
export class Verification extends Construct {
  constructor(scope: Construct, id: string, { config, secrets, database }: VerificationProps) {
    super(scope, id);
    const { images, simulator } = config;
    new ScheduledTask(this, 'verification', {
      name: WORKLOAD.verification,
      schedule: verificationSchedule(config),
      activeDeadlineSeconds: LONGEST_PROOF_SECONDS,
      user: SIMULATOR_UID,
      priorityClassName: PRIORITY.batch,
      containers: [
        {
          name: 'verify',
          image: images.simulator.reference,
          args: ['verify', '--due', '--record'],
          env: { ...simulatorConnection(database), ...PATIENT },
          resources: simulator.verification.resources,
          mounts: [caMount(secrets.ca), { path: '/tmp', volume: emptyDir('tmp', '64Mi') }],
        },
      ],
    });
    new NetworkBoundary(this, 'network', boundaryOf(config, WORKLOAD.verification));
  }
}
