import type { Client } from 'pg';
import { untilSessionsWait } from '../support/waiting-sessions';
import { completeView, session } from './support/events';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const DAY = '2026-01-05';
/** Each cohort has a view that is received at its end and one that is received a day later. */
const EVENTS = [
  [studentId(1, 0), '2026-01-05T18:00:00Z'],
  [studentId(3, 0), '2026-01-05T02:00:00Z'],
].flatMap(([student, start]) =>
  [undefined, '2026-01-06T20:00:00Z'].flatMap((receivedAt, seat) =>
    session({
      student: Number(student) + seat,
      start: String(start),
      views: [completeView(1, 10, 100)],
      end: 120,
      receivedAt,
    }),
  ),
);
const RESTATED_AT = '2026-01-07T08:00:00Z';

describe('the total of a day', () => {
  let world: World;
  let other: Client;
  beforeEach(async () => {
    world = await World.create();
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-12T00:00:00Z');
    await world.rollUp();
    for (const cohort of [LOS_ANGELES, TOKYO])
      await world.publish(
        cohort,
        DAY,
        await world.value('select analytics.first_cut($1::smallint, $2)', [cohort, DAY]),
      );
    other = await world.database.connect('analytics');
  });
  afterEach(() => world.drop());

  const restate = async (cohort: number): Promise<string> => {
    const asOf = cohort === TOKYO ? '2026-01-07T15:00:00Z' : RESTATED_AT;
    const run = await world.compute(cohort, DAY, asOf, 'restatement');
    expect(await world.value('select analytics.check_day($1)', [run])).toBe(0);
    return run;
  };

  it('notes each change once if two cohorts are restated at the same time', async () => {
    const [first, second] = [await restate(LOS_ANGELES), await restate(TOKYO)];
    const before = await world.value<number>('select events::int from analytics.total_day where day = $1', [DAY]);
    await world.analytics.query('begin');
    await world.value('select analytics.publish_day($1)', [first]);
    const publishing = other.query('select analytics.publish_day($1)', [second]);
    await untilSessionsWait(world.superuser);
    await world.analytics.query('commit');
    await publishing;
    const after = await world.value<number>('select events::int from analytics.total_day where day = $1', [DAY]);
    const noted = await world.rows(
      `select old_value::int as old, new_value::int as new from analytics.restatements
       where table_name = 'total_day' and metric = 'events' order by restatement_id`,
    );
    expect(after).toBe(before + 10);
    expect(noted).toEqual([
      { old: before, new: before + 5 },
      { old: before + 5, new: after },
    ]);
  });
});
