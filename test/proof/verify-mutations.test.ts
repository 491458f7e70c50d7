import type { Client } from 'pg';
import { parseDay } from '../../simulator/src/model/day';
import { runVerify, verifyExitCode, type VerifyResult } from '../../simulator/src/proof/verify';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';
import { columnsOf, dropRules, nudged, withChangedRow, withoutRows } from './support/mutation';
import { smallStream } from './support/small-stream';

// Many comparisons of a whole database: a busy machine needs minutes.
jest.setTimeout(180_000);

const UNTIL = Date.UTC(2026, 2, 4, 7, 30);
const DAY = '2026-03-03';

let database: TestDatabase;
let admin: Client;
/** A row in the middle of the day that has a value in every column, and room for another one after it. */
let eventId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
  // Of so many students one leaves in these days: only enrolment events have no session.
  await loadStream(admin, [smallStream('2026-03-02', 280)], UNTIL);
  await dropRules(admin, 'edtech');
  const { rows } = await admin.query<{ event_id: string }>(
    `select event_id::text from edtech.streaming_logs t
     where event_type = 'heartbeat' and occurred_at > '${DAY} 10:00Z' and not exists (
       select from edtech.streaming_logs n where n.student_id = t.student_id
         and n.occurred_at > t.occurred_at and n.occurred_at < t.occurred_at + interval '1 s')
     order by 1 limit 1`,
  );
  eventId = rows[0].event_id;
});
afterAll(() => database.drop());

const verify = (): Promise<VerifyResult> =>
  runVerify({
    database: databaseAt(database.url('simulator')),
    from: parseDay('2026-03-01'),
    to: parseDay('2026-03-04'),
  });
const totals = ({ lost, extra, changed }: VerifyResult) => ({ lost, extra, changed });
const theEvent = () => `t.event_id = ${eventId}`;

async function columnIsProven(table: string, where: string, column: string, type: string): Promise<void> {
  await withChangedRow(admin, table, where, `${column} = ${nudged(`t.${column}`, type)}`, async () => {
    const result = await verify();
    expect(verifyExitCode(result)).toBe(1);
    expect(totals(result)).toEqual({ lost: 0, extra: 0, changed: 1 });
    expect(result.differences[0].columns?.map((difference) => difference.column)).toEqual([column]);
  });
}

it.each([
  'event_id',
  'occurred_at',
  'received_at',
  'session_id',
  'student_id',
  'lesson_id',
  'event_type',
  'position_seconds',
  'watched_seconds',
  'stalled_ms',
  'device',
])('names the column when %s of one event is changed by the least amount', async (column) => {
  const columns = await columnsOf(admin, 'edtech.streaming_logs');
  const { type } = columns.find((found) => found.column === column) ?? { type: 'missing' };
  await columnIsProven('edtech.streaming_logs', theEvent(), column, type);
});

it('records what a run found, and the row of the day that differs', async () => {
  const range = { from: parseDay('2026-03-01'), to: parseDay('2026-03-04') };
  const record = () => runVerify({ database: databaseAt(database.url('simulator')), ...range, record: true });
  const sound = await record();
  await withChangedRow(
    admin,
    'edtech.streaming_logs',
    theEvent(),
    'position_seconds = t.position_seconds + 1',
    async () => {
      await record();
    },
  );
  const { rows } = await admin.query(
    `select first_day::text, last_day::text, compared::int, lost::int, extra::int, changed::int, unproven
     from ops.verify_results order by verify_id`,
  );
  const common = {
    first_day: '2026-03-01',
    last_day: '2026-03-04',
    compared: sound.compared,
    lost: 0,
    extra: 0,
    unproven: 0,
  };
  expect(rows).toEqual([
    { ...common, changed: 0 },
    { ...common, changed: 1 },
  ]);
  const { rows: failed } = await admin.query('select utc_day::text as day from ops.verifications where not ok');
  expect(failed).toEqual([{ day: DAY }]);
});

it('checks every column that the event log has', async () => {
  expect(await columnsOf(admin, 'edtech.streaming_logs')).toHaveLength(11);
});

it('finds a null where a value belongs', async () => {
  await withChangedRow(admin, 'edtech.streaming_logs', theEvent(), 'device = null', async () => {
    expect(totals(await verify())).toEqual({ lost: 0, extra: 0, changed: 1 });
  });
});

