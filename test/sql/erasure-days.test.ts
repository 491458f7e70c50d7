import type { Client } from 'pg';
import { untilSessionsWait } from '../support/waiting-sessions';
import { completeView, enrolment, session } from './support/events';
import { LOS_ANGELES, studentId, TOKYO, World } from './support/world';

const DAYS = ['2026-01-05', '2026-01-06', '2026-01-07'];
const ANNA = studentId(1, 0);
const BEN = studentId(1, 1);
const UNTIL = '2026-01-20T00:00:00Z';
const EVENTS = DAYS.flatMap((day) =>
  [ANNA, BEN, studentId(2, 0)].flatMap((student) =>
    session({ student, start: `${day}T18:00:00Z`, views: [completeView(1, 10, 100)], end: 120 }),
  ),
);

let world: World;
let eraser: Client;
beforeEach(async () => {
  world = await World.create();
  await world.receive(EVENTS, '2025-12-31T00:00:00Z', UNTIL);
  await world.rollUp();
  for (const day of DAYS)
    for (const cohort of [LOS_ANGELES, TOKYO]) {
      const cut = await world.value('select analytics.first_cut($1::smallint, $2)', [cohort, day]);
      await world.value('select analytics.compute_risk($1)', [await world.publish(cohort, day, cut)]);
    }
  eraser = await world.database.connect('analytics');
});
afterEach(() => world.drop());

const forget = (student: number): Promise<unknown> =>
  eraser.query(`select ops.forget_student($1, 'request of the guardian')`, [student]);
const finish = (): Promise<unknown> => eraser.query('call ops.finish_erasures()');
const daysLeft = async (): Promise<string[]> =>
  (await world.rows<{ day: string }>('select distinct day::text from ops.erasure_days order by 1')).map(
    ({ day }) => day,
  );
/** Distinct students who watched, by day: 3 with everybody. */
const students = (): Promise<unknown[]> =>
  world.rows(`select students from analytics.lesson_day where cohort_id = 1 and day = any ($1) order by day`, [DAYS]);

