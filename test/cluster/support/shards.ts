import { sql } from './members';

const SHARDS = 64;

export interface Ownership {
  /** Shards with a lease in force. */
  readonly owned: number;
  /** Shards of each replica that has any, largest first. */
  readonly shares: readonly number[];
}

/** Who holds the shards now, by the database's clock. */
export async function ownership(member: string): Promise<Ownership> {
  const rows = await sql(
    member,
    'select count(*) from ingest.shards where lease_expires_at > now() and holder is not null group by holder order by 1 desc;',
  );
  const shares = rows.map(Number);
  return { owned: shares.reduce((sum, share) => sum + share, 0), shares };
}

/** Whether so many replicas share all shards evenly. */
export const fairlyShared = ({ owned, shares }: Ownership, replicas: number): boolean =>
  owned === SHARDS && shares.length === replicas && shares[0] <= Math.ceil(SHARDS / replicas);
