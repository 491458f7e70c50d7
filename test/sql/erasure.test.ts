import { completeView, enrolment, session, type EventRow } from './support/events';
import { randomSessions } from './support/random-events';
import { rollUpDifferences } from './support/roll-up-difference';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const ANNA = studentId(1, 0);
const DAYS = ['2026-01-05', '2026-01-06', '2026-01-07'];
const ORIGIN = '2025-12-31T00:00:00Z';
const EVENTS: EventRow[] = [
  ...randomSessions(13, '2026-01-05T00:00:00Z', 80, 150),
  enrolment(studentId(1, 0), '2026-01-05T09:00:00Z'),
];

const DAILY = [
  'student_lesson_day',
  'lesson_day',
  'lesson_dropoff',
  'classroom_day',
  'cohort_day',
  'total_day',
  'classroom_window',
  'at_risk',
];

/** A world with everything published; without Anna from the start if `without` is set. */
async function published(label: string, without: boolean): Promise<World> {
  const world = await World.create(label);
  if (without) await world.owner.query('delete from edtech.students where student_id = $1', [ANNA]);
  const events = without ? EVENTS.filter((event) => event.studentId !== ANNA) : EVENTS;
  await world.receive(events, ORIGIN, '2026-01-12T00:00:00Z');
  await world.rollUp();
  for (const day of DAYS) {
    for (const cohort of [LOS_ANGELES, TOKYO]) {
      const cut = await world.value('select analytics.first_cut($1::smallint, $2)::text', [cohort, day]);
      const run = await world.publish(cohort, day, cut);
      await world.value('select analytics.compute_risk($1)', [run]);
    }
  }
  return world;
}

const content = async (world: World, table: string): Promise<unknown[]> =>
  world.rows(`select t::text from analytics.${table} t order by 1`);