describe('the days that an erasure has to make again', () => {
  it('are named at once, when no row of the student is left', async () => {
    await forget(ANNA);
    expect(await daysLeft()).toEqual(DAYS);
    for (const table of ['edtech.students', 'edtech.streaming_logs', 'analytics.student_day', 'analytics.at_risk'])
      expect([table, await world.rows(`select from ${table} where student_id = $1`, [ANNA])]).toEqual([table, []]);
    expect(
      await world.rows(
        'select distinct (active_mask & 1)::int as anna from analytics.classroom_day where classroom_id = 1',
      ),
    ).toEqual([{ anna: 0 }]);
    expect(await students()).toEqual([{ students: 3 }, { students: 3 }, { students: 3 }]);
    await finish();
    expect(await daysLeft()).toEqual([]);
    expect(await students()).toEqual([{ students: 2 }, { students: 2 }, { students: 2 }]);
    expect(await world.rows('select republished_days from ops.forgotten_students')).toEqual([{ republished_days: 3 }]);
  });

  it('note no difference: it would be what the student did on that day', async () => {
    await forget(ANNA);
    await finish();
    expect(await world.value(`select count(*)::int from analytics.runs where kind = 'erasure'`)).toBe(3);
    expect(await world.rows('select table_name, metric, old_value, new_value from analytics.restatements')).toEqual([]);
  });

  it('note no difference either when they are published again before, by a run of another kind', async () => {
    await forget(ANNA);
    const cut = await world.value('select analytics.first_cut($1::smallint, $2)', [LOS_ANGELES, DAYS[1]]);
    await world.publish(LOS_ANGELES, DAYS[1], cut);
    expect(await students()).toEqual([{ students: 3 }, { students: 2 }, { students: 3 }]);
    await finish();
    expect(await world.rows('select table_name, metric, old_value, new_value from analytics.restatements')).toEqual([]);
  });

  it('leave runs that were not published no counts, whoever discards them', async () => {
    const cut = await world.value('select analytics.first_cut($1::smallint, $2)', [LOS_ANGELES, DAYS[0]]);
    const ids = [await world.compute(LOS_ANGELES, DAYS[0], cut), await world.compute(LOS_ANGELES, DAYS[0], cut)];
    const runs = (): Promise<unknown[]> =>
      world.rows('select status, events::int from analytics.runs where run_id = any ($1) order by run_id', [ids]);
    const discarded = { status: 'discarded', events: 0 };
    expect(await runs()).toEqual([discarded, { status: 'computed', events: 15 }]);
    await forget(ANNA);
    expect(await runs()).toEqual([discarded, discarded]);
  });

  it('hold up neither ticks nor roll-ups nor new partitions', async () => {
    await forget(ANNA);
    await eraser.query('begin');
    await eraser.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[0]]);
    // The shard of the student, whose next tick brings an enrolment of another one.
    const enrolled = ANNA + 64;
    await world.simulator.query(`set lock_timeout = '1s'`);
    await world.simulator.query(
      `insert into edtech.students values ($1, 2, 1, 1, 'C', 'c@students.example.org', '2026-01-20T01:00:00Z')
       on conflict do nothing`,
      [enrolled],
    );
    await world.receive([enrolment(enrolled, '2026-01-20T01:00:00Z')], UNTIL, '2026-01-20T02:00:00Z');
    expect(await world.value('select batches::int from analytics.roll_up()')).toBe(1);
    expect(
      (await world.simulator.query(`select ops.ensure_partitions('2026-01-27', '2026-01-28') as made`)).rows,
    ).toEqual([{ made: 2 }]);
    await eraser.query('commit');
    expect(await daysLeft()).toEqual(DAYS.slice(1));
  });

  it('are gone on with by whoever calls after an interruption', async () => {
    await forget(ANNA);
    // The newest day is done first; the next one waits for somebody, and the session ends.
    await world.owner.query('begin');
    await world.owner.query('select analytics.lock_day(1::smallint, $1)', [DAYS[1]]);
    const ended = finish().catch((error: Error) => error.message);
    const [waiting] = await untilSessionsWait(world.superuser);
    await world.superuser.query('select pg_terminate_backend($1)', [waiting]);
    await ended;
    await world.owner.query('commit');
    expect(await daysLeft()).toEqual(DAYS.slice(0, 2));
    expect(await world.rows('select republished_days, completed_at from ops.forgotten_students')).toEqual([
      { republished_days: 1, completed_at: null },
    ]);
    eraser = await world.database.connect('analytics');
    await finish();
    expect(await daysLeft()).toEqual([]);
    expect(await students()).toEqual([{ students: 2 }, { students: 2 }, { students: 2 }]);
  });

  it('are made again once for all who are erased meanwhile', async () => {
    await forget(ANNA);
    await eraser.query('select ops.finish_erasure_day(1::smallint, $1)', [DAYS[2]]);
    await forget(BEN);
    await finish();
    expect(
      await world.rows(
        'select student_id, republished_days, completed_at is not null as completed from ops.forgotten_students order by 1',
      ),
    ).toEqual([
      { student_id: ANNA, republished_days: 3, completed: true },
      { student_id: BEN, republished_days: 3, completed: true },
    ]);
    expect(await world.value(`select count(*)::int from analytics.runs where kind = 'erasure'`)).toBe(4);
    expect(await students()).toEqual([{ students: 1 }, { students: 1 }, { students: 1 }]);
  });

  it('stay on the list if the rows of others fail the quality checks, and hold up no other day', async () => {
    const broken = `update edtech.streaming_logs set position_seconds = position_seconds + $1
      where student_id = ${studentId(2, 0)} and event_type = 'heartbeat' and occurred_at::date = '2026-01-06'`;
    await world.owner.query(broken, [9000]);
    await forget(ANNA);
    await expect(finish()).rejects.toThrow('1 days still count an erased student: their rows fail the quality checks');
    expect(await daysLeft()).toEqual([DAYS[1]]);
    expect(await students()).toEqual([{ students: 2 }, { students: 3 }, { students: 2 }]);
    expect(
      await world.rows(
        `select check_name from analytics.data_quality_results q join analytics.runs r using (run_id)
         where r.kind = 'erasure' and r.status = 'refused' and failed_rows > 0`,
      ),
    ).toEqual([{ check_name: 'impossible_positions' }]);
    await world.owner.query(broken, [-9000]);
    await finish();
    expect(await daysLeft()).toEqual([]);
    expect(await students()).toEqual([{ students: 2 }, { students: 2 }, { students: 2 }]);
  });

  it('are not dropped by retention', async () => {
    await forget(ANNA);
    const reason = (): Promise<unknown[]> => world.rows(`select ops.keep_reason('2026-01-06') as reason`);
    await world.simulator.query(
      `select ops.record_verification('2026-01-06', p.events, p.checksum, true) from ops.partition_checksum('2026-01-06') p`,
    );
    expect(await reason()).toEqual([{ reason: 'an erasure has yet to make 2026-01-05 again' }]);
    await finish();
    expect(await reason()).toEqual([{ reason: null }]);
  });
});
