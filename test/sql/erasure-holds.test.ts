import type { Client } from 'pg';
import { untilSessionsWait } from '../support/waiting-sessions';
import { completeView, session } from './support/events';
import { studentId, World } from './support/world';

const DAYS = ['2026-01-05', '2026-01-06', '2026-01-07'];
const ANNA = studentId(1, 0);
const EVENTS = DAYS.flatMap((day) =>
  [ANNA, studentId(1, 1)].flatMap((student) =>
    session({ student, start: `${day}T12:00:00Z`, views: [completeView(1, 10, 100)], end: 120 }),
  ),
);

let world: World;
let lawyer: Client;
beforeEach(async () => {
  world = await World.create();
  // Not rolled up yet, as the rows of the last ticks are.
  await world.receive(EVENTS, '2025-12-31T00:00:00Z', '2026-01-20T00:00:00Z');
  lawyer = await world.database.connect('analytics');
});
afterEach(() => world.drop());

const forget = (): Promise<unknown> =>
  world.analytics.query(`select ops.forget_student($1, 'request of the guardian')`, [ANNA]);
const hold = async (first: string, last: string, reason: string): Promise<string> => {
  const { rows } = await lawyer.query<{ id: string }>('select ops.hold($1, $2, $3) as id', [first, last, reason]);
  return rows[0].id;
};
const state = (): Promise<unknown[]> =>
  world.rows(
    `select (select count(*)::int from edtech.streaming_logs where student_id = $1) as events,
       (select count(*)::int from edtech.students where student_id = $1) as students,
       (select count(*)::int from ingest.batches where rolled_up_at is null) as pending,
       (select count(*)::int from ops.forgotten_students) as receipts`,
    [ANNA],
  );
const UNTOUCHED = [{ events: 15, students: 1, pending: 3, receipts: 0 }];
const ERASED = [{ events: 0, students: 0, pending: 0, receipts: 1 }];

describe('an erasure of a student with rows under a legal hold', () => {
  it('is refused with the holds that cover them, changes nothing, and works once they are released', async () => {
    const court = await hold('2026-01-07', '2026-01-31', 'request of a court, file 12');
    const failed = await hold('2026-01-05', '2026-01-05', 'verification failed');
    await hold('2026-01-01', '2026-01-04', 'days without a row of the student');
    await lawyer.query('select ops.release($1)', [await hold('2026-01-06', '2026-01-06', 'released')]);
    await expect(forget()).rejects.toMatchObject({
      code: '55000',
      message:
        `student 63 is not erased: raw rows of the student are under legal hold ` +
        `(hold ${court} on 2026-01-07 to 2026-01-31: request of a court, file 12; hold ${failed} on 2026-01-05 to 2026-01-05: verification failed)`,
      hint: 'ops.release(hold) ends a hold',
    });
    await lawyer.query('select ops.release($1)', [court]);
    await expect(forget()).rejects.toThrow('(hold 2 on 2026-01-05 to 2026-01-05: verification failed)');
    expect(await state()).toEqual(UNTOUCHED);
    await lawyer.query('select ops.release($1)', [failed]);
    await forget();
    expect(await state()).toEqual(ERASED);
  });

  it('waits for a hold that is being placed, and does not keep the ingest waiting', async () => {
    await lawyer.query('begin');
    await hold('2026-01-05', '2026-01-05', 'inspection');
    const refused = expect(forget()).rejects.toThrow('(hold 1 on 2026-01-05 to 2026-01-05: inspection)');
    await untilSessionsWait(world.superuser);
    await world.owner.query('begin');
    expect((await world.owner.query('select from ingest.shards for update nowait')).rowCount).toBe(64);
    await world.owner.query('rollback');
    await lawyer.query('commit');
    await refused;
    expect(await state()).toEqual(UNTOUCHED);
  });

  it('is not overtaken by a hold that comes while it goes on', async () => {
    await world.analytics.query('begin');
    await forget();
    const placed = hold('2026-01-05', '2026-01-05', 'inspection');
    await untilSessionsWait(world.superuser);
    await world.analytics.query('commit');
    await placed;
    expect(await state()).toEqual(ERASED);
  });
});
