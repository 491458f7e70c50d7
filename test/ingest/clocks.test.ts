import type { Client } from 'pg';
import { runBackfill } from '../../simulator/src/commands/backfill';
import { ClockWatch } from '../../simulator/src/ingest/clock-watch';
import { IngestMetrics } from '../../simulator/src/ingest/metrics';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { recorder } from '../support/recorder';
import { soon } from '../support/eventually';
import { allReceived, DAY, HOUR, type RunningReplica, startReplica, testConfig } from './support/replicas';

const DIFFER = "the machine's clock and the database's differ";

describe('the comparison of clocks', () => {
  it('tells what the time of an answer cannot explain, once when it begins and once when it is over', async () => {
    const { log, said } = recorder();
    const metrics = new IngestMetrics();
    let machine = 0;
    const watch = new ClockWatch(() => machine, metrics, log);
    /** The database answers at an instant of its own, to a question that is under way from one instant of the machine to another. */
    const compare = async (asked: number, databaseNow: number, answered: number): Promise<number> => {
      machine = asked;
      await watch.compare(() => {
        machine = answered;
        return Promise.resolve({ databaseNow });
      });
      return (await metrics.clockDifference.get()).values[0].value;
    };
    expect(await compare(100_000, 100_000, 100_000)).toBe(0);
    expect(await compare(100_000, 100_010, 130_000)).toBe(0);
    expect(await compare(105_000, 100_000, 105_900)).toBe(5);
    expect(said(DIFFER)).toEqual([]);
    expect(await compare(105_001, 100_000, 105_900)).toBe(5.001);
    expect(watch.corrected()).toBe(100_899);
    expect(await compare(90_000, 100_000, 90_400)).toBe(-9.6);
    expect(watch.corrected()).toBe(100_000);
    expect(said(DIFFER)).toHaveLength(1);
    expect(await compare(100_000, 100_000, 100_000)).toBe(0);
    expect(said('agree again')).toEqual([expect.objectContaining({ level: 'info', aheadSeconds: 0 })]);
  });
});

describe('a replica whose stream time is its machine’s', () => {
  let database: TestDatabase;
  let admin: Client;
  let replica: RunningReplica | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
    admin = await database.connect('superuser');
  });
  afterEach(async () => {
    await replica?.stop();
    replica = undefined;
    await database.drop();
  });

  const clockOff = (byMs: number) => ({ machine: () => Date.now() + byMs });
  const start = (byMs: number, log = recorder().log): void => {
    replica = startReplica(testConfig(database.url('simulator')), clockOff(byMs), 'r', log);
  };
  const stop = async (): Promise<void> => {
    await replica!.stop();
    replica = undefined;
  };
  const value = async (gauge: 'clockDifference' | 'lastCommit'): Promise<number> =>
    (await replica!.metrics[gauge].get()).values[0].value;

  /** How far the newest watermark is behind the database's time, in ms. */
  async function behind(): Promise<number> {
    const { rows } = await admin.query<{ ms: number }>(
      'select (extract(epoch from clock_timestamp() - max(watermark)) * 1000)::float8 as ms from ingest.shards',
    );
    return rows[0].ms;
  }
  async function days(): Promise<number> {
    const { rows } = await admin.query<{ days: number }>('select count(*)::int as days from ops.partitions');
    return rows[0].days;
  }

  it.each([
    ['an hour', HOUR],
    ['a year', 365 * DAY],
  ])('and ahead by %s begins and goes on with the database’s time', async (_, aheadMs) => {
    const { log, said } = recorder();
    start(aheadMs, log);
    await allReceived(database, Date.now());
    await allReceived(database, Date.now());
    expect(await behind()).toBeGreaterThanOrEqual(0);
    expect(await days()).toBeLessThan(20);
    const ahead = await value('clockDifference');
    expect(ahead).toBeLessThanOrEqual(aheadMs / 1000);
    expect(ahead).toBeGreaterThan(aheadMs / 1000 - 60);
    expect(await value('lastCommit')).toBeLessThan(Date.now() / 1000 + 60);
    await stop();
    // Once, although many ticks have ended.
    expect(said(DIFFER)).toEqual([expect.objectContaining({ level: 'warn', aheadSeconds: expect.any(Number) })]);
  });

  it('and ahead makes no days of the future in a stream that others began', async () => {
    start(0);
    await allReceived(database, Date.now());
    expect(await value('clockDifference')).toBe(0);
    await stop();
    start(30 * DAY);
    await allReceived(database, Date.now());
    expect(await behind()).toBeGreaterThanOrEqual(0);
    expect(await days()).toBeLessThan(20);
  });

  it('and behind stays behind, and says so', async () => {
    const { log, said } = recorder();
    start(-HOUR, log);
    await allReceived(database, Date.now() - HOUR);
    await soon('it has compared', async () => (await value('clockDifference')) !== 0);
    expect(await behind()).toBeGreaterThanOrEqual(HOUR);
    const ahead = await value('clockDifference');
    expect(ahead).toBeGreaterThanOrEqual(-HOUR / 1000);
    expect(ahead).toBeLessThan(-HOUR / 1000 + 60);
    await stop();
    expect(said(DIFFER)).toHaveLength(1);
  });

  it('refuses a history up to an instant that only its own clock has come to', async () => {
    const config = testConfig(database.url('simulator'));
    const machine = jest.spyOn(Date, 'now').mockImplementation(() => new Date().getTime() + DAY);
    try {
      const load = runBackfill(config, { to: new Date().getTime() + HOUR, days: 1 }, new AbortController().signal);
      await expect(load).rejects.toThrow('is in the future, allowed is up to now');
    } finally {
      machine.mockRestore();
    }
  });
});
