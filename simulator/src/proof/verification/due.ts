import type { Client } from 'pg';
import { parseDay, type Day } from '../../model/day';

/**
 * The first UTC day whose rows, as the ledger counts them, no recorded verification has found right: rows that came since, a
 * difference, an erasure and a night without a run all make a day due again. Without one the last day with rows.
 * Undefined while nothing is stored.
 */
export async function firstDueDay(client: Client): Promise<Day | undefined> {
  const { rows } = await client.query<{ day: string | null }>(
    `with counted as (
       select utc_day, sum(events) as events from (
         select utc_day, events from ingest.batches where utc_day is not null
         union all select utc_day, events from ingest.pruned_batches
         union all select utc_day, -events from ops.erased_events) ledger
       group by utc_day
     ), held as (
       select utc_day, events from counted c
       where not exists (select from ops.dropped_partitions d where d.utc_day = c.utc_day)
     ), due as (
       select utc_day from held h
       where not exists (select from ops.verifications v where v.utc_day = h.utc_day and v.ok and v.events = h.events)
     )
     select coalesce((select min(utc_day) from due), (select max(utc_day) from held))::text as day`,
  );
  const [{ day }] = rows;
  return day === null ? undefined : parseDay(day);
}
