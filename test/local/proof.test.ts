import type { Client } from 'pg';
import { answerKey, holds, verify } from '../../local/proof';
import { proven } from '../../local/run';
import type { Summary, VerifyResult } from '../../local/summary';
import { runVerify } from '../../simulator/src/proof/verify';
import { loadStream } from '../proof/support/load';
import { publishDays } from '../proof/support/publish';
import { smallStream } from '../proof/support/small-stream';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';

describe('the proof of a local run', () => {
  let database: TestDatabase;
  let admin: Client;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await database.connect('superuser');
    await loadStream(admin, [smallStream('2026-03-02', 60)], Date.UTC(2026, 2, 9, 7, 30));
    const analytics = await database.connect('analytics');
    await publishDays(analytics);
    await runVerify({ database: databaseAt(database.url('simulator')), record: true });
    await analytics.query(`select ops.drop_partitions('2026-03-05', false)`);
    env = { DATABASE_URL: database.url('simulator'), HTTP_PORT: 'off', LOG_LEVEL: 'warn' };
  }, 180_000);
  afterAll(() => database?.drop());

  it('does not hold where the recorded checksum of a dropped day is not the stream’s', async () => {
    const before = await verify(env);
    expect([before.unproven, holds(before)]).toEqual([0, true]);
    await admin.query(
      'update ops.dropped_partitions set checksum = checksum + 1 where utc_day = (select max(utc_day) from ops.dropped_partitions where events > 0)',
    );
    const after = await verify(env);
    expect(after).toMatchObject({ lost: 0, extra: 0, changed: 0, unproven: 1 });
    const stored = async (): Promise<number | null> =>
      (await admin.query('select from analytics.at_risk_outcome')).rowCount;
    expect(await stored()).toBe(0);
    const answered = await answerKey(env);
    // What a dashboard says of the at-risk rule comes from here.
    expect(await stored()).toBeGreaterThan(0);
    const summary = { verify: after, answer_key: answered } as Summary;
    expect([answered.different, holds(after), proven(summary), proven({ ...summary, verify: before })]).toEqual([
      ...[0, false, false, true],
    ]);
  }, 180_000);

  it('holds where something was compared and nothing differs', () => {
    const right: VerifyResult = { compared: 10, lost: 0, extra: 0, changed: 0, unproven: 0 };
    expect(holds(right)).toBe(true);
    for (const wrong of [{ compared: 0 }, { lost: 1 }, { extra: 1 }, { changed: 1 }, { unproven: 1 }])
      expect([wrong, holds({ ...right, ...wrong })]).toEqual([wrong, false]);
  });
});
