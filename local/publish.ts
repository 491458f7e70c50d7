import type { Pool } from 'pg';
import { finishErasures } from './erasures';
import { refusedForNow, type HeldBackDay } from './held-back';

/** A cohort's local day that is to be published, and as of when. A refused one is tried again after an hour. */
export interface DueDay {
  readonly cohort_id: number;
  readonly day: string;
  readonly as_of: string;
  readonly kind: 'first' | 'restatement';
}

const DUE_FIRST_RUNS = `
select d.cohort_id, d.day::text, analytics.first_cut(d.cohort_id, d.day)::text as as_of, 'first' as kind
  from edtech.school_days d
 where d.day >= (select min(valid_from_day) from ingest.stream_versions)
   and analytics.ready(d.cohort_id, d.day, analytics.first_cut(d.cohort_id, d.day))
   and not exists (select from analytics.runs r
                    where r.cohort_id = d.cohort_id and r.day = d.day and r.kind = 'first'
                      and (r.status in ('published', 'superseded')
                           or r.status = 'refused' and r.started_at > clock_timestamp() - interval '1 hour'))
 order by d.day, d.cohort_id`;

const DUE_RESTATEMENTS = `
select cohort_id, day::text, as_of::text, 'restatement' as kind
  from analytics.due_restatements((select min(watermark) from ingest.shards))
 order by day, as_of, cohort_id`;

/** First runs whose snapshots are missing: a run that was killed right after it had published a day left it so. */
const MISSING_SNAPSHOTS = `
select r.run_id, r.cohort_id, r.day::text from analytics.runs r
 where r.kind = 'first' and r.status in ('published', 'superseded') and not r.timings_ms ? 'risk'
   and not exists (select from analytics.runs o
                    where o.cohort_id = r.cohort_id and o.day = r.day and o.kind = 'first' and o.timings_ms ? 'risk')
 order by r.day, r.cohort_id, r.run_id`;

/**
 * Publishes every past day that is due, first runs before restatements, with the same functions that the DAGs call. Takes the
 * snapshots of risk that days before were left without, and makes the days again that erasures have left.
 * @param pool connections of the analytics role
 * @param options.wanted leaves out due days for which it is false. @default all
 * @param options.stop ends it after the day under way
 * @returns the days that were held back: those that the quality checks refused, and those that are left to the next call
 */
export async function publishDueDays(
  pool: Pool,
  report: (done: number, total: number, unit?: string) => void,
  { wanted = () => true, stop }: { readonly wanted?: (due: DueDay) => boolean; readonly stop?: AbortSignal } = {},
): Promise<HeldBackDay[]> {
  const heldBack: HeldBackDay[] = [];
  const { rows: unassessed } = await pool.query<{ run_id: string }>(MISSING_SNAPSHOTS);
  for (const { run_id } of unassessed) {
    if (stop?.aborted === true) return heldBack;
    await pool.query('select analytics.compute_risk($1)', [run_id]);
  }
  for (const query of [DUE_FIRST_RUNS, DUE_RESTATEMENTS]) {
    const rows = (await pool.query<DueDay>(query)).rows.filter(wanted);
    let done = 0;
    for (const due of rows) {
      if (stop?.aborted === true) return heldBack;
      const because = await publish(pool, due);
      if (because !== undefined)
        heldBack.push({ cohort: due.cohort_id, day: due.day, state: 'not published', because });
      report(++done, rows.length, query === DUE_FIRST_RUNS ? 'days' : 'restatements');
    }
  }
  return [...heldBack, ...(await finishErasures(pool, report, { stop }))];
}

/** @returns what held the day back; undefined: it is published */
async function publish(pool: Pool, due: DueDay): Promise<string | undefined> {
  let run: string;
  try {
    run = await call(pool, 'analytics.compute_day($1::smallint, $2::date, $3::timestamptz, $4)', [
      due.cohort_id,
      due.day,
      due.as_of,
      due.kind,
    ]);
    const failed = await call<number>(pool, 'analytics.check_day($1)', [run]);
    if (failed > 0) return `${failed} checks failed (analytics.data_quality_results)`;
    await call(pool, 'analytics.publish_day($1)', [run]);
  } catch (error) {
    return refusedForNow(error);
  }
  if (due.kind === 'first') await call(pool, 'analytics.compute_risk($1)', [run]);
  return undefined;
}

async function call<T>(pool: Pool, sql: string, values: readonly unknown[]): Promise<T> {
  return (await pool.query<{ value: T }>(`select ${sql} as value`, [...values])).rows[0].value;
}
