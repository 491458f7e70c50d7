import type { SeenMessage } from '../../support/pg-proxy';
import { soon } from '../../support/eventually';
import type { CrashableServer } from './crashable-server';
import type { ReplicaProcess } from './replica-process';

/** What a fault acts on. */
export interface Scene {
  readonly server: CrashableServer;
  readonly victim: ReplicaProcess;
  /** Which chunk of a COPY, from 1. */
  readonly nth: number;
  readonly leaseMs: number;
}

/** What is left to be done after a fault. */
export type Aftermath = 'replace the process' | 'nothing';

/** Strikes once, at an event of the victim's connection, and returns when the consequences are under way. */
export type Fault = (scene: Scene) => Promise<Aftermath>;

export const FAULTS: Readonly<Record<string, Fault>> = {
  'the replica is killed in the middle of a COPY': (scene) => kill(scene, copyChunk(scene.nth)),

  'the replica is killed when it has sent COMMIT': (scene) => kill(scene, commitOfRows()),

  'the connection is cut at the moment of COMMIT': async ({ victim }) => {
    await strike(victim, commitOfRows(), ({ connection }) => connection.cut());
    return 'nothing';
  },

  'the answer to COMMIT is lost': async ({ victim }) => {
    await strike(victim, commitOfRows(), ({ connection }) => connection.cutAfterAnswer());
    return 'nothing';
  },

  'the server is killed in the middle of COMMIT': async ({ server, victim }) => {
    await strike(victim, commitOfRows(), () => server.crash());
    await server.restart();
    return 'nothing';
  },

  'the replica sleeps past its lease': (scene) => sleep(scene, commitOfRows()),

  'the replica sleeps past its lease in the middle of a COPY, its rows locked': (scene) =>
    sleep(scene, copyChunk(scene.nth)),
};

async function kill(scene: Scene, when: (message: SeenMessage) => boolean): Promise<Aftermath> {
  const { victim } = scene;
  await strike(victim, when, () => victim.signal('SIGKILL'));
  await expectTakeover(scene);
  await victim.exited;
  return 'replace the process';
}

/** SIGSTOP until others hold all shards, then SIGCONT: nothing may be written under the old lease. */
async function sleep(scene: Scene, when: (message: SeenMessage) => boolean): Promise<Aftermath> {
  const { server, victim } = scene;
  await strike(victim, when, () => victim.signal('SIGSTOP'));
  const { name } = victim;
  await expectTakeover(scene);
  const written = await batchesOf(server, name!);
  const lost = victim.log.filter(({ msg }) => msg === 'leases lost').length;
  victim.signal('SIGCONT');
  await soon('the sleeper holds shards again', async () => (await shardsOf(server, name!)) > 0);
  // What it wrote after it woke up, it wrote under leases that it took after it had noticed the loss.
  expect(victim.log.filter(({ msg }) => msg === 'leases lost').length).toBeGreaterThan(lost);
  expect(await underOldLease(server, name!, written)).toBe(0);
  return 'nothing';
}

/** A takeover takes a lease and at most this long. */
const TAKEOVER_MS = 5000;
/** A trivial question that takes longer than this was held up by the machine, and so was everybody else. */
const PROMPT_MS = 250;

/**
 * Waits until others hold every shard of a victim that is gone or asleep, and expects that within a lease and 5 s. Time in which
 * the machine did not get to answer a question counts for nobody: the limit is on what the replicas wait for.
 */
async function expectTakeover({ server, victim, leaseMs }: Scene): Promise<void> {
  const since = performance.now();
  let heldUp = 0;
  let asked = since;
  await soon('others have taken the shards of the victim', async () => {
    const [row] = await server.ask<{ held: number; alive: number }>(`
      select count(*) filter (where holder = '${victim.name}')::int as held,
             count(*) filter (where lease_expires_at > clock_timestamp())::int as alive from ingest.shards`);
    const answered = performance.now();
    heldUp += Math.max(0, answered - asked - PROMPT_MS);
    asked = answered;
    return row.held === 0 && row.alive === 64;
  });
  expect(asked - since - heldUp).toBeLessThanOrEqual(leaseMs + TAKEOVER_MS);
}

/** Batches of a replica after the first `written` ones, before it took shards anew (the epoch of its shards tells when). */
async function underOldLease(server: CrashableServer, name: string, written: number): Promise<number> {
  const [row] = await server.ask<{ overlapping: number }>(`
    with own as (select batch_id, shard_mask, received_from, received_to from ingest.batches where replica = '${name}' order by batch_id offset ${written})
    select count(*)::int as overlapping from own join ingest.batches b
      on b.replica <> '${name}' and b.shard_mask & own.shard_mask <> 0
     and b.received_from < own.received_to and own.received_from < b.received_to`);
  return row.overlapping;
}

async function batchesOf(server: CrashableServer, name: string): Promise<number> {
  const [row] = await server.ask<{ n: number }>(
    `select count(*)::int as n from ingest.batches where replica = '${name}'`,
  );
  return row.n;
}

async function shardsOf(server: CrashableServer, name: string): Promise<number> {
  const [row] = await server.ask<{ n: number }>(
    `select count(*)::int as n from ingest.shards where holder = '${name}'`,
  );
  return row.n;
}

/** Acts at the first message for which `when` holds; resolves when it has. */
function strike(
  victim: ReplicaProcess,
  when: (message: SeenMessage) => boolean,
  act: (message: SeenMessage) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    victim.proxy.observe((message) => {
      if (!when(message)) return;
      victim.proxy.observe(undefined);
      try {
        act(message);
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

/** The `nth` chunk of one COPY. */
function copyChunk(nth: number): (message: SeenMessage) => boolean {
  const chunks = new Map<unknown, number>();
  return ({ type, connection }) => {
    if (type !== 'd') return chunks.delete(connection) && false;
    const chunk = (chunks.get(connection) ?? 0) + 1;
    chunks.set(connection, chunk);
    return chunk === nth;
  };
}

/** COMMIT of a transaction that has copied rows. */
function commitOfRows(): (message: SeenMessage) => boolean {
  const copied = new Set<unknown>();
  return ({ type, query, connection }) => {
    if (type === 'c') copied.add(connection);
    if (type === 'Q' && query === 'begin') copied.delete(connection);
    return type === 'Q' && query === 'commit' && copied.has(connection);
  };
}
