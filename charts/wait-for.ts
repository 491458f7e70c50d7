import type { PlatformConfig } from '../src/config/types';
import { SMALL, type ContainerProps } from '../src/constructs/container';
import { secretValue } from '../src/constructs/secret-ref';
import { CA_FILE, caMount, type DatabaseClientProps } from './database-client';
import type { SecretRefs } from './context';

export interface WaitForProps extends DatabaseClientProps {
  readonly name: string;
  /** Query with one boolean; waited for until it is true. Errors count as false: nothing may be there yet. */
  readonly condition: string;
  /** Seconds after which the pod goes on all the same. @default waits without end */
  readonly patienceSeconds?: number;
}

/** Init container that waits for a state of the database; it orders workloads that are all applied at once. */
export function waitFor(config: PlatformConfig, secrets: SecretRefs, props: WaitForProps): ContainerProps {
  const deadline = props.patienceSeconds === undefined ? '' : ` || [ $SECONDS -ge ${props.patienceSeconds} ]`;
  return {
    name: props.name,
    image: config.images.postgres.reference,
    command: ['bash', '-c', `until [ "$(psql -XqAtc "$CONDITION" 2>/dev/null)" = t ]${deadline}; do sleep 2; done`],
    env: {
      CONDITION: props.condition,
      PGHOST: props.endpoint.nearHost,
      PGPORT: `${props.endpoint.port}`,
      PGDATABASE: props.database,
      PGUSER: secretValue(props.login, 'username'),
      PGPASSWORD: secretValue(props.login, 'password'),
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: CA_FILE,
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
 * True once history is loaded. A backfill writes a ledger row with each day and moves the watermarks at its very end, so rows
 * beyond a watermark are one that is under way or was interrupted; no row at all means that nothing has begun.
 */
export const HISTORY_LOADED = `select exists (select from ingest.batches) and not exists (
  select from ingest.batches
  where kind = 'backfill' and received_to > (select min(coalesce(watermark, '-infinity')) from ingest.shards))`;
