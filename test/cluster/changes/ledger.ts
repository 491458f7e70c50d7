import { sql } from '../support/members';

/** The simulator's tick, and how late one may commit. */
const TICK_SECONDS = 5;
export const LATEST_COMMIT_SECONDS = 10;

export const databaseTime = async (member: string): Promise<string> =>
  (await sql(member, 'select clock_timestamp();'))[0];

/**
 * How long the latest tick of any shard since a moment took to commit: the time between two commits of a shard, above the five
 * seconds that lie between two ticks. The time since its last commit counts as well.
 */
export async function latestTickSeconds(member: string, since: string): Promise<number> {
  const [gap] = await sql(
    member,
    `with commits as (
       select shard, committed_at from ingest.batches, generate_series(0, 63) shard
       where kind = 'live' and (shard_mask >> shard) & 1 = 1 and committed_at >= '${since}'::timestamptz - interval '1 minute'
       union all select shard, clock_timestamp() from generate_series(0, 63) shard
     ), gaps as (
       select committed_at, committed_at - lag(committed_at) over (partition by shard order by committed_at) as gap from commits
     )
     select extract(epoch from max(gap)) from gaps where committed_at >= '${since}';`,
  );
  if (gap === undefined || gap === '') throw new Error(`no commit since ${since}`);
  return Math.max(0, Number(gap) - TICK_SECONDS);
}
