import { ManualClock } from '../../simulator/src/clock';
import { runBackfill } from '../../simulator/src/commands/backfill';
import { backfill } from '../../simulator/src/ingest/backfill';
import { ShardsHeld } from '../../simulator/src/ingest/take-all-shards';
import { runAnswerKey } from '../../simulator/src/proof/answer-key';
import { publishDays } from '../proof/support/publish';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { sleep, soon } from '../support/eventually';
import { dump, expectExactSums } from './support/dump';
import { allReceived, DAY, HOUR, type RunningReplica, START, startReplica, testConfig } from './support/replicas';

const TARGET = START + 3 * DAY;
const LATER = TARGET + 2 * HOUR;

describe('an interrupted backfill', () => {
  const databases: TestDatabase[] = [];

  async function fresh(label: string): Promise<TestDatabase> {
    const database = await createTestDatabase(label);
    databases.push(database);
    return database;
  }
  const replicas: RunningReplica[] = [];
  function live(database: TestDatabase): RunningReplica {
    const replica = startReplica(testConfig(database.url('simulator')), new ManualClock(LATER), 'live');
    replicas.push(replica);
    return replica;
  }
  afterAll(async () => {
    await Promise.allSettled(replicas.map((replica) => replica.stop()));
    await Promise.all(databases.map((database) => database.drop()));
  });

  /** Processes that hold shards or are on the list of the living. */
  async function present(database: TestDatabase): Promise<string[]> {
    const admin = await database.connect('superuser');
    const { rows } = await admin.query<{ name: string }>(
      'select holder as name from ingest.shards where holder is not null union select replica from ingest.replicas',
    );
    return rows.map(({ name }) => name);
  }

  /** A backfill that ends before it loads the `days`-th day; its students are committed by then. */
  async function interrupted(database: TestDatabase, days: number, to = TARGET): Promise<void> {
    const stop = new AbortController();
    const begun = new Set<number>();
    if (days === 1) stop.abort();
    const onProgress = ({ day }: { day: number }): void => {
      begun.add(day);
      if (begun.size === days) stop.abort();
    };
    const loading = backfill(testConfig(database.url('simulator')), { to, days: 3, signal: stop.signal, onProgress });
    await expect(loading).rejects.toThrow('aborted');
    expect(await present(database)).toEqual([]);
  }

  /** What the next backfill and live replicas make of it is what nothing but one backfill would have made. */
  async function expectWhole(database: TestDatabase, replica: RunningReplica): Promise<void> {
    await allReceived(database, LATER);
    await replica.stop();
    const reference = await fresh(`${database.database.slice(-6)}_reference`);
    await backfill(testConfig(reference.url('simulator')), { to: LATER, days: 3 });
    const [{ rows, ...found }, { rows: expected, ...made }] = [await dump(database), await dump(reference)];
    expect(rows).toBeGreaterThan(1000);
    expect({ rows, ...found }).toEqual({ rows: expected, ...made });
    await expectExactSums(database);
  }

  it.each([
    ['after its students, before its first day', 1],
    ['with days loaded', 3],
  ])('%s leaves its shards to the next backfill, and live replicas say why they take none', async (_, days) => {
    const database = await fresh(`days_${days}`);
    await interrupted(database, days);
    const replica = live(database);
    await soon('the replica says what it waits for', () => replica.waitingFor() !== undefined);
    expect(replica.waitingFor()).toMatch(/backfill up to 2026-02-05T20:00:00\.000Z is unfinished/);
    expect(replica.shards()).toBe(0);
    // The replica lives and is announced all the while.
    const finished = await backfill(testConfig(database.url('simulator')), { now: LATER });
    expect(finished.to).toBe(TARGET);
    await expectWhole(database, replica);
    expect(replica.waitingFor()).toBeUndefined();
    const failed = (await replica.metrics.batches.get()).values.filter(({ labels }) => labels.result === 'failed');
    expect(failed).toEqual([]);
  });

  it('of an upgrade, begun while nobody held a shard, is finished by the next one and not by live replicas', async () => {
    const database = await fresh('upgrade');
    const config = testConfig(database.url('simulator'));
    await backfill(config, { to: START, days: 3 });
    // The days before hold rows that came late.
    await interrupted(database, 6);
    const replica = live(database);
    await soon('the replica says what it waits for', () => replica.waitingFor() !== undefined);
    expect(replica.waitingFor()).toMatch(/backfill up to 2026-02-05T20:00:00\.000Z is unfinished/);
    expect((await backfill(config, { now: LATER })).to).toBe(TARGET);
    await allReceived(database, LATER);
    await replica.stop();
    await expectExactSums(database);
  });

  it('of an upgrade holds up no day whose cut the watermarks have passed, and its rows are no fault of an open day', async () => {
    const database = await fresh('analytics');
    await backfill(testConfig(database.url('simulator')), { to: START, days: 3 });
    await interrupted(database, 6);
    const analytics = await database.connect('analytics');
    await analytics.query('select analytics.roll_up(100000000)');
    const admin = await database.connect('superuser');
    const { rows: ahead } = await admin.query(
      `select cohort_id from edtech.streaming_logs s join edtech.students using (student_id)
       where s.received_at > (select max(watermark) from ingest.shards) group by 1`,
    );
    expect(ahead).toHaveLength(4);
    const { rows: open } = await analytics.query<{ cohort_id: number; day: string; as_of: string }>(
      'select cohort_id, day::text, as_of::text from analytics.open_days()',
    );
    expect(new Set(open.map(({ day }) => day)).size).toBeGreaterThan(2);
    for (const { cohort_id, day, as_of } of open)
      await analytics.query('select analytics.check_open_day($1::smallint, $2, $3)', [cohort_id, day, as_of]);
    const { rows: failed } = await analytics.query(
      'select cohort_id, day::text, check_name, detail from analytics.open_day_checks where failed_rows > 0',
    );
    expect(failed).toEqual([]);
    // Three days of history in four cohorts, and Monday in the easternmost.
    expect(await publishDays(analytics)).toBe(13);
    await backfill(testConfig(database.url('simulator')), { now: LATER });
    await analytics.query('select analytics.roll_up(100000000)');
    const answer = await runAnswerKey({ database: databaseAt(database.url('simulator')) });
    expect([answer.different, answer.runs]).toEqual([0, 13]);
  });

  it('of an upgrade that has committed nothing yet holds nobody up', async () => {
    const database = await fresh('nothing');
    const config = testConfig(database.url('simulator'));
    await backfill(config, { to: TARGET, days: 3 });
    await interrupted(database, 1, LATER);
    const replica = live(database);
    await allReceived(database, LATER);
    await replica.stop();
    await expectExactSums(database);
  });

  it('is gone from the list of the living when it ends, although a sign of life was under way', async () => {
    const database = await fresh('keeper');
    const admin = await database.connect('superuser');
    // A sign of life takes 3 s, so that one is under way at nearly any time.
    await admin.query(`
      create function public.slow_sign() returns trigger language plpgsql as $$
      begin
        if current_setting('application_name') = 'edtech-simulator leases' then perform pg_sleep(3); end if;
        return new;
      end $$;
      create trigger slow_sign before insert on ingest.replicas for each row execute function public.slow_sign()`);
    await backfill(testConfig(database.url('simulator')), { to: START, days: 3 });
    expect(await present(database)).toEqual([]);
  });

  it('is no success while others hold its shards, and a finished one is', async () => {
    const database = await fresh('held');
    const config = testConfig(database.url('simulator'));
    const admin = await database.connect('superuser');
    // Programs of before, which took the shards of an unfinished backfill and renew them.
    const hold = (): Promise<unknown> =>
      admin.query(
        `update ingest.shards set holder = 'older', epoch = epoch + 1, lease_expires_at = clock_timestamp() + interval '1 minute'`,
      );
    await interrupted(database, 3);
    await hold();
    let isOver = false;
    const renewing = (async () => {
      while (!isOver) {
        await hold();
        await sleep(0.1);
      }
    })();
    const { signal } = new AbortController();
    try {
      const refused = runBackfill(config, {}, signal);
      await expect(refused).rejects.toThrow(ShardsHeld);
      await expect(refused).rejects.toThrow(/64 \(older\).*2026-02-05T20:00:00\.000Z is unfinished/);
      await admin.query(`update ingest.shards set watermark = '2026-02-05T20:00:00Z'`);
      await runBackfill(config, {}, signal);
    } finally {
      isOver = true;
      // One that is under way must not meet the end of the database.
      await renewing;
    }
  });
});