const FIRST = `t.event_id = (select min(event_id) from edtech.streaming_logs where occurred_at > '${DAY}'`;

// The row hash codes a null as -1, which as 32 bits without a sign hashes the same: a loader may write either for a null.
it.each([
  ['session_id', '-1', 'unenrolled'],
  ['session_id', '4294967295', 'unenrolled'],
  ['lesson_id', '-1', 'session_started'],
  ['position_seconds', '-1', 'session_started'],
])('names the column when %s is %s where a null belongs', async (column, value, type) => {
  const where = `${FIRST} and event_type = '${type}')`;
  await withChangedRow(admin, 'edtech.streaming_logs', where, `${column} = ${value}`, async () => {
    const result = await verify();
    expect(totals(result)).toEqual({ lost: 0, extra: 0, changed: 1 });
    expect(result.differences[0].columns).toEqual([{ column, expected: null, actual: value }]);
  });
});

it('finds a student whose only rows of the day have a value where a null belongs', async () => {
  const where = `${FIRST} and event_type = 'unenrolled')`;
  const nulls = 'session_id = -1, lesson_id = -1, position_seconds = -1';
  await withChangedRow(admin, 'edtech.streaming_logs', where, nulls, async () => {
    const result = await verify();
    expect(totals(result)).toEqual({ lost: 0, extra: 0, changed: 1 });
    const columns = ['session_id', 'lesson_id', 'position_seconds'];
    expect(result.differences[0].columns?.map((difference) => difference.column)).toEqual(columns);
  });
});

it('finds milliseconds of received_at that were taken for microseconds', async () => {
  const where = `${FIRST} and extract(milliseconds from received_at) % 1000 <> 0)`;
  const shrunk = `received_at = 'epoch'::timestamptz + (received_at - 'epoch') / 1000`;
  await withChangedRow(admin, 'edtech.streaming_logs', where, shrunk, async () => {
    const result = await verify();
    expect(totals(result)).toEqual({ lost: 0, extra: 0, changed: 1 });
    expect(result.differences[0].columns?.map(({ column }) => column)).toEqual(['received_at']);
  });
});

it('finds a received_at finer than a millisecond', async () => {
  const finer = `received_at = received_at + interval '1 microsecond'`;
  await withChangedRow(admin, 'edtech.streaming_logs', theEvent(), finer, async () => {
    expect(totals(await verify())).toEqual({ lost: 0, extra: 0, changed: 1 });
  });
});

it('lists a deleted event as lost', async () => {
  await withoutRows(admin, 'edtech.streaming_logs', theEvent(), async () => {
    const result = await verify();
    expect(totals(result)).toEqual({ lost: 1, extra: 0, changed: 0 });
    const key = { event_id: eventId };
    expect(result.differences).toEqual([{ kind: 'lost', table: 'streaming_logs', day: DAY, key }]);
  });
});

it('lists an event that the stream does not have as extra', async () => {
  await admin.query(
    `insert into edtech.streaming_logs
     select event_id + (1::bigint << 22), occurred_at + interval '1 ms', received_at, session_id, student_id, lesson_id,
       event_type, position_seconds, watched_seconds, stalled_ms, device
     from edtech.streaming_logs where event_id = $1`,
    [eventId],
  );
  const result = await verify();
  expect(totals(result)).toEqual({ lost: 0, extra: 1, changed: 0 });
  expect(result.differences).toMatchObject([{ kind: 'extra', day: DAY }]);
  await admin.query(`delete from edtech.streaming_logs where event_id = $1::bigint + (1::bigint << 22)`, [eventId]);
});

it.each([-5, -64, -1])('lists an event of a student %s as extra', async (student) => {
  await admin.query(
    `insert into edtech.streaming_logs
     select event_id + (1::bigint << 22), occurred_at, received_at, session_id, $2::int, lesson_id, event_type,
       position_seconds, watched_seconds, stalled_ms, device
     from edtech.streaming_logs where event_id = $1`,
    [eventId, student],
  );
  try {
    const result = await verify();
    expect(totals(result)).toEqual({ lost: 0, extra: 1, changed: 0 });
    expect(result.differences).toMatchObject([{ kind: 'extra', day: DAY }]);
  } finally {
    await admin.query('delete from edtech.streaming_logs where student_id = $1', [student]);
  }
});

