import { completeView, session, type EventRow } from './support/events';
import { LOS_ANGELES, studentId, World } from './support/world';

/** Wednesday; 56 days before it lies 7 January 2026. School days are Monday to Friday. */
const DAY = '2026-03-04';
const [STEADY, FADING, GONE, NEW, STALLED] = [0, 1, 2, 3, 4].map((seat) => studentId(1, seat));

const day = (offset: number): string =>
  new Date(Date.parse('2026-03-04T20:00:00Z') + offset * 86_400_000).toISOString();
/** Sessions on the days `first` … `last` relative to the day, each with complete views of lesson 3 (400 s). */
const habit = (student: number, first: number, last: number, views: number, step = 1): EventRow[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, k) => first + k * step).flatMap((offset) =>
    Array.from({ length: views }, (_, n) => n).flatMap((n) =>
      session({
        student,
        start: new Date(Date.parse(day(offset)) + n * 1_000_000).toISOString(),
        views: [completeView(3, 1, 400)],
        end: 410,
      }),
    ),
  );
/** Views that are abandoned after 40 s. */
const givingUp = (student: number, first: number, last: number): EventRow[] =>
  Array.from({ length: last - first + 1 }, (_, k) => first + k).flatMap((offset) =>
    session({
      student,
      start: day(offset),
      views: [
        {
          lesson: 3,
          steps: [
            [1, 'lesson_started', 0],
            [41, 'abandoned', 40, 40],
          ],
        },
      ],
      end: 50,
    }),
  );

describe('the at-risk list', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    await world.owner.query(`update edtech.students set enrolled_at = '2026-02-26T10:00:00Z' where student_id = $1`, [
      NEW,
    ]);
    const others = [0, 1, 2].flatMap((seat) => habit(studentId(2, seat), -20, 0, 1));
    const events = [
      ...habit(STEADY, -50, 0, 1),
      ...habit(FADING, -50, -14, 2),
      ...habit(FADING, -13, 0, 1, 6),
      ...habit(GONE, -50, -20, 1),
      ...givingUp(STALLED, -10, 0),
      ...others,
    ];
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-03-10T00:00:00Z');
    await world.rollUp();
    const run = await world.publish(
      LOS_ANGELES,
      DAY,
      await world.value('select analytics.first_cut(1::smallint, $1)::text', [DAY]),
    );
    await world.value('select analytics.compute_risk($1)', [run]);
  });
  afterAll(() => world.drop());

  const risk = async (student: number): Promise<Record<string, unknown> | undefined> =>
    (
      await world.rows(
        `select score, level, inactive_school_days as inactive, recent_watched_seconds::int as recent, earlier_watched_seconds::int as earlier,
           completion_permille as completion, class_completion_permille as class, reasons, since_day::text as since
         from analytics.at_risk where student_id = $1`,
        [student],
      )
    )[0];

  it('finds nothing with a student who goes on as before', async () => {
    expect(await risk(STEADY)).toEqual({
      score: 0,
      level: 0,
      inactive: 0,
      recent: 14 * 400,
      earlier: 37 * 400,
      completion: 1000,
      class: null,
      reasons: [],
      since: null,
    });
  });

  it('gives points for watching less than before', async () => {
    // 3 days of 400 s in the last 14 against 37 days of 800 s in the 42 before: n1 = 10, n0 = 30 school days.
    const r = Math.floor((1000 * 1200 * 30) / (29600 * 10));
    expect(r).toBe(121);
    expect(await risk(FADING)).toMatchObject({
      recent: 1200,
      earlier: 29600,
      inactive: 1,
      since: '2026-03-04',
      score: 5 + Math.floor((25 * (1000 - r)) / 1000),
      level: 2,
      reasons: ['watch_time_fell'],
    });
  });

  it('gives points for school days without activity, with the first of them', async () => {
    // Last active on Thursday 12 February; 14 school days since.
    expect(await risk(GONE)).toMatchObject({
      inactive: 14,
      since: '2026-02-13',
      recent: 0,
      score: 40 + 25,
      level: 2,
      reasons: ['inactive', 'watch_time_fell'],
    });
  });

  it('does not assess a student who enrolled less than a week before', async () => {
    expect(await risk(NEW)).toBeUndefined();
  });

  it('compares completion with the class only where five students have one', async () => {
    expect(await risk(STALLED)).toMatchObject({ completion: 0, class: null, score: 0 });
    await world.owner.query('begin');
    // Two more students of the class with views, as the roll-up would have them: five with a completion rate.
    await world.owner.query(
      `insert into edtech.students select 63 + seat, 1, 1, seat, 'x', seat || '@students.example.org', '2025-12-01Z' from generate_series(5, 6) seat`,
    );
    await world.owner.query(
      `insert into analytics.student_day select 63 + seat, '2026-03-02', 0, 10, 1, 5, 4, 0, 0, 100, 0, 1, '2026-03-02Z', '2026-03-02Z' from generate_series(5, 6) seat`,
    );
    await world.owner.query(`select analytics.compute_risk(run_id) from analytics.runs where status = 'published'`);
    // Rates 0 (stalled), 800, 800, 1000 (steady), 1000 (fading), 1000 (gone, eight views in 28 days): the third of six.
    expect(await risk(STALLED)).toMatchObject({
      completion: 0,
      class: 800,
      score: 35,
      level: 2,
      reasons: ['completion_low'],
    });
    await world.owner.query('rollback');
  });

  it('comes with windows of 7 and 30 days per classroom', async () => {
    const rows = await world.rows(
      `select classroom_id, window_days, active_mask::int, active_students, sessions, views, completions, watched_seconds::int
       from analytics.classroom_window where day = $1 order by 1, 2`,
      [DAY],
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      [1, 7, 0b10011, 3, 7 + 1 + 7, 15, 8, 8 * 400 + 7 * 40],
      [1, 30, 0b10111, 4, 30 + 32 + 3 + 10 + 11, 86, 75, 75 * 400 + 11 * 40],
      [2, 7, 0b111, 3, 21, 21, 21, 21 * 400],
      [2, 30, 0b111, 3, 63, 63, 63, 63 * 400],
    ]);
  });

  it('belongs to the published first run of a day', async () => {
    const run = await world.compute(LOS_ANGELES, '2026-03-03', '2026-03-04T12:00:00Z');
    await expect(world.value('select analytics.compute_risk($1)', [run])).rejects.toThrow(
      `run ${run} is a first run and computed, windows and risk belong to the published first run of a day`,
    );
  });

  it('is judged by counts that the simulator records', async () => {
    await world.simulator.query('select analytics.record_outcome(1::smallint, $1, 1, 2, 3, 4)', [DAY]);
    await world.simulator.query('select analytics.record_outcome(1::smallint, $1, 5, 6, 7, 8)', [DAY]);
    const rows = await world.rows(
      'select true_positives, false_positives, true_negatives, false_negatives from analytics.at_risk_outcome',
    );
    expect(rows.map((row) => Object.values(row))).toEqual([[5, 6, 7, 8]]);
  });
});
