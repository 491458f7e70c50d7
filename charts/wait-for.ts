import type { PlatformConfig } from '../src/config/types';
import { SMALL, type ContainerProps } from '../src/constructs/container';
import { caMount, libpqVariables, type DatabaseClientProps } from './database-client';
import type { SecretRefs } from './context';

export interface WaitForProps extends DatabaseClientProps {
  readonly name: string;
  /** Query with one boolean; waited for until it is true. After an error it is asked again: nothing may be there yet. */
  readonly condition: string;
  /** Seconds after which the pod goes on where the answer is neither true nor false, but null or none. @default waits without end */
  readonly patienceSeconds?: number;
}

/** Asks until the answer is true. @param patienceSeconds see {@link WaitForProps} */
export function waitingScript(patienceSeconds?: number): string {
  const patience =
    patienceSeconds === undefined ? '' : ` || { [ "$answer" != f ] && [ $SECONDS -ge ${patienceSeconds} ]; }`;
  return `until answer=$(psql -XqAtc "$CONDITION" 2>/dev/null); [ "$answer" = t ]${patience}; do sleep 2; done`;
}

/** Init container that waits for a state of the database; it orders workloads that are all applied at once. */
export function waitFor(config: PlatformConfig, secrets: SecretRefs, props: WaitForProps): ContainerProps {
  return {
    name: props.name,
    image: config.images.postgres.reference,
    command: ['bash', '-c', waitingScript(props.patienceSeconds)],
    env: {
      CONDITION: props.condition,
      ...libpqVariables(props),
      PGCONNECT_TIMEOUT: '3',
      PGAPPNAME: props.name,
    },
    resources: SMALL,
    mounts: [caMount(secrets.ca)],
  };
}

/** True once all migrations of this release are applied; newer ones do not matter. */
export const migrated = (migrations: number): string => `select count(*) >= ${migrations} from migrations.applied`;

/**
 * True once history is loaded, null before anything has begun. False while a backfill is under way or was interrupted: live
 * replicas cannot receive anything until one has finished it.
 */
export const HISTORY_LOADED =
  'select case when exists (select from ingest.batches) then ingest.unfinished_backfill() is null end';
