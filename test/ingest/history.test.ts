import { ManualClock } from '../../simulator/src/clock';
import { runBackfill } from '../../simulator/src/commands/backfill';
import { ConfigError } from '../../simulator/src/config';
import { backfill } from '../../simulator/src/ingest/backfill';
import { ShardsHeld } from '../../simulator/src/ingest/take-all-shards';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { dump, expectExactSums, type Dump } from './support/dump';
import { allReceived, DAY, HOUR, START, startReplica, testConfig } from './support/replicas';

const END = START + 6 * DAY;

describe('history', () => {
  const databases: TestDatabase[] = [];
  let expected: Dump;

  async function fresh(label: string): Promise<TestDatabase> {
    const database = await createTestDatabase(label);
    databases.push(database);
    return database;
  }

  async function live(database: TestDatabase, instant: number): Promise<void> {
    const replica = startReplica(testConfig(database.url('simulator')), new ManualClock(instant), 'live');
    await allReceived(database, instant);
    await replica.stop();
  }

  beforeAll(async () => {
    const database = await fresh('reference');
    await live(database, START);
    await live(database, END);
    expected = await dump(database);
  });
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  async function expectSame(database: TestDatabase): Promise<void> {
    expect(await dump(database)).toEqual(expected);
    await expectExactSums(database);
  }

  it('has no seam to what comes live before and after it', async () => {
    const database = await fresh('seam');
    const config = testConfig(database.url('simulator'));
    // Still the UTC day of START: the stream begins on the same day as the reference.
    await live(database, START + 3 * HOUR);
    // Three days without a database: days that hold rows take batches, the others the bulk path.
    const { days } = await backfill(config, { to: START + 3 * DAY + 1234 });
    expect(days).toBeGreaterThanOrEqual(4);
    await live(database, START + 4 * DAY);
    await backfill(config, { to: START + 4 * DAY + 5 * HOUR });
    await live(database, END);
    await expectSame(database);
  });

  it('goes on where it was interrupted, to the instant that it began with', async () => {
    const database = await fresh('resume');
    const config = testConfig(database.url('simulator'));
    const days: number[] = [];
    const stop = new AbortController();
    const interrupted = backfill(config, {
      to: START + 5 * DAY,
      days: 5,
      signal: stop.signal,
      onProgress: ({ day }) => {
        if (!days.includes(day)) days.push(day);
        if (days.length === 4) stop.abort();
      },
    });
    await expect(interrupted).rejects.toThrow('aborted');
    const client = await database.connect('simulator');
    const { rows: left } = await client.query(
      `select count(*)::int as loaded, count(*) filter (where received_to > (select max(watermark) from ingest.shards))::int as ahead from ingest.batches`,
    );
    expect(left[0].loaded).toBeGreaterThan(0);
    expect(left[0].ahead).toBe(left[0].loaded);
    const { to } = await backfill(config, { to: END });
    expect(to).toBe(END);
    const { rows: targets } = await client.query(
      `select distinct extract(epoch from received_to)::float8 * 1000 as target from ingest.batches order by 1`,
    );
    expect(targets.map(({ target }) => target)).toEqual([START + 5 * DAY, END]);
    const reference = await fresh('resume_reference');
    await backfill(testConfig(reference.url('simulator')), { to: END, days: 6 });
    expect(await dump(database)).toEqual(await dump(reference));
    await expectExactSums(database);
  });

  it('waits for the keys of a day that take longer than all of the next day', async () => {
    const database = await fresh('slow_keys');
    const admin = await database.connect('superuser');
    // Every other day's index takes its time, so that the next day is copied first.
    await admin.query(`
      create function public.slow_index() returns event_trigger language plpgsql as $$
      begin
        perform pg_sleep(1.5) from pg_event_trigger_ddl_commands()
        where command_tag = 'CREATE INDEX' and right(regexp_replace(object_identity, '\\D', '', 'g'), 1)::int % 2 = 0;
      end $$;
      create event trigger slow_index on ddl_command_end when tag in ('CREATE INDEX') execute function public.slow_index()`);
    const { days } = await backfill(testConfig(database.url('simulator')), { to: START, days: 4 });
    expect(days).toBeGreaterThanOrEqual(4);
    await expectExactSums(database);
  });

  it('is refused while live replicas hold shards, names them, and takes none from them', async () => {
    const database = await fresh('held');
    const admin = await database.connect('superuser');
    const config = testConfig(database.url('simulator'));
    const replica = startReplica(config, new ManualClock(START), 'busy');
    await allReceived(database, START);
    const refused = backfill(config, { to: END });
    await expect(refused).rejects.toThrow(ShardsHeld);
    await expect(refused).rejects.toThrow(/others hold 64 \(busy/);
    const { rows } = await admin.query('select max(epoch)::int as "shard changed hands" from ingest.shards');
    expect(rows).toEqual([{ 'shard changed hands': 1 }]);
    await replica.stop();
  });

  it('waits for the leases of a replica that was killed to run out', async () => {
    const database = await fresh('crashed');
    const admin = await database.connect('superuser');
    const config = testConfig(database.url('simulator'));
    const { rowCount } = await admin.query(
      `update ingest.shards set holder = 'crashed', epoch = epoch + 1, lease_expires_at = clock_timestamp() + $1 * interval '1 ms'`,
      [config.ingest.leaseMs],
    );
    expect(rowCount).toBe(64);
    expect((await backfill(config, { to: START, days: 1 })).events).toBeGreaterThan(100);
  });

  it('is refused a target in the future, which no live replica would get to before its time', async () => {
    const database = await fresh('future');
    const admin = await database.connect('superuser');
    const now = new Date(START).toISOString();
    const clock = { CLOCK_STREAM_ORIGIN: now, CLOCK_WALL_ORIGIN: now, CLOCK_RATE: '0' };
    const config = testConfig(database.url('simulator'), clock);
    const load = (to: number): Promise<void> => runBackfill(config, { to, days: 1 }, new AbortController().signal);
    const stored = async (): Promise<unknown> => {
      const { rows } = await admin.query(
        `select (select count(*)::int from ingest.stream_versions) as versions, max(watermark) as watermark from ingest.shards`,
      );
      return rows[0];
    };
    await expect(load(START + 1)).rejects.toThrow(
      '--to: 2026-02-02T20:00:00.001Z is in the future, allowed is up to now, 2026-02-02T20:00:00.000Z',
    );
    expect(await stored()).toEqual({ versions: 0, watermark: null });
    await load(START);
    await expect(load(START + DAY)).rejects.toThrow(ConfigError);
    expect(await stored()).toEqual({ versions: 1, watermark: new Date(START) });
  });

  it('loads nothing twice when asked again', async () => {
    const database = await fresh('again');
    const config = testConfig(database.url('simulator'));
    const first = await backfill(config, { to: START, days: 3 });
    expect(first.events).toBeGreaterThan(1000);
    expect(await backfill(config, { to: START })).toMatchObject({ events: 0, days: 0 });
    expect(await backfill(config, { to: START - DAY })).toMatchObject({ events: 0, to: START });
    expect(await expectExactSums(database)).toBe(first.events);
  });
});
