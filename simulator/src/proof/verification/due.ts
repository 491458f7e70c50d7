import type { Client } from 'pg';
import { formatDay, parseDay, type Day } from '../../model/day';

/**
 * The first UTC day whose rows, as the ledger counts them, no recorded verification has found right: rows that came since, a
 * difference, an erasure and a night without a run all make a day due again. Without one the last day with rows.
 * Undefined while nothing is stored.
 * @param until last day that is looked at. @default all
 */
export async function firstDueDay(client: Client, until?: Day): Promise<Day | undefined> {
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
         and ($1::date is null or utc_day <= $1)
     ), due as (
       select utc_day from held h
       where not exists (select from ops.verifications v where v.utc_day = h.utc_day and v.ok and v.events = h.events)
     )
     select coalesce((select min(utc_day) from due), (select max(utc_day) from held))::text as day`,
    [until === undefined ? null : formatDay(until)],
  );
  const [{ day }] = rows;
  return day === null ? undefined : parseDay(day);
}
