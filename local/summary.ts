import type { Pool } from 'pg';
import type { AnswerKeyResult as Answered } from '../simulator/src/proof/answer-key';
import type { VerifyResult as Verified } from '../simulator/src/proof/verify';

/** Result of `simulator verify`, as far as the local run reads it. */
export type VerifyResult = Pick<Verified, 'compared' | 'lost' | 'extra' | 'changed' | 'unproven'>;

/** Result of `simulator answer-key`, as far as the local run reads it. */
export type AnswerKeyResult = Pick<Answered, 'compared' | 'different' | 'notMadeAgain' | 'tables'>;

/** A live replica as the database saw it. */
export interface ReplicaShare {
  readonly name: string;
  /** Transactions that it committed in this run. */
  readonly batches: number;
  readonly events: number;
  /** Shards that it held when the run ended. */
  readonly shards: number;
}

/** A published day. */
export interface PublishedDay {
  readonly cohort: string;
  readonly day: string;
  readonly events: number;
  /** Seconds that computing, checking and publishing took. */
  readonly seconds: number;
  readonly checksum: string;
}

/** What `npm start -- --json` prints. */
export interface Summary {
  readonly events: number;
  readonly students: number;
  readonly lessons: number;
  readonly classrooms: number;
  /** Seconds from the start to the end of live running. */
  readonly seconds: number;
  /** Seconds from the start until the first live tick was stored; null if none was. */
  readonly first_live_seconds: number | null;
  readonly replicas: readonly ReplicaShare[];
  readonly rollup_lag_seconds: number;
  readonly database_url: string;
  readonly verify: VerifyResult;
  readonly answer_key: AnswerKeyResult;
  readonly days: readonly PublishedDay[];
}

/**
 * What each live replica (their names begin with "replica-") ingested since `startedAt`, and how many shards it holds now.
 * A transaction writes a ledger row for every UTC day that it has events of, each with the same shards and interval.
 */
export async function replicaShares(pool: Pool, startedAt: Date): Promise<ReplicaShare[]> {
  const { rows } = await pool.query<ReplicaShare>(
    `select b.replica as name, count(distinct (b.received_from, b.received_to, b.shard_mask))::int as batches, sum(b.events)::int as events,
            (select count(*)::int from ingest.shards s where s.holder = b.replica) as shards
       from ingest.batches b
      where b.replica like 'replica-%' and b.committed_at >= $1
      group by b.replica order by b.replica`,
    [startedAt],
  );
  return rows;
}

/** Sizes of the tables of the requirements. */
export async function counts(pool: Pool): Promise<Pick<Summary, 'events' | 'students' | 'lessons' | 'classrooms'>> {
  const { rows } = await pool.query(
    `select (select count(*) from edtech.streaming_logs)::int as events, (select count(*) from edtech.student_ids)::int as students,
            (select count(*) from edtech.lessons)::int as lessons, (select count(*) from edtech.classrooms)::int as classrooms`,
  );
  return rows[0] as Pick<Summary, 'events' | 'students' | 'lessons' | 'classrooms'>;
}

/** Each published day with its latest published run. */
export async function publishedDays(pool: Pool): Promise<PublishedDay[]> {
  const { rows } = await pool.query<PublishedDay>(
    `select distinct on (r.cohort_id, r.day) c.name as cohort, r.day::text, d.events::int, r.checksum::text,
            extract(epoch from r.published_at - r.started_at)::float8 as seconds
       from analytics.runs r
       join edtech.cohorts c using (cohort_id)
       join analytics.cohort_day d using (cohort_id, day)
      where r.status = 'published'
      order by r.cohort_id, r.day, r.published_at desc`,
  );
  return rows;
}
