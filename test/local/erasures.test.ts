import { Pool, type Client } from 'pg';
import { finishErasures } from '../../local/erasures';
import { publishDueDays } from '../../local/publish';
import { proven } from '../../local/run';
import { runAnswerKey } from '../../simulator/src/proof/answer-key';
import { loadStream } from '../proof/support/load';
import { smallStream } from '../proof/support/small-stream';
import { completeView, session } from '../sql/support/events';
import { LOS_ANGELES, studentId, World } from '../sql/support/world';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';

const silent = (): undefined => undefined;

describe('a publishing pass of the local run after an erasure', () => {
  let database: TestDatabase;
  let admin: Client;
  let pool: Pool;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await database.connect('superuser');
    await loadStream(admin, [smallStream('2026-03-02', 60)], Date.UTC(2026, 2, 9, 7, 30));
    await admin.query('select analytics.roll_up(100000000)');
    pool = new Pool({ connectionString: database.url('analytics'), max: 1 });
    expect(await publishDueDays(pool, silent)).toEqual([]);
  }, 180_000);
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  const answer = () => runAnswerKey({ database: databaseAt(database.url('simulator')) });
  const rows = async <T>(sql: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await admin.query(sql, [...values])).rows as T[];
  const isProven = (key: Awaited<ReturnType<typeof answer>>): boolean =>
    proven({ verify: { compared: 1, lost: 0, extra: 0, changed: 0, unproven: 0 }, answer_key: key });

  it('takes the student out of the sums of every published day, so that all of them are proven', async () => {
    const [{ student_id: student }] = await rows<{ student_id: number }>(
      'select student_id from analytics.student_lesson_day group by 1 order by count(distinct day) desc, 1 limit 1',
    );
    const events = await rows<{ day: string; left: number }>(
      `select d.day::text, (d.events - s.events)::int as left from edtech.students st
         join lateral (select day, sum(events) as events from analytics.student_day where student_id = st.student_id group by 1) s on true
         join analytics.cohort_day d on d.cohort_id = st.cohort_id and d.day = s.day
        where st.student_id = $1 order by 1`,
      [student],
    );
    const [{ cohort_id: cohort }] = await rows<{ cohort_id: number }>(
      'select cohort_id from edtech.students where student_id = $1',
      [student],
    );
    const sums = (): Promise<unknown[]> =>
      rows(
        'select day::text, events::int as left from analytics.cohort_day where cohort_id = $1 and day = any ($2) order by 1',
        [cohort, events.map(({ day }) => day)],
      );
    expect(events.length).toBeGreaterThan(2);

    await pool.query(`select ops.forget_student($1, 'asked for it')`, [student]);
    const waiting = await answer();
    expect([waiting.different, waiting.notMadeAgain > 2, isProven(waiting)]).toEqual([0, true, false]);
    expect(await sums()).not.toEqual(events);

    expect(await publishDueDays(pool, silent)).toEqual([]);
    expect(await rows('select from ops.erasure_days')).toEqual([]);
    expect(await sums()).toEqual(events);
    const made = await answer();
    expect([made.different, made.notMadeAgain, isProven(made)]).toEqual([0, 0, true]);
    expect(made.compared).toBeGreaterThan(waiting.compared);
  }, 180_000);
});

describe('days that an erasure has left', () => {
  const DAYS = ['2026-01-05', '2026-01-06', '2026-01-07'];
  const [ANNA, BEN] = [studentId(1, 0), studentId(1, 1)];
  let world: World;
  let pool: Pool;
  beforeEach(async () => {
    world = await World.create('left');
    const events = DAYS.flatMap((day) =>
      [ANNA, BEN].flatMap((student) =>
        session({ student, start: `${day}T18:00:00Z`, views: [completeView(1, 10, 100)], end: 120 }),
      ),
    );
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-20T00:00:00Z');
    await world.rollUp();
    pool = new Pool({ connectionString: world.database.url('analytics'), max: 1 });
    await pass();
    await world.value(`select ops.forget_student($1, 'request')`, [ANNA]);
  });
  afterEach(async () => {
    await pool?.end();
    await world?.drop();
  });

  const pass = (): ReturnType<typeof publishDueDays> =>
    publishDueDays(pool, silent, { wanted: ({ cohort_id, day }) => cohort_id === LOS_ANGELES && DAYS.includes(day) });
  /** Days made again, in the order in which that was done. */
  const made = async (): Promise<string[]> =>
    (
      await world.rows<{ day: string }>(
        `select day::text from analytics.runs where kind = 'erasure' and status = 'published' order by published_at`,
      )
    ).map(({ day }) => day);
  const left = async (): Promise<string[]> =>
    (await world.rows<{ day: string }>('select day::text from ops.erasure_days order by 1')).map(({ day }) => day);

  it('are made again newest first; one whose rows fail the checks is told, holds up no other, and is done once they are repaired', async () => {
    const move = `update edtech.streaming_logs set position_seconds = position_seconds + $1
      where student_id = ${BEN} and event_type = 'heartbeat' and occurred_at::date = '2026-01-06'`;
    await world.owner.query(move, [9000]);
    const refused = {
      cohort: LOS_ANGELES,
      day: DAYS[1],
      state: 'still counts an erased student',
      because: 'its rows fail the quality checks (analytics.data_quality_results)',
    };
    for (let time = 0; time < 2; time++) {
      expect(await pass()).toEqual([refused]);
      expect([await made(), await left()]).toEqual([[DAYS[2], DAYS[0]], [DAYS[1]]]);
    }
    await world.owner.query(move, [-9000]);
    expect(await pass()).toEqual([]);
    expect([await made(), await left()]).toEqual([[DAYS[2], DAYS[0], DAYS[1]], []]);
  });

  it('wait for the next pass where the run is told to stop, after the day under way', async () => {
    const stop = new AbortController();
    expect(await finishErasures(pool, () => stop.abort(), { stop: stop.signal })).toEqual([]);
    expect([await made(), await left()]).toEqual([[DAYS[2]], DAYS.slice(0, 2)]);
    expect(await pass()).toEqual([]);
    expect([await made(), await left()]).toEqual([[...DAYS].reverse(), []]);
  });

  it('end the pass with whatever else the database says', async () => {
    await world.superuser.query(
      'revoke execute on function ops.finish_erasure_day(smallint, date) from edtech_analytics',
    );
    await expect(pass()).rejects.toMatchObject({ code: '42501' });
  });
});
