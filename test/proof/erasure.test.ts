import type { Client } from 'pg';
import { answerKeyExitCode, runAnswerKey } from '../../simulator/src/proof/answer-key';
import { publishOutcomes, type RiskOutcome } from '../../simulator/src/proof/answers/outcome';
import { parseDay } from '../../simulator/src/model/day';
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
const answer = (publish = false) => runAnswerKey({ database: databaseAt(database.url('simulator')), publish });

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

it('publishes how right the at-risk rule was of exactly the students that are left', async () => {
  await answer(true);
  const { rows } = await admin.query<{ day: string; counted: number; assessed: number }>(
    `select day::text, true_positives + false_positives + true_negatives + false_negatives as counted,
       (select count(*)::int from analytics.at_risk r where r.cohort_id = o.cohort_id and r.day = o.day) as assessed
     from analytics.at_risk_outcome o`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ counted, assessed }) => counted !== assessed)).toEqual([]);
});

it('publishes no counts of a cohort of which a student was erased since they were made', async () => {
  const { rows: erased } = await admin.query<{ id: number; cohort: number }>(
    `select f.student_id as id, c.cohort_id as cohort
     from ops.forgotten_students f join edtech.classrooms c on c.classroom_id = f.student_id / 63`,
  );
  const [{ cohort }] = erased;
  const outcome: RiskOutcome = {
    ...{ cohortId: cohort, day: parseDay('2026-03-02') },
    ...{ truePositives: 91, falsePositives: 2, trueNegatives: 3, falseNegatives: 4 },
  };
  const publish = (without: readonly number[]): Promise<void> =>
    publishOutcomes(databaseAt(database.url('simulator')), [outcome], without);
  const published = async (): Promise<number | null> =>
    (await admin.query('select from analytics.at_risk_outcome where true_positives = 91')).rowCount;
  await expect(publish([])).rejects.toThrow(`a student of cohort ${cohort} was erased after the counts were made`);
  expect(await published()).toBe(0);
  await publish(erased.map(({ id }) => id));
  expect(await published()).toBe(1);
});
