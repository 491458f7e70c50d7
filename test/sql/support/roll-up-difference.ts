import type { World } from './world';

/** What each roll-up must hold, counted again from the raw rows by the plainest query there is. */
const EXPECTED: Readonly<Record<string, string>> = {
  minute: `select date_trunc('minute', occurred_at), c.cohort_id, count(*), ${[
    'enrolled',
    'unenrolled',
    'session_started',
    'session_ended',
    'lesson_started',
    'heartbeat',
    'paused',
    'resumed',
    'seeked',
    'buffered',
    'lesson_completed',
    'abandoned',
  ]
    .map((kind) => `count(*) filter (where event_type = '${kind}')`)
    .join(
      ', ',
    )}, sum(watched_seconds), sum(stalled_ms), sum(case event_type when 'lesson_started' then stalled_ms else 0 end),
    count(*) filter (where received_at - occurred_at > interval '120 s')
    from raw join edtech.students c using (student_id) group by 1, 2`,
  lesson_hour: `select lesson_id, cohort_id, starts_at + k * interval '1 hour', count(*), ${kinds('lesson_started', 'lesson_completed', 'abandoned', 'paused', 'seeked', 'buffered')},
    sum(watched_seconds), sum(stalled_ms), sum(case event_type when 'lesson_started' then stalled_ms else 0 end)
    from placed where lesson_id is not null group by 1, 2, 3`,
  classroom_hour: `select classroom_id, starts_at + k * interval '1 hour', coalesce(bit_or(1::bigint << seat) filter (where session_id is not null), 0), count(*),
    ${kinds('session_started', 'lesson_started', 'lesson_completed', 'abandoned', 'buffered')}, sum(watched_seconds), sum(stalled_ms),
    sum(case event_type when 'lesson_started' then stalled_ms else 0 end), count(*) filter (where received_at - occurred_at > interval '120 s')
    from placed group by 1, 2`,
  student_day: `select student_id, day, late, count(*), ${kinds('session_started', 'lesson_started', 'lesson_completed', 'abandoned', 'buffered')},
    sum(watched_seconds), sum(stalled_ms), coalesce(bit_or(1 << k) filter (where session_id is not null), 0), min(occurred_at), max(occurred_at)
    from placed group by 1, 2, 3`,
  lesson_views: `select student_id, lesson_id, event_id, received_at from raw where event_type = 'lesson_started'`,
};

function kinds(...names: string[]): string {
  return names.map((kind) => `count(*) filter (where event_type = '${kind}')`).join(', ');
}

const PLACED = `with raw as (select * from edtech.streaming_logs), placed as (
  select r.*, s.classroom_id, s.cohort_id, s.seat, d.day, d.starts_at,
    floor(extract(epoch from r.occurred_at - d.starts_at) / 3600)::int as k,
    greatest(0, ceil(extract(epoch from r.received_at - d.ends_at) / 3600))::int as late
  from raw r join edtech.students s using (student_id)
    join edtech.school_days d on d.cohort_id = s.cohort_id and r.occurred_at >= d.starts_at and r.occurred_at < d.ends_at)`;

/** Rows of each roll-up that differ from the raw rows, as text; empty if all are exact. */
export async function rollUpDifferences(world: World): Promise<string[]> {
  const found: string[] = [];
  for (const [table, query] of Object.entries(EXPECTED)) {
    const rows = await world.rows<{ row: string }>(
      `${PLACED}, expected as (${query}), stored as (select * from analytics.${table})
       (select 'missing ' || e::text as row from (select row(e.*)::text as e from expected e except all select row(s.*)::text from stored s) e)
       union all
       (select 'extra ' || s::text from (select row(s.*)::text as s from stored s except all select row(e.*)::text from expected e) s)`,
    );
    found.push(...rows.map(({ row }) => `${table}: ${row}`));
  }
  return found;
}
