import type { Client } from 'pg';
import { sleep } from '../support/eventually';
import { untilSessionsWait } from '../support/waiting-sessions';
import { completeView, enrolment, session } from './support/events';
import { randomSessions } from './support/random-events';
import { LOS_ANGELES, studentId, World } from './support/world';

const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
/** Nothing else in this world has this number. */
const ERASED = studentId(2, 59);
const EVENTS = [
  ...randomSessions(13, '2026-01-05T08:00:00Z', 20, 60),
  enrolment(ERASED, '2026-01-05T09:00:00Z'),
  ...session({ student: ERASED, start: '2026-01-05T18:00:00Z', views: [completeView(1, 10, 100)], end: 120 }),
];

let world: World;
let eraser: Client;
/** The session of the world that computes, checks and publishes. */
let publisher: number;
/** The student's number, event and session ids as words. */
let traces: string;

beforeEach(async () => {
  world = await World.create();
  await world.owner.query(
    `insert into edtech.students values ($1, 2, 1, 59, 'Anna', 'anna@students.example.org', '2025-12-01T00:00:00Z')`,
    [ERASED],
  );
  await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-12T00:00:00Z');
  await world.rollUp();
  eraser = await world.database.connect('analytics');
  publisher = await world.value<number>('select pg_backend_pid()');
  const [ids] = await world.rows<{ words: string }>(
    `select string_agg(distinct id::text, '|') as words from edtech.streaming_logs, unnest(array[event_id, session_id, student_id]) id
     where student_id = $1`,
    [ERASED],
  );
  traces = `\\m(${ids.words})\\M`;
});
afterEach(() => world.drop());

