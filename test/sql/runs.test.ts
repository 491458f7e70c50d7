import { completeView, session } from './support/events';
import { randomSessions } from './support/random-events';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
const LATER = '2026-01-07T08:00:00Z';
const ORIGIN = '2025-12-31T00:00:00Z';
const prompt = session({
  student: studentId(1, 0),
  start: '2026-01-05T18:00:00Z',
  views: [completeView(1, 10, 100)],
  end: 120,
});
const late = session({
  student: studentId(1, 1),
  start: '2026-01-05T19:00:00Z',
  views: [completeView(1, 10, 100)],
  end: 120,
  receivedAt: '2026-01-06T20:00:00Z',
});

describe('a run', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.drop());

  const receive = async (until = '2026-01-10T00:00:00Z'): Promise<void> => {
    await world.receive([...prompt, ...late], ORIGIN, until);
    await world.rollUp();
  };
  const checksum = (run: string): Promise<string> =>
    world.value('select checksum::text from analytics.runs where run_id = $1', [run]);

  it('is refused until every watermark has passed the cut and the ledger is rolled up', async () => {
    await world.receive(prompt, ORIGIN, '2026-01-06T11:59:59Z');
    await world.rollUp();
    await expect(world.compute(LOS_ANGELES, DAY, CUT)).rejects.toThrow(/cohort 1 is not ready for 2026-01-05/);
    await world.receive(prompt, '2026-01-06T11:59:59Z', CUT, '1');
    expect(await world.value('select analytics.ready(1::smallint, $1, $2)', [DAY, CUT])).toBe(false);
    await world.receive(prompt, '2026-01-06T11:59:59Z', CUT, '-2');
    expect(await world.value('select analytics.ready(1::smallint, $1, $2)', [DAY, CUT])).toBe(true);
    await world.receive(late, CUT, '2026-01-06T21:00:00Z');
    expect(await world.value('select analytics.ready(1::smallint, $1, $2)', [DAY, CUT])).toBe(true);
    expect(await world.value('select analytics.ready(1::smallint, $1, $2)', [DAY, '2026-01-06T20:00:00Z'])).toBe(false);
  });

  it('gives the same checksum when a day is made twice, and another when a row is different', async () => {
    await receive();
    const first = await checksum(await world.publish(LOS_ANGELES, DAY, CUT));
    expect(await checksum(await world.publish(LOS_ANGELES, DAY, CUT))).toBe(first);
    expect(await checksum(await world.publish(LOS_ANGELES, DAY, LATER, 'restatement'))).not.toBe(first);
  });

  it('is published once; publishing it again returns the same checksum', async () => {
    await receive();
    const run = await world.publish(LOS_ANGELES, DAY, CUT);
    expect(await world.value('select analytics.publish_day($1)::text', [run])).toBe(await checksum(run));
    expect(await world.value(`select count(*)::int from ops.audit where action = 'publish'`)).toBe(1);
  });

  it('is not published without its checks, nor after a later run of the day', async () => {
    await receive();
    const first = await world.compute(LOS_ANGELES, DAY, CUT);
    await expect(world.value('select analytics.publish_day($1)', [first])).rejects.toThrow(
      /its quality checks have not run/,
    );
    await world.value('select analytics.check_day($1)', [first]);
    await world.publish(LOS_ANGELES, DAY, CUT);
    await expect(world.value('select analytics.publish_day($1)', [first])).rejects.toThrow(
      /it was superseded by a later run/,
    );
  });

  it('shows readers nothing before it is published', async () => {
    await receive();
    const run = await world.compute(LOS_ANGELES, DAY, CUT);
    await world.value('select analytics.check_day($1)', [run]);
    const educator = await world.database.connect('educator');
    const rows = async (): Promise<number> =>
      (await educator.query('select count(*)::int as rows from analytics.cohort_day')).rows[0].rows as number;
    expect(await rows()).toBe(0);
    await world.value('select analytics.publish_day($1)', [run]);
    expect(await rows()).toBe(1);
  });

  it('takes only cuts that are whole hours after the end of the day and not before the published one', async () => {
    await receive();
    await expect(world.compute(LOS_ANGELES, DAY, '2026-01-06T12:30:00Z')).rejects.toThrow(
      /as_of is 2026-01-06 12:30:00\+00, it must be a whole number of hours after the end of the day, 2026-01-06 08:00:00\+00/,
    );
    await expect(world.compute(LOS_ANGELES, DAY, '2026-01-06T07:00:00Z')).rejects.toThrow(/whole number of hours/);
    await world.publish(LOS_ANGELES, DAY, LATER);
    await expect(world.compute(LOS_ANGELES, DAY, CUT)).rejects.toThrow(
      /already published as of 2026-01-07 08:00:00\+00/,
    );
    await expect(world.compute(LOS_ANGELES, '2030-01-01', CUT)).rejects.toThrow(
      'cohort 1 has no school day 2030-01-01',
    );
    expect(await world.value(`select analytics.first_cut(1::smallint, $1)::text`, [DAY])).toBe(
      '2026-01-06 12:00:00+00',
    );
  });

  it('restates exactly the days that late events belong to, and notes old and new figures', async () => {
    await receive();
    for (const day of ['2026-01-04', DAY])
      await world.publish(LOS_ANGELES, day, `2026-01-0${day === DAY ? 6 : 5}T12:00:00Z`);
    await world.publish(TOKYO, DAY, '2026-01-05T19:00:00Z');
    const due = await world.analytics.query(
      `select cohort_id, day::text, as_of::text from analytics.due_restatements('2026-01-09T00:00:00Z')`,
    );
    expect(due.rows).toEqual([{ cohort_id: LOS_ANGELES, day: DAY, as_of: '2026-01-08 08:00:00+00' }]);
    const run = await world.publish(LOS_ANGELES, DAY, '2026-01-08T08:00:00Z', 'restatement');
    const noted = await world.rows(
      `select cohort_id, table_name, metric, old_value::int, new_value::int from analytics.restatements
       where run_id = $1 and table_name in ('cohort_day', 'total_day') and metric in ('active_students', 'events', 'rows') order by 2, 3`,
      [run],
    );
    expect(noted).toEqual([
      { cohort_id: 1, table_name: 'cohort_day', metric: 'active_students', old_value: 1, new_value: 2 },
      { cohort_id: 1, table_name: 'cohort_day', metric: 'events', old_value: 5, new_value: 10 },
      { cohort_id: null, table_name: 'total_day', metric: 'active_students', old_value: 1, new_value: 2 },
      { cohort_id: null, table_name: 'total_day', metric: 'events', old_value: 5, new_value: 10 },
    ]);
    const after = await world.analytics.query(`select * from analytics.due_restatements('2026-01-10T00:00:00Z')`);
    expect(after.rows).toEqual([]);
  });

  it('restates a day that was published without a lesson: what was no row was 0', async () => {
    await world.receive(late, ORIGIN, '2026-01-10T00:00:00Z');
    await world.rollUp();
    await world.publish(LOS_ANGELES, DAY, CUT);
    const run = await world.publish(LOS_ANGELES, DAY, '2026-01-08T08:00:00Z', 'restatement');
    const noted = await world.rows(
      `select table_name, metric, old_value::int, new_value::int from analytics.restatements
       where run_id = $1 and (metric = 'watched_seconds' or old_value is null or new_value is null) order by 1`,
      [run],
    );
    expect(noted).toEqual(
      ['classroom_day', 'cohort_day', 'lesson_day', 'student_lesson_day'].map((table_name) => ({
        ...{ table_name, metric: 'watched_seconds', old_value: 0, new_value: 100 },
      })),
    );
  });

  it('writes the total of a day when the last cohort is published', async () => {
    await world.receive(randomSessions(5, '2026-01-04T15:00:00Z', 41, 120), ORIGIN, '2026-01-10T00:00:00Z');
    await world.rollUp();
    await world.publish(LOS_ANGELES, DAY, CUT);
    expect(await world.value('select count(*)::int from analytics.total_day')).toBe(0);
    await world.publish(TOKYO, DAY, '2026-01-05T19:00:00Z');
    const [total] = await world.rows<{ cohorts: number; same: boolean }>(
      `select t.cohorts, t.events = (select sum(events) from analytics.cohort_day c where c.day = t.day) as same from analytics.total_day t`,
    );
    expect(total).toEqual({ cohorts: 2, same: true });
  });

  it.each([
    ['23', '2026-03-08', '2026-03-08T08:00:00Z', '2026-03-09T07:00:00Z'],
    ['25', '2026-11-01', '2026-11-01T07:00:00Z', '2026-11-02T08:00:00Z'],
  ])('covers a local day of %s hours', async (hours, day, starts, ends) => {
    const at = (time: string, seconds: number): string => new Date(Date.parse(time) + seconds * 1000).toISOString();
    const events = [
      [studentId(1, 0), at(starts, -1)],
      [studentId(1, 1), starts],
      [studentId(1, 2), at(ends, -1)],
      [studentId(1, 3), ends],
    ].flatMap(([student, start]) => session({ student: student as number, start: start as string, views: [] }));
    await world.receive(events, ORIGIN, at(ends, 86_400));
    await world.rollUp();
    await world.publish(LOS_ANGELES, day, at(ends, 4 * 3600));
    expect(
      await world.value('select active_mask::int from analytics.classroom_day where day = $1 and classroom_id = 1', [
        day,
      ]),
    ).toBe(0b0110);
    const [masks] = await world.rows(
      'select array_agg(active_hours order by student_id) as hours from analytics.student_day where day = $1',
      [day],
    );
    expect(masks).toEqual({ hours: [1, 2 ** (Number(hours) - 1)] });
  });
});
