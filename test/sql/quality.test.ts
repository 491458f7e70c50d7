import { completeView, session } from './support/events';
import { LOS_ANGELES, studentId, World } from './support/world';

const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
const ANNA = studentId(1, 0);

/** Ids of the rows of Anna's session that are corrupted below, in the order of time. */
const rowsOf = `select event_id from edtech.streaming_logs where student_id = ${ANNA} order by event_id`;
const nth = (n: number): string => `event_id = (${rowsOf} offset ${n} limit 1)`;

/** Each fixture breaks one rule behind the back of every role; the named check must say which rows it is about. */
const FIXTURES: readonly [title: string, check: string, damage: string, detail: RegExp][] = [
  ['an unknown student', 'orphans', `delete from edtech.students where student_id = ${ANNA}`, /student 63 is unknown/],
  [
    'an unknown lesson',
    'orphans',
    'delete from edtech.lessons where lesson_id = 1',
    /lesson 1 of student 63 is unknown/,
  ],
  [
    'a lesson of another segment',
    'orphans',
    'update edtech.streaming_logs set lesson_id = 4 where lesson_id = 1',
    /lesson 4 is one of segment university, student 63 is in segment school/,
  ],
  [
    'an event received before it occurred',
    'future_timestamps',
    `update edtech.streaming_logs set received_at = occurred_at - interval '1 ms' where ${nth(2)}`,
    /event \d+ was received before it occurred/,
  ],
  [
    'an event received after the watermark',
    'future_timestamps',
    `update edtech.streaming_logs set received_at = '2026-01-20Z' where ${nth(2)}`,
    /after the watermark of its shard/,
  ],
  [
    'an id that does not follow from the instant',
    'event_ids',
    `update edtech.streaming_logs set event_id = event_id + 4194304 where ${nth(3)}`,
    /event id \d+ does not follow/,
  ],
  [
    'an id that does not follow from the student',
    'event_ids',
    `update edtech.streaming_logs set event_id = event_id + 1 where ${nth(2)}`,
    /event id \d+ does not follow/,
  ],
  [
    'a position beyond the lesson',
    'impossible_positions',
    `update edtech.streaming_logs set position_seconds = 101 where ${nth(2)}`,
    /position of event \d+ is outside the lesson/,
  ],
  [
    'a position before the lesson',
    'impossible_positions',
    `update edtech.streaming_logs set position_seconds = -1 where ${nth(2)}`,
    /position of event \d+ is outside the lesson/,
  ],
  [
    'more watched than time has passed at double speed',
    'impossible_positions',
    `update edtech.streaming_logs set watched_seconds = 102 where ${nth(2)}`,
    /event \d+ watched more than twice the time/,
  ],
  [
    'a completion short of 95 %',
    'impossible_positions',
    'update edtech.streaming_logs set position_seconds = least(position_seconds, 94) where lesson_id = 1',
    /completed a lesson of 100 s at 94 s/,
  ],
  [
    'a gap in the ledger of a shard',
    'missing_shards',
    `update ingest.batches set received_to = '2026-01-06T08:00:00Z'`,
    /shard 0 received nothing in \{\("2026-01-06 08:00:00\+00","2026-01-06 12:00:00\+00"\]\}/,
  ],
  [
    'a watermark that went back',
    'missing_shards',
    `update ingest.shards set watermark = '2026-01-06T00:00:00Z' where shard = 63`,
    /^shard 63 has the watermark 2026-01-06 00:00:00\+00/,
  ],
  [
    'a batch that is in the ledger twice',
    'doubled_batches',
    `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, rolled_up_at)
     select replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, rolled_up_at
     from ingest.batches where events > 0`,
    /the ledger of 2026-01-05 counts 10 events, the roll-ups 5; batches \d+ and \d+ of 2026-01-05 overlap/,
  ],
  [
    'two batches that overlap in one shard',
    'doubled_batches',
    `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events, rolled_up_at)
     select replica, kind, 1, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, 1, rolled_up_at from ingest.batches where events > 0`,
    /shards 1 received .* of 2026-01-05 twice/,
  ],
  [
    'a batch that is missing in the ledger',
    'doubled_batches',
    'delete from ingest.batches where events > 0',
    /the ledger of 2026-01-05 counts 0 events, the roll-ups 5/,
  ],
  [
    'a session without start',
    'broken_sequences',
    `delete from edtech.streaming_logs where event_type = 'session_started'`,
    /session \d+ has no start/,
  ],
  [
    'a lesson started twice in a session',
    'broken_sequences',
    `update edtech.streaming_logs set event_type = 'lesson_started' where ${nth(2)}`,
    /lesson 1 starts 2 times in session \d+/,
  ],
  [
    'a view without start',
    'broken_sequences',
    `delete from edtech.streaming_logs where event_type = 'lesson_started'`,
    /view of lesson 1 in session \d+ has no start/,
  ],
  [
    'an event after the end of its session',
    'broken_sequences',
    `update edtech.streaming_logs set event_type = 'session_ended', lesson_id = null, position_seconds = null where ${nth(2)}`,
    /session \d+ goes on after its end/,
  ],
  [
    'a view that is completed and abandoned',
    'broken_sequences',
    `update edtech.streaming_logs set event_type = 'abandoned' where ${nth(2)}`,
    /view of lesson 1 in session \d+ ends 2 times/,
  ],
  [
    'a row that is gone',
    'student_roll_up',
    `delete from edtech.streaming_logs where ${nth(2)}`,
    /student_day of student 63/,
  ],
  [
    'a row that was changed',
    'student_roll_up',
    `update edtech.streaming_logs set watched_seconds = watched_seconds - 1 where ${nth(2)}`,
    /student_day of student 63/,
  ],
];

