import { doDamage, lookAfter } from '../cluster/faults/damage';
import type { Scene } from '../cluster/faults/fault';
import { sleep } from '../support/eventually';
import { ScriptedCluster } from '../support/scripted-cluster';

const SCENE = {} as Scene;
const fails = (why: string) => (): Promise<void> => Promise.reject(new Error(why));

describe('a damage', () => {
  it('that fails is taken back all the same, and what failed first is told', async () => {
    const run = jest.fn(fails('node-start: exit 1'));
    const { problem } = await doDamage({ inject: fails('node-kill: exit 1'), undo: { afterSeconds: 0, run } }, SCENE);
    expect(run).toHaveBeenCalledTimes(1);
    expect(problem?.message).toBe('node-kill: exit 1');
  });

  it('that fails at once is told like one that fails later', async () => {
    const inject = (): Promise<void> => {
      throw new Error('no such process');
    };
    expect((await doDamage({ inject }, SCENE)).problem?.message).toBe('no such process');
  });

  it('that heals by itself ends as it begins, another one when it has been taken back', async () => {
    const done = (): Promise<void> => sleep(0.02);
    const alone = await doDamage({ inject: done }, SCENE);
    expect(alone).toMatchObject({ endMs: alone.beganMs, undoneFromMs: alone.actedMs, problem: undefined });
    const undone = await doDamage({ inject: done, undo: { afterSeconds: 0, run: done } }, SCENE);
    expect(undone.endMs).toBeGreaterThan(undone.undoneFromMs);
  });
});

describe('a round that ends without figures', () => {
  const look = fails('all members well: not within 240 s');

  it('tells the damage that failed before', async () => {
    await expect(lookAfter({ problem: new Error('drain: exit 1') }, look)).rejects.toThrow(
      'all members well: not within 240 s; before that the fault had failed: drain: exit 1',
    );
  });

  it('tells what ended it where the damage was done', async () => {
    await expect(lookAfter({ problem: undefined }, look)).rejects.toThrow(/^all members well: not within 240 s$/);
  });
});

it('a node whose drain fails takes pods again', async () => {
  const cluster = await ScriptedCluster.open((call) =>
    call.includes('drain') ? { code: 1, stderr: 'error: global timeout reached: 3m0s\n' } : '',
  );
  const { stdout } = await cluster.run('test/faults/support/inject.ts', 'nodes-drained', 'node-1', 'node-2');
  await cluster.close();
  expect(stdout).toContain('error: global timeout reached: 3m0s');
  expect(cluster.calls.map((call) => / (drain|uncordon) (\S+)/.exec(call)?.slice(1).join(' '))).toEqual([
    'drain node-1',
    'uncordon node-1',
  ]);
});
