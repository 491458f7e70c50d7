import { shardMask } from '../../simulator/src/ingest/ledger';
import { completeView, enrolment, session } from './support/events';
import { rollUpDifferences } from './support/roll-up-difference';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const DAYS = ['2026-01-05', '2026-01-06'];
const ANNA = studentId(1, 0);
const EVENTS = DAYS.flatMap((day) =>
  [ANNA, studentId(1, 1), studentId(2, 0)].flatMap((student) =>
    session({ student, start: `${day}T18:00:00Z`, views: [completeView(1, 10, 100)], end: 120 }),
  ),
);
const UNTIL = '2026-01-20T00:00:00Z';

describe('an upgrade mends what earlier migrations left:', () => {
  let world: World;
  const start = async (migrations: number): Promise<void> => {
    world = await World.create('main', { migrations });
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', UNTIL);
    await world.rollUp();
  };
  afterEach(() => world.drop());

  const publish = async (cohort: number, day: string, kind?: string): Promise<string> =>
    world.publish(cohort, day, await world.value('select analytics.first_cut($1::smallint, $2)', [cohort, day]), kind);
  const erase = async (student: number): Promise<void> => {
    await world.analytics.query(`select ops.forget_student($1, 'request of the guardian')`, [student]);
  };

  it('roll-ups that a ledger row of shard 63 alone had stopped go on', async () => {
    await start(54);
    const until = '2026-01-20T01:00:00Z';
    await world.receive([enrolment(ANNA, '2026-01-20T00:30:00Z', 'unenrolled')], UNTIL, until, shardMask([63]));
    await expect(world.rollUp()).rejects.toThrow('bigint out of range');
    await world.upgrade();
    await world.rollUp();
    expect(await rollUpDifferences(world)).toEqual([]);
  });

  it('differences that show what an erased student did are gone, others stay', async () => {
    await start(55);
    for (const day of DAYS) for (const cohort of [LOS_ANGELES, TOKYO]) await publish(cohort, day);
    const note = `insert into analytics.restatements (run_id, day, table_name, metric, old_value, new_value)
      select r.run_id, r.day, 'total_day', 'events', 2, 1 from analytics.runs r where r.run_id = $1`;
    const before = await publish(LOS_ANGELES, DAYS[0], 'restatement');
    await world.owner.query(note, [before]);
    await erase(ANNA);
    const between = [await publish(LOS_ANGELES, DAYS[0], 'restatement'), await publish(LOS_ANGELES, DAYS[1])];
    await world.analytics.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[0]]);
    const after = await publish(LOS_ANGELES, DAYS[0], 'restatement');
    await world.owner.query(note, [after]);
    await erase(studentId(1, 1));
    await world.analytics.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[0]]);
    const noted = (): Promise<unknown[]> =>
      world.rows('select distinct run_id from analytics.restatements order by run_id');
    expect(await noted()).toEqual([before, ...between, after].map((run_id) => ({ run_id })));
    await world.upgrade();
    expect(await noted()).toEqual([before, after].map((run_id) => ({ run_id })));
  });

  it('runs that were made with an erased student lose their counts, others keep them', async () => {
    await start(56);
    for (const day of DAYS) for (const cohort of [LOS_ANGELES, TOKYO]) await publish(cohort, day);
    const restated = await publish(LOS_ANGELES, '2026-01-04');
    await publish(LOS_ANGELES, '2026-01-04', 'restatement');
    await erase(ANNA);
    await world.analytics.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[0]]);
    await world.owner.query(`update analytics.runs set events = 1 where run_id = $1`, [restated]);
    const superseded = (): Promise<unknown[]> =>
      world.rows(
        `select day::text, events::int, table_rows = '{}' as no_rows from analytics.runs where status = 'superseded' order by day`,
      );
    expect(await superseded()).toEqual([
      { day: '2026-01-04', events: 1, no_rows: false },
      { day: DAYS[0], events: 15, no_rows: false },
    ]);
    await world.upgrade();
    expect(await superseded()).toEqual([
      { day: '2026-01-04', events: 1, no_rows: false },
      { day: DAYS[0], events: 0, no_rows: true },
    ]);
  });

  it('figures that were made with an erased student are gone, others stay', async () => {
    await start(59);
    for (const day of DAYS) for (const cohort of [LOS_ANGELES, TOKYO]) await publish(cohort, day);
    const restate = async (cohort: number, day: string): Promise<void> => {
      await world.owner.query(
        `insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value)
         select $1, c, $2, t, 'events', 1, 2 from (values ($3::int, 'cohort_day'), (null, 'total_day')) v (c, t)`,
        [await publish(cohort, day, 'restatement'), day, cohort],
      );
      await world.simulator.query('select analytics.record_outcome($1::smallint, $2, 1, 2, 3, 4)', [cohort, day]);
    };
    for (const cohort of [LOS_ANGELES, TOKYO]) await restate(cohort, DAYS[0]);
    await erase(ANNA);
    await world.analytics.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[0]]);
    for (const day of DAYS) await restate(LOS_ANGELES, day);
    await world.upgrade();
    // Of the day that is done, the entry of the cohort after the erasure; of the one that is not, both.
    expect(
      await world.rows(
        `select day::text, table_name, cohort_id, count(*)::int as entries, count(new_value)::int as told
         from analytics.restatements where metric = 'events' group by 1, 2, 3 order by 1, 2, 3`,
      ),
    ).toEqual([
      { day: DAYS[0], table_name: 'cohort_day', cohort_id: LOS_ANGELES, entries: 2, told: 1 },
      { day: DAYS[0], table_name: 'cohort_day', cohort_id: TOKYO, entries: 1, told: 1 },
      { day: DAYS[0], table_name: 'total_day', cohort_id: null, entries: 3, told: 0 },
      { day: DAYS[1], table_name: 'cohort_day', cohort_id: LOS_ANGELES, entries: 1, told: 1 },
      { day: DAYS[1], table_name: 'total_day', cohort_id: null, entries: 1, told: 1 },
    ]);
    expect(await world.rows('select cohort_id from analytics.at_risk_outcome')).toEqual([{ cohort_id: TOKYO }]);
  });

  it('statistics of the planner that name an erased student do so no more', async () => {
    await start(62);
    await world.superuser.query('analyze edtech.students');
    await erase(ANNA);
    const address = `select count(*)::int as kept from pg_stats
      where schemaname = 'edtech' and attname = 'email' and histogram_bounds::text like '%s1-0@%'`;
    expect((await world.superuser.query(address)).rows).toEqual([{ kept: 1 }]);
    await world.upgrade();
    expect((await world.superuser.query(address)).rows).toEqual([{ kept: 0 }]);
  });
});