/** Tables with a row that names the student, an event or a session of the student. */
async function holders(): Promise<string[]> {
  const tables = await world.rows<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('edtech', 'ingest', 'analytics', 'analytics_stage', 'ops')
     order by 1`,
  );
  expect(tables.length).toBeGreaterThan(30);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await world.superuser.query(`select t::text from ${name} t where t::text ~ $1 limit 1`, [traces]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const RECEIPTS = ['ops.audit', 'ops.forgotten_students'];
const erase = (client: Client): Promise<unknown> =>
  client.query(`select ops.forget_student($1, 'request of the guardian')`, [ERASED]);

/**
 * Until a session waits for a lock or has done its work, which either way decides what it has seen.
 * @param session by default that of the world
 * @returns whether it waits
 */
async function waitsOrEnds(work: Promise<unknown>, session = publisher): Promise<boolean> {
  let ended = false;
  const settled = work.then(
    () => (ended = true),
    () => (ended = true),
  );
  for (;;) {
    // The superuser sees what the sessions of other roles wait for.
    const { rows } = await world.superuser.query(
      `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`,
      [session],
    );
    if (rows.length > 0 || ended) return rows.length > 0;
    await Promise.race([settled, sleep(0.02)]);
  }
}

/** Does the work while an erasure is open, and commits the erasure once it waits or has ended. */
async function whileErasing<T>(work: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  await eraser.query('begin');
  await erase(eraser);
  const running = work();
  await waitsOrEnds(running);
  await eraser.query('commit');
  return (await Promise.allSettled([running]))[0];
}

const checked = async (): Promise<string> => {
  const run = await world.compute(LOS_ANGELES, DAY, CUT);
  expect(await world.value('select analytics.check_day($1)', [run])).toBe(0);
  return run;
};

describe('an erasure and the runs of its cohort', () => {
  it('starts from a student whose traces are found', async () => {
    await world.publish(LOS_ANGELES, DAY, CUT);
    expect(await holders()).toEqual(
      expect.arrayContaining(['analytics.student_lesson_day', 'edtech.streaming_logs', 'edtech.students']),
    );
  });

  it('refuses to publish a run that an erasure discards meanwhile', async () => {
    const run = await checked();
    const result = await whileErasing(() => world.value('select analytics.publish_day($1)', [run]));
    expect(result).toMatchObject({ status: 'rejected', reason: { code: '55000' } });
    expect(await world.value('select status from analytics.runs where run_id = $1', [run])).toBe('discarded');
    expect(await holders()).toEqual(RECEIPTS);
  });

  it('refuses to check a run that an erasure discards meanwhile', async () => {
    const run = await world.compute(LOS_ANGELES, DAY, CUT);
    const result = await whileErasing(() => world.value('select analytics.check_day($1)', [run]));
    expect(result).toMatchObject({ status: 'rejected', reason: { code: '55000' } });
    expect(await world.value('select status from analytics.runs where run_id = $1', [run])).toBe('discarded');
  });

  it('computes, checks and publishes a day without the student if an erasure is under way', async () => {
    expect(await whileErasing(() => world.publish(LOS_ANGELES, DAY, CUT))).toMatchObject({ status: 'fulfilled' });
    expect(await world.value(`select count(*)::int from analytics.student_lesson_day`)).toBeGreaterThan(0);
    expect(await holders()).toEqual(RECEIPTS);
  });

  it('checks an open day without the student if an erasure is under way', async () => {
    await world.owner.query('update edtech.streaming_logs set position_seconds = 9999 where student_id = $1', [ERASED]);
    const check = 'select analytics.check_open_day($1::smallint, $2, $3)';
    expect(await whileErasing(() => world.value(check, [LOS_ANGELES, DAY, CUT]))).toMatchObject({
      status: 'fulfilled',
    });
    expect(await holders()).toEqual(RECEIPTS);
  });
});

it('does not keep the shard of the student from its ticks while a roll-up is under way', async () => {
  await world.owner.query(`begin; select pg_advisory_xact_lock(hashtext('analytics.roll_up'))`);
  const erasing = erase(eraser);
  await untilSessionsWait(world.superuser);
  const tick = `select shard from ingest.shards where shard = $1 for update nowait`;
  try {
    expect((await world.simulator.query(tick, [ERASED % 64])).rows).toHaveLength(1);
  } finally {
    await world.owner.query('commit');
    await erasing;
  }
  expect(await holders()).toEqual(RECEIPTS);
});

it('waits for whoever records how right the at-risk rule was in the cohort, and looks for erasures before it commits', async () => {
  const pid = (await eraser.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0].pid;
  await world.simulator.query('begin');
  await world.simulator.query('select analytics.record_outcome($1::smallint, $2, 1, 2, 3, 4)', [LOS_ANGELES, DAY]);
  const erasing = erase(eraser);
  const waits = await waitsOrEnds(erasing, pid);
  await world.simulator.query('commit');
  await erasing;
  expect(waits).toBe(true);
});

it('removes what the quality checks said about an erased student', async () => {
  await world.owner.query(
    `update edtech.streaming_logs set position_seconds = 9999 where student_id = $1 and lesson_id is not null`,
    [ERASED],
  );
  await world.owner.query(
    `delete from edtech.streaming_logs where student_id = $1 and event_type = 'session_started'`,
    [ERASED],
  );
  const run = await world.compute(LOS_ANGELES, DAY, CUT);
  expect(await world.value<number>('select analytics.check_day($1)', [run])).toBeGreaterThan(1);
  await world.value('select analytics.check_open_day($1::smallint, $2, $3)', [LOS_ANGELES, DAY, CUT]);
  expect(await holders()).toEqual(
    expect.arrayContaining(['analytics.data_quality_results', 'analytics.open_day_checks']),
  );
  await erase(eraser);
  expect(await holders()).toEqual(RECEIPTS);
  for (const table of ['data_quality_results', 'open_day_checks'])
    expect([table, await world.rows(`select distinct detail from analytics.${table} where failed_rows > 0`)]).toEqual([
      table,
      [{ detail: 'removed by an erasure' }],
    ]);
});
