import { runVerify } from '../../simulator/src/proof/verify';
import { PgProxy } from '../support/pg-proxy';
import { soon } from '../support/eventually';
import { CrashableServer } from './support/crashable-server';
import { FAULTS } from './support/faults';
import { ReplicaProcess } from './support/replica-process';
import { START } from './support/replicas';
import { databaseAt } from '../support/database';

/** Points of the suite; EDTECH_FULL=true runs two hundred. */
const POINTS = process.env.EDTECH_FULL === 'true' ? 200 : 20;
const SEED = Number(process.env.EDTECH_SEED ?? 1);
const REPLICAS = 2;
const LEASE_MS = 2000;

/** Processes and a server are started again and again; on a machine with other work that takes its time. */
jest.setTimeout(300_000);

/** A small generator of numbers: which fault strikes whom must not change from run to run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

const random = numbers(SEED);
const names = Object.keys(FAULTS);
const points = Array.from({ length: POINTS }, (_, index) => ({
  // Each fault in turn, so that none is missing from a short run.
  name: names[index % names.length],
  victim: random.next().value % REPLICAS,
  nth: 1 + (random.next().value % 3),
}));

describe('nothing is lost and nothing is doubled', () => {
  let server: CrashableServer;
  const environment = {
    STREAM_STUDENTS: '300',
    STREAM_SEED: '7',
    INGEST_TICK_MS: '200',
    INGEST_LEASE_MS: String(LEASE_MS),
    INGEST_LOCK_PATIENCE_MS: '500',
    // Small chunks, so that a COPY of a tick has several.
    INGEST_COPY_CHUNK_BYTES: '1024',
    DATABASE_QUERY_TIMEOUT_MS: '3000',
    CLOCK_STREAM_ORIGIN: new Date(START).toISOString(),
    CLOCK_WALL_ORIGIN: '',
    CLOCK_RATE: '1800',
  };
  const replicas: ReplicaProcess[] = [];
  const all: ReplicaProcess[] = [];

  async function start(index: number): Promise<void> {
    const proxy = await PgProxy.start(server.port);
    replicas[index] = new ReplicaProcess(proxy, server.url(proxy.port), {
      ...environment,
      INGEST_REPLICA: `r${index}`,
    });
    all.push(replicas[index]);
  }

  /** Every shard is held, and has received what stream time has brought since this was called. */
  async function goingOn(): Promise<void> {
    const [{ newest }] = await server.ask<{ newest: Date }>('select max(watermark) as newest from ingest.shards');
    const instant = newest?.toISOString() ?? '-infinity';
    await soon('every shard goes on', async () => {
      const [{ behind }] = await server.ask<{ behind: number }>(`
        select count(*)::int as behind from ingest.shards
        where holder is null or lease_expires_at < clock_timestamp() or watermark is null or watermark <= '${instant}'`);
      return behind === 0;
    });
  }

  async function expectExact(): Promise<void> {
    // One statement, so one snapshot: the replicas go on meanwhile.
    const [sums] = await server.ask<Record<string, number>>(`
      select (select count(*)::int from edtech.streaming_logs) as raw,
             (select coalesce(sum(events), 0)::int from ingest.batches) as ledger,
             (select coalesce(sum(events), 0)::int from ingest.batches where rolled_up_at is not null) as rolled_up,
             (select coalesce(sum(events), 0)::int from analytics.minute) as minute,
             (select coalesce(sum(events), 0)::int from analytics.classroom_hour) as classroom_hour,
             (select coalesce(sum(events), 0)::int from analytics.student_day) as student_day`);
    const { raw, rolled_up: rolledUp } = sums;
    expect(sums).toEqual({
      raw,
      ledger: raw,
      rolled_up: rolledUp,
      minute: rolledUp,
      classroom_hour: rolledUp,
      student_day: rolledUp,
    });
    const { compared, lost, extra, changed, differences } = await runVerify({ database: databaseAt(server.url()) });
    expect({ lost, extra, changed, differences }).toEqual({ lost: 0, extra: 0, changed: 0, differences: [] });
    expect(compared).toBeGreaterThan(0);
  }

  beforeAll(async () => {
    server = await CrashableServer.start();
    environment.CLOCK_WALL_ORIGIN = new Date().toISOString();
    for (let index = 0; index < REPLICAS; index++) await start(index);
    await soon('each replica has its share', async () => {
      const held = await server.ask<{ shards: number }>(
        'select count(*)::int as shards from ingest.shards where holder is not null group by holder',
      );
      return held.length === REPLICAS && held.every(({ shards }) => shards === 64 / REPLICAS);
    });
  });

  afterAll(async () => {
    for (const replica of all) {
      replica.signal('SIGKILL');
      await replica.exited;
      await replica.proxy.close();
    }
    server.remove();
  });

  it.each(points)('when $name (replica $victim, chunk $nth)', async ({ name, victim, nth }) => {
    await goingOn();
    const aftermath = await FAULTS[name]({ server, victim: replicas[victim], nth, leaseMs: LEASE_MS });
    if (aftermath === 'replace the process') await start(victim);
    await goingOn();
    await expectExact();
  });

  it('although every replica stops on SIGTERM with exit code 0, its shards given back', async () => {
    expect(await Promise.all(replicas.map((replica) => replica.stop()))).toEqual(replicas.map(() => 0));
    const held = await server.ask('select shard from ingest.shards where holder is not null');
    expect(held).toEqual([]);
    await expectExact();
  });

  it('nor did any replica ever find less than was acknowledged to it', () => {
    const messages = all.flatMap(({ log }) => log.filter(({ level }) => level === 'error'));
    expect(messages).toEqual([]);
  });
});
