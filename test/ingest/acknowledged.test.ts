import { runVerify } from '../../simulator/src/proof/verify';
import { PgProxy } from '../support/pg-proxy';
import { soon } from '../support/eventually';
import { CrashableServer } from './support/crashable-server';
import { ReplicaProcess } from './support/replica-process';
import { START } from './support/replicas';
import { databaseAt } from '../support/database';

const COUNTER = 'edtech_ingest_acknowledged_lost_seconds_total';

describe('a server that acknowledges what it has not made durable', () => {
  let server: CrashableServer;
  let replica: ReplicaProcess;

  beforeAll(async () => {
    server = await CrashableServer.start({ synchronous_commit: 'off', wal_writer_delay: '10000ms' });
    const proxy = await PgProxy.start(server.port);
    replica = new ReplicaProcess(proxy, server.url(proxy.port), {
      STREAM_STUDENTS: '300',
      INGEST_TICK_MS: '100',
      INGEST_LEASE_MS: '2000',
      CLOCK_STREAM_ORIGIN: new Date(START).toISOString(),
      CLOCK_WALL_ORIGIN: new Date().toISOString(),
      // Ten ticks a second are 6 s of the stream each; also where ticks take seconds on a busy machine, they stay far below the five minutes of the wait.
      CLOCK_RATE: '60',
    });
  });

  afterAll(async () => {
    replica.signal('SIGKILL');
    await replica.exited;
    await replica.proxy.close();
    server.remove();
  });

  it('is found out by the watermarks, although no comparison of rows could see it', async () => {
    await soon('the replica has caught up', async () => {
      const [{ n }] = await server.ask<{ n: number }>(
        'select count(*)::int as n from ingest.batches where received_to - received_from < interval $$5 minutes$$',
      );
      return n > 20;
    });
    expect(await replica.metric(COUNTER)).toBe(0);
    // What was acknowledged before is on disk, what is acknowledged from now on is not.
    await server.ask('checkpoint');
    await commits(replica.proxy, 5);
    server.crash();
    await server.restart();
    await soon('the counter rises', async () => (await replica.metric(COUNTER)) > 0);
    // Through a pipe, so it may come after the answer with the counter.
    await soon('the log tells it', () =>
      replica.log.some(({ level, msg }) => level === 'error' && msg.includes('acknowledged')),
    );
    const { compared, lost, extra, changed } = await runVerify({ database: databaseAt(server.url()) });
    expect({ lost, extra, changed }).toEqual({ lost: 0, extra: 0, changed: 0 });
    expect(compared).toBeGreaterThan(0);
  });
});

/** Resolves when the server was sent so many COMMITs and the next transaction has begun: all of them were answered. */
function commits(proxy: PgProxy, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    proxy.observe(({ query }) => {
      if (query === 'commit') seen++;
      if (query !== 'begin' || seen < count) return;
      proxy.observe(undefined);
      resolve();
    });
  });
}
