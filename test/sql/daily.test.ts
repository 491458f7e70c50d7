import { completeView, enrolment, session, type EventRow } from './support/events';
import { LOS_ANGELES, studentId, World } from './support/world';

/** Monday, 8 hours behind UTC: 08:00Z to 08:00Z of the next day. */
const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
const [ANNA, BEN, CARLA] = [studentId(1, 0), studentId(1, 1), studentId(2, 0)];

/** Lesson 1 is 100 s long (a bucket is 5 s), lesson 2 is 200 s long (10 s), lesson 3 400 s (20 s). */
const EVENTS: EventRow[] = [
  // Anna completes lesson 1 for the first time, then abandons lesson 2 at 90 s after a pause and a seek back.
  ...session({
    student: ANNA,
    start: '2026-01-05T18:00:00Z',
    views: [
      completeView(1, 10, 100),
      {
        lesson: 2,
        steps: [
          [120, 'lesson_started', 0, 0, 1500],
          [170, 'paused', 50, 50],
          [180, 'resumed', 50],
          [220, 'buffered', 90, 40, 2500],
          [221, 'seeked', 40],
          [222, 'seeked', 60],
          [230, 'abandoned', 68, 8],
        ],
      },
    ],
    end: 240,
  }),
  // She watches lesson 1 again from the middle, offline: it arrives three hours after the end of the day.
  ...session({
    student: ANNA,
    start: '2026-01-05T20:00:00Z',
    device: 'tablet',
    receivedAt: '2026-01-06T11:00:00Z',
    views: [
      {
        lesson: 1,
        steps: [
          [5, 'lesson_started', 52, 0, 300],
          [25, 'abandoned', 72, 20],
        ],
      },
    ],
    end: 30,
  }),
  // Ben completes lesson 1 on a phone, in 140 s.
  ...session({
    student: BEN,
    start: '2026-01-05T18:30:00Z',
    device: 'mobile',
    views: [
      {
        lesson: 1,
        steps: [
          [1, 'lesson_started', 0, 0, 700],
          [61, 'paused', 60, 60],
          [101, 'resumed', 60],
          [141, 'lesson_completed', 100, 40],
        ],
      },
    ],
    end: 150,
  }),
  // Carla's view crosses midnight: started on Monday, completed on Tuesday.
  ...session({ student: CARLA, start: '2026-01-06T07:58:00Z', views: [completeView(2, 10, 200)], end: 300 }),
  enrolment(studentId(2, 1), '2026-01-05T17:00:00Z'),
];

describe('daily tables', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-10T00:00:00Z');
    await world.rollUp();
    await world.publish(LOS_ANGELES, DAY, CUT);
  });
  afterAll(() => world.drop());

  it('count first and repeat views, positions and waiting per student and lesson', async () => {
    const rows = await world.rows(
      `select student_id, lesson_id, first_views, repeat_views, completions, abandons, watched_seconds::int, stalled_ms::int, startup_ms::int,
         pauses, resumes, seeks, buffered_views, furthest_position_seconds
       from analytics.student_lesson_day where day = $1 order by 1, 2`,
      [DAY],
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      [ANNA, 1, 1, 1, 1, 1, 120, 800, 800, 0, 0, 0, 0, 100],
      [ANNA, 2, 1, 0, 0, 1, 98, 4000, 1500, 1, 1, 2, 1, 90],
      [BEN, 1, 1, 0, 1, 0, 100, 700, 700, 1, 1, 0, 0, 100],
      [CARLA, 2, 1, 0, 0, 0, 100, 500, 500, 0, 0, 0, 0, 100],
    ]);
  });

  it('sum up lessons with devices and quartiles of the time to complete', async () => {
    const rows = await world.rows(
      `select lesson_id, students, first_views, repeat_views, completions, views_desktop, views_tablet, views_mobile,
         abandons_desktop, abandons_tablet, abandons_mobile, complete_seconds_p25, complete_seconds_p50, complete_seconds_p75
       from analytics.lesson_day where day = $1 order by 1`,
      [DAY],
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      [1, 2, 2, 1, 2, 1, 1, 1, 0, 1, 0, 100, 100, 140],
      [2, 2, 2, 0, 0, 2, 0, 0, 1, 0, 0, null, null, null],
    ]);
  });

  it('follow first and repeat views along the lesson', async () => {
    const along = async (lesson: number, column: string): Promise<number[]> =>
      (
        await world.rows<{ value: number }>(
          `select ${column} as value from analytics.lesson_dropoff where day = $1 and lesson_id = $2 order by bucket`,
          [DAY, lesson],
        )
      ).map(({ value }) => value);
    const range = (first: number, last: number): number[] =>
      Array.from({ length: 20 }, (_, bucket) => (bucket >= first && bucket <= last ? 1 : 0));
    expect(await along(1, 'first_reached')).toEqual(Array(20).fill(2));
    // From 52 s to 72 s of 100 s.
    expect(await along(1, 'repeat_reached')).toEqual(range(10, 14));
    expect(await along(1, 'pauses')).toEqual(range(12, 12));
    // Anna reached 90 s of 200 s, Carla 100 s before midnight.
    expect(await along(2, 'first_reached')).toEqual([...Array(10).fill(2), 1, ...Array(9).fill(0)]);
    expect(await along(2, 'pauses')).toEqual(range(5, 5));
    expect(await along(2, 'seeks_back')).toEqual(range(4, 4));
  });

  it('describe classrooms, and list those without events for their enrolled students', async () => {
    const rows = await world.rows(
      `select classroom_id, active_mask::int, active_students, enrolled_students, events, sessions, first_views, repeat_views, completions,
         abandons, buffered_views, watched_seconds::int, late_events, watched_seconds_p25::int, watched_seconds_p50::int, watched_seconds_p75::int
       from analytics.classroom_day where day = $1 order by 1`,
      [DAY],
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      [1, 0b11, 2, 5, 22, 3, 3, 1, 2, 2, 1, 318, 4, 100, 100, 218],
      [2, 0b1, 1, 5, 4, 1, 1, 0, 0, 0, 0, 100, 0, 100, 100, 100],
    ]);
  });

  it('describe the cohort with enrolments and the kind of day', async () => {
    const [row] = await world.rows(
      `select kind, enrolled_students, active_students, active_classrooms, enrolments, withdrawals, events::int, sessions, watched_seconds::int,
         watched_seconds_p25::int, watched_seconds_p50::int, watched_seconds_p75::int
       from analytics.cohort_day where day = $1`,
      [DAY],
    );
    expect(Object.values(row)).toEqual(['school_day', 10, 3, 2, 1, 0, 26, 4, 418, 100, 100, 218]);
  });

  it('put the part of a view that happens after midnight on the next day', async () => {
    await world.publish(LOS_ANGELES, '2026-01-06', '2026-01-07T12:00:00Z');
    const [tuesday] = await world.rows(
      `select first_views, repeat_views, completions from analytics.student_lesson_day where day = '2026-01-06'`,
    );
    expect(Object.values(tuesday)).toEqual([0, 0, 1]);
  });

  it('are readable as published rows by educators and administrators', async () => {
    for (const consumer of ['educator', 'admin'] as const) {
      const client = await world.database.connect(consumer);
      const { rows } = await client.query(`select events::int from analytics.cohort_day where day = $1`, [DAY]);
      expect(rows).toEqual([{ events: 26 }]);
    }
  });
});
