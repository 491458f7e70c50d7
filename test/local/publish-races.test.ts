import { Pool, type Client } from 'pg';
import type { HeldBackDay } from '../../local/held-back';
import { publishDueDays, type DueDay } from '../../local/publish';
import { randomSessions } from '../sql/support/random-events';
import { LOS_ANGELES, studentId, World } from '../sql/support/world';
import { untilSessionsWait } from '../support/waiting-sessions';

const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
const EVENTS = randomSessions(13, '2026-01-05T08:00:00Z', 30, 80);
const ERASED = studentId(1, 0);
const HELD_BACK = { cohort: LOS_ANGELES, day: DAY, state: 'not published' };

let world: World;
let pool: Pool;
beforeEach(async () => {
  world = await World.create();
  pool = new Pool({ connectionString: world.database.url('analytics'), max: 1 });
});
afterEach(async () => {
  await pool?.end();
  await world?.drop();
});

/** Publishes the first run of the one day that this file is about. */
const publishDay = (): Promise<HeldBackDay[]> =>
  publishDueDays(pool, () => undefined, {
    wanted: ({ cohort_id, day, kind }: DueDay) => cohort_id === LOS_ANGELES && day === DAY && kind === 'first',
  });

const statuses = async (): Promise<string[]> =>
  (await world.rows<{ status: string }>('select status from analytics.runs order by run_id')).map((r) => r.status);

describe('a day whose cut has just passed', () => {
  it('is left alone while a tick before the cut is not rolled up, and published by the next pass', async () => {
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-06T10:00:00Z');
    await world.rollUp();
    expect(await world.receive(EVENTS, '2026-01-06T10:00:00Z', '2026-01-06T12:00:05Z')).toBeGreaterThan(0);
    expect([await publishDay(), await statuses()]).toEqual([[], []]);
    await world.rollUp();
    expect([await publishDay(), await statuses()]).toEqual([[], ['published']]);
  });

  it('is left alone while one shard has not passed the cut', async () => {
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-06T13:00:00Z');
    await world.rollUp();
    await world.owner.query(
      `update ingest.shards set watermark = $1::timestamptz - interval '1 second' where shard = 5`,
      [CUT],
    );
    expect([await publishDay(), await statuses()]).toEqual([[], []]);
    await world.owner.query('update ingest.shards set watermark = null where shard = 5');
    expect([await publishDay(), await statuses()]).toEqual([[], []]);
  });
});

describe('a day under way when a student of its cohort is erased', () => {
  let first: Client;
  let second: Client;
  let eraser: Client;
  beforeEach(async () => {
    await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-06T13:00:00Z');
    await world.rollUp();
    [first, second] = [await world.database.connect('superuser'), await world.database.connect('superuser')];
    eraser = await world.database.connect('analytics');
  });

  /** What the functions take for a day: see analytics.lock_day. */
  const holdDay = (client: Client): Promise<unknown> =>
    client.query(
      `begin; select pg_advisory_xact_lock(hashtext('analytics.day'), (${LOS_ANGELES} << 20) + (date '${DAY}' - date '2000-01-01'))`,
    );

  const waiting = (sessions: number): Promise<unknown> => untilSessionsWait(world.superuser, sessions);

  const erase = (): Promise<unknown> => eraser.query(`select ops.forget_student($1, 'request')`, [ERASED]);

  it('is left to the next pass between computing and checking, which publishes it without the student', async () => {
    await holdDay(first);
    const publishing = publishDay();
    await waiting(1);
    // Behind the computing, before the checking.
    const erasing = erase();
    await waiting(2);
    await first.query('commit');
    await erasing;
    const run = await world.value('select max(run_id) from analytics.runs');
    expect(await publishing).toEqual([
      { ...HELD_BACK, because: expect.stringContaining(`run ${run} is discarded, only a run`) },
    ]);
    expect([await publishDay(), await statuses()]).toEqual([[], ['discarded', 'published']]);
    await expectNoTrace();
  });

  it('is left to the next pass between checking and publishing, which publishes it without the student', async () => {
    await holdDay(first);
    const publishing = publishDay();
    await waiting(1);
    // The checking waits for the second session, and the erasure for the checking.
    const holding = holdDay(second);
    await waiting(2);
    await first.query('commit');
    await holding;
    await waiting(1);
    const erasing = erase();
    await waiting(2);
    await second.query('commit');
    await erasing;
    expect(await publishing).toEqual([
      { ...HELD_BACK, because: expect.stringContaining('is discarded: it was superseded') },
    ]);
    expect([await publishDay(), await statuses()]).toEqual([[], ['discarded', 'published']]);
    await expectNoTrace();
  });

  async function expectNoTrace(): Promise<void> {
    const students = await world.rows<{ student_id: number }>(
      'select distinct student_id from analytics.student_lesson_day',
    );
    expect(students.length).toBeGreaterThan(2);
    expect(students.map((row) => row.student_id)).not.toContain(ERASED);
  }
});

it('does not take other errors of the database for a state that passes', async () => {
  await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-06T13:00:00Z');
  await world.rollUp();
  await world.superuser.query('revoke execute on function analytics.check_day(bigint) from edtech_analytics');
  await expect(publishDay()).rejects.toMatchObject({ code: '42501' });
});
