import type { Client } from 'pg';
import { SHARDS, shardOf } from '../../events/event-id';
import { DAY_MS, parseDay, type Day } from '../../model/day';

/** A run whose figures readers see, or whose snapshots they see. */
export interface Run {
  readonly cohortId: number;
  readonly day: Day;
  /** ms since 1970. */
  readonly asOf: number;
}

/** Condition on cohorts and days that no erasure has left to be made again: until then sums count a student who is gone elsewhere. */
export const madeAgain = (table: string): string =>
  `not exists (select from ops.erasure_days e where e.cohort_id = ${table}.cohort_id and e.day = ${table}.day)`;

/** Cohorts and days that an erasure has left, ascending. */
export async function erasureDays(client: Client): Promise<Omit<Run, 'asOf'>[]> {
  const { rows } = await client.query<{ cohort_id: number; day: string }>(
    'select distinct cohort_id, day::text from ops.erasure_days order by 1, 2',
  );
  return rows.map((row) => ({ cohortId: row.cohort_id, day: parseDay(row.day) }));
}

async function readRuns(client: Client, condition: string): Promise<Run[]> {
  const { rows } = await client.query<{ cohort_id: number; day: string; as_of: Date }>(
    `select distinct on (cohort_id, r.day) cohort_id, day::text, as_of from analytics.runs r
     where ${condition} and ${madeAgain('r')}
     order by cohort_id, r.day, run_id desc`,
  );
  return rows.map((row) => ({ cohortId: row.cohort_id, day: parseDay(row.day), asOf: row.as_of.getTime() }));
}

/** The runs whose daily tables are published, ascending by cohort and day. */
export const publishedRuns = (client: Client): Promise<Run[]> => readRuns(client, `status = 'published'`);

/** Time after publishing within which the snapshots of a day may be still to come: longer than all tries of the DAG's step. */
const SNAPSHOTS_DUE = '1 hour';

/**
 * The runs whose snapshots (`at_risk`, `classroom_window`) stand: the last first run of each day, also after it was restated. A day
 * that has none long after it was published belongs to them, too: its rows are missing.
 */
export const snapshotRuns = (client: Client): Promise<Run[]> =>
  readRuns(
    client,
    `kind = 'first' and status in ('published', 'superseded') and (timings_ms ? 'risk'
       or published_at < now() - interval '${SNAPSHOTS_DUE}'
         and not exists (select from analytics.runs o where o.cohort_id = r.cohort_id and o.day = r.day and o.kind = 'first' and o.timings_ms ? 'risk'))`,
  );

interface Pending {
  readonly from: number;
  readonly to: number;
}

/** The part of the ledger that is not rolled up yet, by shard and UTC day. */
export class PendingBatches {
  private readonly batches = new Map<number, Pending[]>();

  static async read(client: Client): Promise<PendingBatches> {
    const { rows } = await client.query<{ shard_mask: string; day: string; received_from: Date; received_to: Date }>(
      `select shard_mask::text, utc_day::text as day, received_from, received_to
       from ingest.batches where rolled_up_at is null and events > 0`,
    );
    const pending = new PendingBatches();
    for (const row of rows) {
      const interval = { from: row.received_from.getTime(), to: row.received_to.getTime() };
      const mask = BigInt.asUintN(SHARDS, BigInt(row.shard_mask));
      for (let shard = 0; shard < SHARDS; shard++) {
        if (((mask >> BigInt(shard)) & 1n) === 1n) pending.add(parseDay(row.day) * SHARDS + shard, interval);
      }
    }
    return pending;
  }

  /** Whether the batch of a row waits for its roll-up. */
  holds(studentId: number, occurredAt: number, receivedAt: number): boolean {
    if (this.batches.size === 0) return false;
    const batches = this.batches.get(Math.floor(occurredAt / DAY_MS) * SHARDS + shardOf(studentId)) ?? [];
    return batches.some(({ from, to }) => receivedAt > from && receivedAt <= to);
  }

  private add(key: number, interval: Pending): void {
    const found = this.batches.get(key);
    if (found === undefined) this.batches.set(key, [interval]);
    else found.push(interval);
  }
}