describe('the quality checks', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    const events = session({
      student: ANNA,
      start: '2026-01-05T18:00:00Z',
      views: [completeView(1, 10, 100)],
      end: 120,
    });
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-08T00:00:00Z');
    await world.rollUp();
  });
  afterAll(() => world.drop());

  /** Does the damage, computes and checks the day, and takes everything back. */
  const failures = async (damage: string): Promise<Map<string, string>> => {
    const client = world.superuser;
    await client.query('begin');
    try {
      // The damage that no role of ours can do: foreign keys and plain triggers are off.
      await client.query('set local session_replication_role = replica');
      await client.query(damage);
      const { rows } = await client.query('select analytics.compute_day(1::smallint, $1, $2) as run', [DAY, CUT]);
      await client.query('select analytics.check_day($1)', [rows[0].run]);
      const results = await client.query<{ check_name: string; detail: string }>(
        'select check_name, detail from analytics.data_quality_results where run_id = $1 and failed_rows > 0 and blocking',
        [rows[0].run],
      );
      await client.query('savepoint published');
      if (results.rows.length > 0)
        await expect(client.query('select analytics.publish_day($1)', [rows[0].run])).rejects.toThrow(
          /quality checks failed/,
        );
      return new Map(results.rows.map(({ check_name, detail }) => [check_name, detail]));
    } finally {
      await client.query('rollback');
    }
  };

  it('find nothing wrong with sound data', async () => {
    expect(await failures('select 1')).toEqual(new Map());
  });

  it.each(FIXTURES)('find %s', async (_, check, damage, detail) => {
    // The watermark is read before the day is computed, so this damage would be refused there: it is done afterwards.
    const found =
      check === 'missing_shards' && damage.includes('watermark')
        ? await afterComputing(damage)
        : await failures(damage);
    expect(found.get(check)).toMatch(detail);
  });

  const afterComputing = async (damage: string): Promise<Map<string, string>> => {
    const run = await world.compute(LOS_ANGELES, DAY, CUT);
    const client = world.superuser;
    await client.query('begin');
    try {
      await client.query(damage);
      await client.query('select analytics.check_day($1)', [run]);
      const { rows } = await client.query<{ check_name: string; detail: string }>(
        'select check_name, detail from analytics.data_quality_results where run_id = $1 and failed_rows > 0',
        [run],
      );
      return new Map(rows.map(({ check_name, detail }) => [check_name, detail]));
    } finally {
      await client.query('rollback');
    }
  };
});
