import type { Pool } from 'pg';
import { refusedForNow, type HeldBackDay } from './held-back';

/** In the order of the DAG `restate_late_days`. */
const DAYS_LEFT = 'select distinct cohort_id, day::text from ops.erasure_days order by day desc, cohort_id';

/**
 * Makes the published days again that erasures (`ops.forget_student`) have left, each in a transaction of its own, with the function that
 * the DAG calls.
 * @param pool connections of the analytics role
 * @param options.stop ends it after the day under way
 * @returns the days that still count an erased student
 */
export async function finishErasures(
  pool: Pool,
  report: (done: number, total: number, unit?: string) => void,
  { stop }: { readonly stop?: AbortSignal } = {},
): Promise<HeldBackDay[]> {
  const heldBack: HeldBackDay[] = [];
  const { rows } = await pool.query<{ cohort_id: number; day: string }>(DAYS_LEFT);
  let done = 0;
  for (const { cohort_id: cohort, day } of rows) {
    if (stop?.aborted === true) break;
    const because = await finish(pool, cohort, day);
    if (because !== undefined) heldBack.push({ cohort, day, state: 'still counts an erased student', because });
    report(++done, rows.length, 'days of erased students');
  }
  return heldBack;
}

/** @returns what held the day back; undefined: it is made again */
async function finish(pool: Pool, cohort: number, day: string): Promise<string | undefined> {
  try {
    const { rows } = await pool.query<{ made: boolean | null }>(
      'select ops.finish_erasure_day($1::smallint, $2::date) as made',
      [cohort, day],
    );
    // Null, where another session has made it, is as good as true.
    return rows[0].made === false ? 'its rows fail the quality checks (analytics.data_quality_results)' : undefined;
  } catch (error) {
    return refusedForNow(error);
  }
}