describe('erasing a student', () => {
  let world: World;
  let control: World;
  beforeAll(async () => {
    control = await published('control', true);
    world = await published('erased', false);
  });
  afterAll(async () => {
    await world.drop();
    await control.drop();
  });

  it('gives exactly the figures of a database that never held the student', async () => {
    expect(await content(world, 'cohort_day')).not.toEqual(await content(control, 'cohort_day'));
    const [{ held }] = await world.rows<{ held: number }>(
      'select count(*)::int as held from edtech.streaming_logs where student_id = $1',
      [ANNA],
    );
    expect(held).toBeGreaterThan(0);
    const { rows } = await world.analytics.query(
      `select raw_events::int, republished_days, completed_at from ops.forget_student($1, 'request of the guardian')`,
      [ANNA],
    );
    expect(rows).toEqual([{ raw_events: held, republished_days: 0, completed_at: null }]);
    await world.analytics.query('call ops.finish_erasures()');
    expect(
      await world.rows('select republished_days, completed_at > erased_at as completed from ops.forgotten_students'),
    ).toEqual([{ republished_days: 3, completed: true }]);
    for (const table of DAILY)
      expect([table, await content(world, table)]).toEqual([table, await content(control, table)]);
    expect(await rollUpDifferences(world)).toEqual([]);
    for (const table of ['minute', 'lesson_hour', 'classroom_hour', 'student_day', 'lesson_views'])
      expect([table, await content(world, table)]).toEqual([table, await content(control, table)]);
  });

  it('leaves no row with the number of the student but the receipt', async () => {
    const tables = await world.rows<{ name: string }>(
      `select attrelid::regclass::text as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       where attname = 'student_id' and c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('edtech', 'analytics', 'analytics_stage', 'ingest', 'ops')`,
    );
    const holders: string[] = [];
    for (const { name } of tables) {
      const rows = await world.rows(`select from ${name} where student_id = $1`, [ANNA]);
      if (rows.length > 0) holders.push(name);
    }
    expect(tables.length).toBeGreaterThan(7);
    expect(holders).toEqual(['ops.forgotten_students']);
  });

  it('leaves earlier runs of the days no counts that could be compared', async () => {
    const runs = (cohort: number): Promise<unknown[]> =>
      world.rows(
        `select distinct kind, status, events = 0 as empty, table_rows = '{}' as no_rows from analytics.runs
         where cohort_id = $1 and day = any ($2) order by kind`,
        [cohort, DAYS],
      );
    expect(await runs(LOS_ANGELES)).toEqual([
      { kind: 'erasure', status: 'published', empty: false, no_rows: false },
      { kind: 'first', status: 'superseded', empty: true, no_rows: true },
    ]);
    expect(await runs(TOKYO)).toEqual([{ kind: 'first', status: 'published', empty: false, no_rows: false }]);
  });

  it('keeps the ledger and the roll-ups equal', async () => {
    const { rows } = await world.analytics.query('select * from ingest.ledger_differences where difference <> 0');
    expect(rows).toEqual([]);
  });

  it('is remembered: asking again returns the receipt, and the student is not taken in again', async () => {
    const { rows } = await world.analytics.query(`select reason from ops.forget_student($1, 'again')`, [ANNA]);
    expect(rows).toEqual([{ reason: 'request of the guardian' }]);
    await world.simulator.query('begin');
    await world.simulator.query('set local session_replication_role = replica');
    await expect(
      world.simulator.query(
        `insert into edtech.students values ($1, 1, 1, 0, 'Anna', 'a@students.example.org', now())`,
        [ANNA],
      ),
    ).rejects.toThrow('student 63 was erased and is not taken in again');
    await world.simulator.query('rollback');
    expect(
      await world.rows(`select action, subject from ops.audit where action like 'eras%' order by audit_id`),
    ).toEqual([
      { action: 'erase', subject: 'student 63' },
      { action: 'erasure_completed', subject: 'student 63' },
    ]);
  });

  it('is refused for an unknown student and without a reason', async () => {
    await expect(world.analytics.query(`select ops.forget_student(4000000, 'x')`)).rejects.toThrow(
      'there is no student 4000000',
    );
    await expect(world.analytics.query(`select ops.forget_student(64, '')`)).rejects.toThrow(
      'the reason of an erasure must not be empty',
    );
  });

  it('takes the bit of the student out of hours whose raw rows are gone', async () => {
    const student = studentId(1, 1);
    await world.owner
      .query(`delete from ingest.batches where utc_day = '2026-01-05'; drop table edtech.streaming_logs_20260105;
      insert into ops.dropped_partitions (utc_day, events, checksum) values ('2026-01-05', 1, 1)`);
    await world.analytics.query(`select ops.forget_student($1, 'request')`, [student]);
    // The total of the day whose raw rows are gone in part is not made again; its risk and windows are.
    expect(
      await world.rows(`select distinct day::text, republish from ops.erasure_days where not republish order by 1`),
    ).toEqual([{ day: '2026-01-05', republish: false }]);
    await world.analytics.query('call ops.finish_erasures()');
    expect(await world.rows('select from ops.erasure_days')).toEqual([]);
    for (const table of ['classroom_hour', 'classroom_day', 'classroom_window'])
      expect([
        table,
        await world.rows(`select from analytics.${table} where classroom_id = 1 and (active_mask >> 1) & 1 = 1`),
      ]).toEqual([table, []]);
  });
});