it('finds an event received after the watermark, which no transaction can have written', async () => {
  await withChangedRow(admin, 'edtech.streaming_logs', theEvent(), `received_at = '2026-03-05 00:00Z'`, async () => {
    expect(totals(await verify())).toEqual({ lost: 0, extra: 0, changed: 1 });
  });
});

it('counts every row of a doubled batch, whatever key the copies got', async () => {
  const slice = `occurred_at >= '${DAY} 12:00Z' and occurred_at < '${DAY} 23:00Z'`;
  const { rowCount } = await admin.query(
    `insert into edtech.streaming_logs
     select event_id + 1, occurred_at, received_at, session_id, student_id, lesson_id, event_type, position_seconds,
       watched_seconds, stalled_ms, device
     from edtech.streaming_logs where ${slice}`,
  );
  expect(rowCount).toBeGreaterThan(10);
  const result = await verify();
  expect(totals(result)).toEqual({ lost: 0, extra: rowCount, changed: 0 });
  await admin.query(`delete from edtech.streaming_logs where ${slice} and event_id & 4194303 <> student_id`);
});

it('counts every row of a dropped batch', async () => {
  const slice = `received_at >= '${DAY} 12:00Z' and received_at < '${DAY} 23:00Z'`;
  await withoutRows(admin, 'edtech.streaming_logs', slice, async (deleted) => {
    expect(deleted).toBeGreaterThan(10);
    expect(totals(await verify())).toEqual({ lost: deleted, extra: 0, changed: 0 });
  });
});

it('caps the list and counts all', async () => {
  await admin.query(`update edtech.streaming_logs set stalled_ms = stalled_ms + 1 where occurred_at < '${DAY}'`);
  const result = await runVerify({ database: databaseAt(database.url('simulator')), maxListed: 7 });
  expect(result.differences).toHaveLength(7);
  expect(result.changed).toBeGreaterThan(1_000);
  expect(result.days.reduce((sum, day) => sum + day.changed, 0)).toBe(result.changed);
  await admin.query(`update edtech.streaming_logs set stalled_ms = stalled_ms - 1 where occurred_at < '${DAY}'`);
});

const ROWS: Record<string, string> = {
  cohorts: 't.cohort_id = 1',
  classrooms: 't.classroom_id = 2',
  lessons: 't.lesson_id = (select max(lesson_id) - 3 from edtech.lessons)',
  students: 't.student_id = (select min(student_id) from edtech.students where unenrolled_at is null)',
  school_days: `t.cohort_id = 2 and t.day = '2026-03-03'`,
};

const KEYS: Record<string, string[]> = {
  cohorts: ['cohort_id'],
  classrooms: ['classroom_id'],
  lessons: ['lesson_id'],
  students: ['student_id'],
  school_days: ['cohort_id', 'day'],
};

it.each(Object.keys(ROWS))('names each column of %s that is changed in one row', async (table) => {
  for (const { column, type } of await columnsOf(admin, `edtech.${table}`)) {
    const set =
      column === 'unenrolled_at' ? `unenrolled_at = '2026-03-03'` : `${column} = ${nudged(`t.${column}`, type)}`;
    await withChangedRow(admin, `edtech.${table}`, ROWS[table], set, async () => {
      const result = await verify();
      expect(verifyExitCode(result)).toBe(1);
      const columns = result.differences.flatMap((difference) => difference.columns ?? []).map((found) => found.column);
      // A row under another key is missing under its own, and one too many beside the row that it collides with.
      const isKey = KEYS[table].includes(column);
      if (isKey) expect([column, result.lost, result.extra]).toEqual([column, 1, 1]);
      else expect([totals(result), columns]).toEqual([{ lost: 0, extra: 0, changed: 1 }, [column]]);
    });
  }
});

it.each(Object.keys(ROWS))('finds a missing row of %s', async (table) => {
  await withoutRows(admin, `edtech.${table}`, ROWS[table], async (deleted) => {
    expect(deleted).toBe(1);
    const result = await verify();
    expect(result.dimensions[table]).toMatchObject({ lost: 1, extra: 0, changed: 0 });
    expect(totals(result)).toEqual({ lost: 1, extra: 0, changed: 0 });
  });
});

it('is content again after every change was undone', async () => {
  expect(totals(await verify())).toEqual({ lost: 0, extra: 0, changed: 0 });
});
