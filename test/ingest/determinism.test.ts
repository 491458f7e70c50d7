import { ManualClock } from '../../simulator/src/clock';
import { backfill } from '../../simulator/src/ingest/backfill';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { soon } from '../support/eventually';
import { dump, expectExactSums, type Dump } from './support/dump';
import { allReceived, DAY, HOUR, START, startReplica, testConfig } from './support/replicas';

const END = START + 5 * DAY;

describe('the rows of a stream do not depend on how they came into the database', () => {
  const databases: TestDatabase[] = [];
  let expected: Dump;

  async function fresh(label: string): Promise<TestDatabase> {
    const database = await createTestDatabase(label);
    databases.push(database);
    return database;
  }

  async function expectSame(database: TestDatabase): Promise<void> {
    expect(await dump(database)).toEqual(expected);
    await expectExactSums(database);
  }

  beforeAll(async () => {
    const database = await fresh('reference');
    await live(database, 1, [START, END]);
    expected = await dump(database);
    expect(expected.rows).toBeGreaterThan(10_000);
    await expectExactSums(database);
  });
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  /** Runs replicas through the given instants. */
  async function live(database: TestDatabase, replicas: number, instants: readonly number[]): Promise<void> {
    const clock = new ManualClock(instants[0]);
    const config = testConfig(database.url('simulator'));
    const running = Array.from({ length: replicas }, (_, index) => startReplica(config, clock, `r${index}`));
    await soon('each replica has its share', () => running.every(({ shards }) => shards() === 64 / replicas));
    for (const instant of instants) {
      clock.set(instant);
      await allReceived(database, instant);
    }
    await Promise.all(running.map((replica) => replica.stop()));
  }

  it.each([2, 8])('with %i replicas', async (replicas) => {
    const database = await fresh(`replicas_${replicas}`);
    await live(database, replicas, [START, START + HOUR, START + 2 * DAY, START + 2 * DAY + 5000, END]);
    await expectSame(database);
  });

  it('loaded as history by the bulk path', async () => {
    const database = await fresh('backfill');
    const config = testConfig(database.url('simulator'));
    // The stream began on the day of START.
    await backfill(config, { to: END, days: 5 });
    await expectSame(database);
  });
});
