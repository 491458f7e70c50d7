import type { Pool } from 'pg';

/** What the terminal shows of the running platform. */
export interface LiveFigures {
  /** Events per second over the last minute, by the ledger. */
  readonly eventsPerSecond: number;
  /** Seconds between now and the oldest watermark. */
  readonly ingestLagSeconds: number;
  /** Seconds since the oldest ledger row that is not rolled up was committed; 0 without one. */
  readonly rollupLagSeconds: number;
  /** Students with an event in the last five minutes. */
  readonly activeStudents: number;
  /** Lessons with the most students in the last five minutes, busiest first. */
  readonly busiestLessons: readonly { readonly title: string; readonly students: number }[];
}

const FIGURES = `
select
  (select coalesce(sum(events), 0) / 60.0 from ingest.batches
    where kind = 'live' and committed_at > clock_timestamp() - interval '1 minute')::float8 as events_per_second,
  (select extract(epoch from clock_timestamp() - min(watermark)) from ingest.shards)::float8 as ingest_lag,
  coalesce((select extract(epoch from clock_timestamp() - min(committed_at)) from ingest.batches
    where rolled_up_at is null), 0)::float8 as rollup_lag,
  (select count(distinct student_id) from edtech.streaming_logs
    where occurred_at > clock_timestamp() - interval '5 minutes')::int as active_students`;

const BUSIEST = `
select lessons.title, count(distinct student_id)::int as students
  from edtech.streaming_logs join edtech.lessons using (lesson_id)
 where occurred_at > clock_timestamp() - interval '5 minutes'
 group by lessons.lesson_id, lessons.title
 order by students desc, lessons.title
 limit 3`;

/** @param pool connections of a role that may read raw rows and the ledger */
export async function liveFigures(pool: Pool): Promise<LiveFigures> {
  const { rows } = await pool.query<{
    events_per_second: number;
    ingest_lag: number;
    rollup_lag: number;
    active_students: number;
  }>(FIGURES);
  const { rows: busiestLessons } = await pool.query<{ title: string; students: number }>(BUSIEST);
  const [figures] = rows;
  return {
    eventsPerSecond: figures.events_per_second,
    ingestLagSeconds: figures.ingest_lag,
    rollupLagSeconds: figures.rollup_lag,
    activeStudents: figures.active_students,
    busiestLessons,
  };
}

/** The figures as lines of text. */
export function describeFigures(figures: LiveFigures, lastVerified: string): string[] {
  const busiest = figures.busiestLessons.map(({ title, students }) => `${title} (${students})`).join(', ');
  return [
    `events/s        ${figures.eventsPerSecond.toFixed(1)}`,
    `ingest lag      ${figures.ingestLagSeconds.toFixed(1)} s, roll-up lag ${figures.rollupLagSeconds.toFixed(1)} s`,
    `active students ${figures.activeStudents} (last 5 minutes)`,
    `busiest lessons ${busiest || 'none in the last 5 minutes'}`,
    `last verified   ${lastVerified}`,
  ];
}
