import type { Client } from 'pg';
import { answerKeyExitCode, runAnswerKey } from '../../simulator/src/proof/answer-key';
import { runVerify, verifyExitCode } from '../../simulator/src/proof/verify';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';
import { publishDays } from './support/publish';
import { smallStream } from './support/small-stream';

// Many comparisons of a whole database: a busy machine needs minutes.
jest.setTimeout(180_000);

const UNTIL = Date.UTC(2026, 2, 9, 7, 30);

let database: TestDatabase;
let analytics: Client;
let admin: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
  await loadStream(admin, [smallStream('2026-03-02', 60)], UNTIL);
  analytics = await database.connect('analytics');
  await publishDays(analytics);
});
afterAll(() => database.drop());

const verify = (record = false) => runVerify({ database: databaseAt(database.url('simulator')), record });
const answer = () => runAnswerKey({ database: databaseAt(database.url('simulator')) });

/** Whoever has the most rows left; of equals the one with the lowest number. */
async function busiestStudent(): Promise<number> {
  const { rows } = await admin.query<{ student_id: number }>(
    'select student_id from edtech.streaming_logs group by 1 order by count(*) desc, 1 limit 1',
  );
  return rows[0].student_id;
}

async function erase(student: number): Promise<void> {
  await analytics.query('select ops.forget_student($1, $2)', [student, 'asked for it']);
  // Rows and roll-ups are without the student at once, days are compared when they are made again.
  const started = await answer();
  expect(started.differences).toEqual([]);
  expect(started.notMadeAgain).toBeGreaterThan(0);
  await analytics.query('call ops.finish_erasures()');
}

it('proves what is left after retention, erasure, and erasure after retention', async () => {
  const first = await busiestStudent();
  await erase(first);
  const erased = await verify(true);
  expect([erased.differences, erased.forgottenStudents, verifyExitCode(erased)]).toEqual([[], 1, 0]);
  const withoutFirst = await answer();
  expect([withoutFirst.differences, withoutFirst.notMadeAgain, answerKeyExitCode(withoutFirst)]).toEqual([[], 0, 0]);

  const { rows: dropped } = await analytics.query<{ dropped: boolean }>(
    `select dropped from ops.drop_partitions('2026-03-05', false)`,
  );
  expect(dropped.some((day) => day.dropped)).toBe(true);
  const retained = await verify();
  expect([retained.differences, retained.unproven, verifyExitCode(retained)]).toEqual([[], 0, 0]);
  expect(retained.notHeld).toBeGreaterThan(0);
  expect(retained.days.filter(({ state }) => state === 'dropped').every(({ proven }) => proven)).toBe(true);

  await erase(await busiestStudent());
  const both = await verify();
  expect([both.differences, both.unproven, both.forgottenStudents]).toEqual([[], 0, 2]);
  expect((await answer()).differences).toEqual([]);
});

it('does not believe a recorded checksum that is off by one', async () => {
  await admin.query(
    'update ops.dropped_partitions set checksum = checksum + 1 where utc_day = (select max(utc_day) from ops.dropped_partitions where events > 0)',
  );
  const result = await verify();
  expect([result.unproven, verifyExitCode(result)]).toEqual([1, 1]);
});
