import { soon } from '../support/eventually';
import { ScriptedCluster, type Answer, type Ended } from '../support/scripted-cluster';
import { ScriptedLease, type Lease } from './scripted-lease';

jest.setTimeout(60_000);

let cluster: ScriptedCluster;
let lease: ScriptedLease;
/** Whether the work that needs the lock is done. */
let isEnd: boolean;

const answer: Answer = (call, input) => {
  if (call.startsWith('get configmap end ')) return isEnd ? '{}' : '';
  return lease.answer(call, input) ?? '';
};
const restore = (question = 'alone'): Promise<Ended> => cluster.run('test/restore/ask.ts', question);
const calls = (verb: string): string[] => cluster.calls.filter((line) => line.startsWith(`${verb} `));
const elsewhere = (resourceVersion: string): Lease => ({
  metadata: { resourceVersion },
  spec: { holderIdentity: 'other/7/0a1b2c', acquireTime: '2026-03-02T10:00:00.000000Z', renewTime: '' },
});

beforeEach(async () => {
  [lease, isEnd] = [new ScriptedLease(), false];
  cluster = await ScriptedCluster.open((call, input) => answer(call, input));
});
afterEach(() => cluster.close());

test('while a restore runs, another one does nothing and says which; the first one renews its lock and gives it back', async () => {
  const first = restore();
  await soon('a lease', () => lease.held);
  const { acquireTime, holderIdentity } = lease.held!.spec;
  expect(acquireTime).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/);
  expect((await restore()).stdout).toBe(`a restore runs since ${acquireTime} (${holderIdentity}): nothing was done\n`);
  await soon('a lease that is renewed', () => calls('patch').length > 1);
  expect(lease.held!.spec.renewTime > acquireTime).toBe(true);
  isEnd = true;
  expect(await first).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  expect(lease.held).toBeUndefined();
});

test('a restore that was killed on this machine is gone on with at once', async () => {
  await restore('alone and killed');
  expect(lease.held).toBeDefined();
  isEnd = true;
  expect(await restore()).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  expect(lease.held).toBeUndefined();
});

test('one of another machine is gone on with when it has not renewed its lock, whatever the clocks say', async () => {
  lease.held = elsewhere('7');
  isEnd = true;
  const { stdout } = await restore();
  expect(stdout).toMatch(/^ {2}other\/7\/0a1b2c has begun a restore at 2026-03-02T.* is known within 1 s\ndone\n$/);
  expect(calls('patch')[0]).toContain('"resourceVersion":"7"');
});

test('one of another machine that renews its lock is left alone', async () => {
  await cluster.close();
  let asked = 0;
  cluster = await ScriptedCluster.open((call, input) => {
    if (call.startsWith('get lease ')) lease.held = elsewhere(`${++asked}`);
    return answer(call, input);
  });
  expect((await restore()).stdout).toMatch(/\na restore runs since .* \(other\/7\/0a1b2c\): nothing was done\n$/);
  expect([calls('patch'), calls('create'), calls('delete')]).toEqual([[], [], []]);
});

test('of two that begin at the same moment one does nothing', async () => {
  await cluster.close();
  cluster = await ScriptedCluster.open((call, input) => {
    if (call.startsWith('create ')) lease.held = elsewhere('7');
    return answer(call, input);
  });
  expect((await restore()).stdout).toBe('another restore has begun at the same moment: nothing was done\n');
  expect(lease.held).toEqual(elsewhere('7'));
});

test('a restore whose lock was taken ends, and leaves the lock alone', async () => {
  const first = restore();
  await soon('a lease', () => lease.held);
  lease.held = elsewhere('7');
  expect(await first).toMatchObject({ code: 1, stderr: expect.stringContaining('was taken or deleted') as string });
  expect([lease.held, calls('delete')]).toEqual([elsewhere('7'), []]);
});
