import { ManualClock } from '../../simulator/src/clock';
import { runVerify } from '../../simulator/src/proof/verify';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { expectExactSums } from './support/dump';
import { allReceived, DAY, HOUR, START, startReplica, testConfig, type RunningReplica } from './support/replicas';

// Two whole starts of a stream: a busy machine needs minutes.
jest.setTimeout(180_000);

describe('a database that is made anew under a running replica', () => {
  let database: TestDatabase;
  let replica: RunningReplica;
  afterEach(async () => {
    await replica.stop();
    await database.drop();
  });

  it.each([
    ['on the same day, so that its stream has the same versions', HOUR],
    ['days later, so that its stream has as many versions, which begin on another day', 3 * DAY],
  ])('is filled like any other: %s', async (_, later) => {
    const clock = new ManualClock(START);
    database = await createTestDatabase();
    replica = startReplica(testConfig(database.url('simulator')), clock, 'a');
    await allReceived(database, START);
    clock.set(START + later);
    // Drops the one before, with the connections to it.
    database = await createTestDatabase();
    await allReceived(database, START + later);
    const { compared, lost, extra, changed, days } = await runVerify({
      database: databaseAt(database.url('simulator')),
    });
    expect({ lost, extra, changed }).toEqual({ lost: 0, extra: 0, changed: 0 });
    expect(compared).toBeGreaterThan(500);
    expect(days[0].day).toBe(new Date(START + later - DAY).toISOString().slice(0, 10));
    expect(await expectExactSums(database)).toBe(compared);
  });
});
