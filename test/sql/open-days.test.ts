import { completeView, session } from './support/events';
import { LESSON_SECONDS, LOS_ANGELES, studentId, World } from './support/world';

const DAY = '2026-01-05';

describe('checks of an open day', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    const events = session({
      student: studentId(1, 0),
      start: '2026-01-05T18:00:00Z',
      views: [completeView(1, 10, 100)],
      end: 120,
    });
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-05T20:30:00Z');
    await world.rollUp();
  });
  afterAll(() => world.drop());

  const failing = async (): Promise<string[]> => {
    await world.owner.query('select analytics.check_open_day($1::smallint, $2, $3)', [
      LOS_ANGELES,
      DAY,
      '2026-01-05T20:30:00Z',
    ]);
    const rows = await world.rows<{ check_name: string }>(
      'select check_name from analytics.open_day_checks where failed_rows > 0 order by 1',
    );
    return rows.map(({ check_name }) => check_name);
  };

  it('find nothing wrong with sound data before the day is over', async () => {
    expect(await failing()).toEqual([]);
  });

  it('find a roll-up that does not fit its rows, and leave no staged row behind', async () => {
    await world.owner.query('begin');
    await world.owner.query('update analytics.lesson_hour set watched_seconds = watched_seconds + 1');
    expect(await failing()).toEqual(['lesson_roll_up', 'minute_roll_up']);
    expect(await world.rows('select from analytics_stage.views')).toEqual([]);
    await world.owner.query('rollback');
  });

  it('find nothing wrong with the rows that arrive in the last local hour, after the cut', async () => {
    const events = session({
      student: studentId(1, 1),
      start: '2026-01-06T07:30:00Z',
      views: [1, 2, 3].map((lesson, index) => completeView(lesson, 10 + index * 400, LESSON_SECONDS[lesson])),
      end: 1250,
    });
    const cut = '2026-01-06T07:35:00Z';
    await world.receive(events, '2026-01-05T20:30:00Z', cut);
    await world.rollUp();
    await world.receive(events, cut, '2026-01-06T07:55:00Z');
    await world.rollUp();
    const check = 'select analytics.check_open_day($1::smallint, $2, $3)';
    expect(await world.value<number>(check, [LOS_ANGELES, DAY, cut])).toBe(0);
  });
});