describe('an erasure of a student whom the statistics of the planner name', () => {
  it('leaves neither the name nor the address in them, and those of others', async () => {
    const world = await World.create('statistics');
    try {
      // The smallest address is the first bound of the histogram, as long as there is one.
      await world.superuser.query(
        `update edtech.students set display_name = 'Pupil ' || student_id,
           email = case student_id when $1 then 'a@students.example.org' else email end`,
        [ANNA],
      );
      await world.superuser.query('analyze edtech.students');
      const named = async (pattern: string): Promise<unknown[]> => {
        const { rows } = await world.superuser.query(
          `select distinct attname::text as column from pg_stats
           where schemaname = 'edtech' and tablename = 'students' and concat(most_common_vals, histogram_bounds) like $1 order by 1`,
          [pattern],
        );
        return rows.map(({ column }: { column: string }) => column);
      };
      const both = async (name: string, address: string): Promise<unknown[]> => [
        ...(await named(`%"${name}"%`)),
        ...(await named(`%,${address}%`)),
        ...(await named(`{${address}%`)),
      ];
      expect(await both(`Pupil ${ANNA}`, 'a@')).toEqual(['display_name', 'email']);
      await world.analytics.query(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
      expect(await both(`Pupil ${ANNA}`, 'a@')).toEqual([]);
      expect(await both(`Pupil ${studentId(1, 1)}`, 's1-1@')).toEqual(['display_name', 'email']);
    } finally {
      await world.drop();
    }
  });
});

/** What was made with the student and is not made again, and would tell of the student beside the figures that are. */
describe('an erasure of a student of a day that was restated', () => {
  const DAY = DAYS[0];
  const BEN = studentId(1, 1);
  const lesson = (student: number, start: string, receivedAt?: string): EventRow[] =>
    session({ student, start, views: [completeView(1, 10, 100)], end: 120, receivedAt });
  let world: World;
  let restated: string[];
  beforeAll(async () => {
    world = await World.create('restated');
    const events = [
      ...[ANNA, BEN].flatMap((student) => lesson(student, `${DAY}T18:00:00Z`)),
      ...[ANNA, BEN].flatMap((student) => lesson(student, `${DAY}T19:00:00Z`, '2026-01-06T20:00:00Z')),
      ...lesson(BEN, `${DAY}T20:00:00Z`, '2026-01-07T20:00:00Z'),
      ...lesson(studentId(3, 0), `${DAY}T03:00:00Z`, '2026-01-06T02:00:00Z'),
    ];
    await world.receive(events, ORIGIN, '2026-01-12T00:00:00Z');
    await world.rollUp();
    for (const cohort of [LOS_ANGELES, TOKYO]) {
      const cut = await world.value('select analytics.first_cut($1::smallint, $2)', [cohort, DAY]);
      await world.value('select analytics.compute_risk($1)', [await world.publish(cohort, DAY, cut)]);
    }
    restated = [
      await world.publish(LOS_ANGELES, DAY, '2026-01-07T08:00:00Z', 'restatement'),
      await world.publish(TOKYO, DAY, '2026-01-06T15:00:00Z', 'restatement'),
    ];
    for (const cohort of [LOS_ANGELES, TOKYO])
      await world.simulator.query('select analytics.record_outcome($1::smallint, $2, 1, 2, 3, 4)', [cohort, DAY]);
  });
  afterAll(() => world.drop());

  /** Entries with and without figures, by run and table. */
  const noted = (runs: readonly string[]): Promise<unknown[]> =>
    world.rows(
      `select distinct coalesce(cohort_id, 0) as cohort, table_name, old_value is not null as before, new_value is not null as after
       from analytics.restatements where run_id = any ($1) and table_name in ('cohort_day', 'total_day') order by 1, 2`,
      [runs],
    );
  const entry = (cohort: number, told: boolean): object => ({
    ...{ cohort, table_name: cohort === 0 ? 'total_day' : 'cohort_day', before: told, after: told },
  });

  it('leaves of what was restated of the day and of its total only that it was', async () => {
    const entries = (): Promise<number> => world.value('select count(*)::int from analytics.restatements');
    expect(await noted(restated)).toEqual([entry(0, true), entry(LOS_ANGELES, true), entry(TOKYO, true)]);
    const before = await entries();
    await world.analytics.query(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
    await world.analytics.query('call ops.finish_erasures()');
    expect(await noted(restated)).toEqual([entry(0, false), entry(LOS_ANGELES, false), entry(TOKYO, true)]);
    expect(await entries()).toBe(before);
  });

  it('leaves no count of how right the at-risk rule was on the days of the cohort', async () => {
    expect(await world.rows('select cohort_id, day::text from analytics.at_risk_outcome')).toEqual([
      { cohort_id: TOKYO, day: DAY },
    ]);
  });

  it('has what is restated afterwards noted', async () => {
    const run = await world.publish(LOS_ANGELES, DAY, '2026-01-08T08:00:00Z', 'restatement');
    expect(await noted([run])).toEqual([entry(0, true), entry(LOS_ANGELES, true)]);
    expect(
      await world.rows(
        `select old_value::int, new_value::int from analytics.restatements
         where run_id = $1 and table_name = 'lesson_day' and metric = 'watched_seconds'`,
        [run],
      ),
    ).toEqual([{ old_value: 200, new_value: 300 }]);
  });
});
