import { AWAY, type ScriptedCluster } from '../support/scripted-cluster';
import { condition, items, member, RELEASE, releaseJob, replica, scripted, type Scripted } from './scripted';

jest.setTimeout(60_000);

let cluster: ScriptedCluster;
afterEach(() => cluster.close());

/** One step of a restore. @returns what it says in the end */
async function step(name: string, ...answers: readonly Scripted[]): Promise<string> {
  cluster = await scripted(...answers);
  return (await cluster.run('test/restore/ask.ts', name)).stdout.trim();
}
const calls = (pattern: RegExp): string[] => cluster.calls.filter((line) => pattern.test(line));

test.each([
  ['the name goes on', 'production\n', 'none'],
  ['another word does nothing', 'yes\n', 'answered yes: nothing was done'],
  ['Ctrl-D does nothing, and says so', '', 'the input ended without an answer: nothing was done'],
])('asked for the name of the environment with the output piped, %s', async (_, typed, said) => {
  cluster = await scripted();
  expect(await cluster.run('test/restore/ask.ts', 'confirmed', typed)).toEqual({
    code: 0,
    stderr: '',
    stdout: `${said}\n`,
  });
});

test('backups that may go on by themselves are deleted, also between two tries; what is over stays', async () => {
  const job = (name: string, status?: object): object => ({ metadata: { name }, status });
  const jobs = items(
    job('runs', { active: 1 }),
    job('tries-again', { failed: 1 }),
    job('just-made'),
    job('complete', { succeeded: 1, ...condition('Complete') }),
    job('failed', { failed: 4, ...condition('Failed') }),
  );
  await step('suspended', [/^get jobs .*edtech-backup-incr /, jobs], [/^get jobs /, items()]);
  expect(calls(/^delete/)).toEqual(
    ['runs', 'tries-again', 'just-made'].map((name) => `delete job ${name} --ignore-not-found --wait=true`),
  );
});

test.each([
  ['has ended, as one that was evicted, is not waited for', { phase: 'Failed' }, {}, /^none$/],
  [
    'may still run on a lost node is named',
    { phase: 'Running' },
    { deletionTimestamp: '2026-03-02T10:00:00Z' },
    /^simulators stopped; .* --force: not within 0 s \(still there: edtech-simulator-a\)$/,
  ],
])('simulators are stopped; one that %s', async (_, status, metadata, said) => {
  const pod = { metadata: { name: 'edtech-simulator-a', ...metadata }, status };
  expect(await step('stopped', [/^get pods .*edtech-simulator /, items(pod)])).toMatch(said);
  expect(calls(/^scale/)).toEqual(['scale deployment edtech-simulator --replicas=0']);
});

test.each([
  ['a new one that is ready is enough', 'new', /^none$/],
  ['the earlier one is not taken for a new one', 'old', /^a new pod of the reconciler ready: not within 0 s$/],
])('the reconciler sets roles and passwords though its earlier pod stays on a lost node: %s', async (_, uid, said) => {
  const pod = (metadata: object): object => ({
    metadata: { name: 'reconciler', ...metadata },
    status: condition('Ready'),
  });
  const stays = { uid: 'old', deletionTimestamp: '2026-03-02T10:00:00Z' };
  let deleted = false;
  const result = await step(
    'reconciled',
    [/^delete pod .*edtech-postgres-reconciler --wait=false$/, '', () => (deleted = true)],
    [/^get pods /, () => (deleted ? items(pod(stays), pod({ uid })) : items(pod({ uid: 'old' })))],
  );
  expect([deleted, result]).toEqual([true, expect.stringMatching(said)]);
});

test('migrations that fail are told at once, with what they said last', async () => {
  const said = await step(
    'migrated',
    RELEASE,
    // As Kubernetes leaves a Job that has used up its retries.
    [/^get job edtech-migrations-after-restore /, JSON.stringify({ status: { failed: 1, ...condition('Failed') } })],
    [/^logs job\/edtech-migrations-after-restore /, 'migrates to 43\nmigration 43: relation "x" exists\n'],
  );
  expect(said).toBe('Job edtech-migrations-after-restore failed: migrates to 43 | migration 43: relation "x" exists');
  // It stays to be looked at.
  expect(calls(/^delete job/)).toHaveLength(1);
});

test.each([
  ['do not end are', JSON.stringify({ status: { active: 1 } }), /complete; deleted by hand, .*: not within 0 s$/],
  ['were deleted meanwhile are', '', /was deleted: the same call makes it anew$/],
])('migrations that %s told, with what helps', async (_, job, said) => {
  expect(await step('migrated', RELEASE, [/^get job edtech-migrations-after-restore /, job])).toMatch(said);
});

test('migrations that an interrupted call has begun are neither stopped nor begun anew', async () => {
  const answers = [{ active: 1 }, condition('Complete')];
  const job = (): string => JSON.stringify({ status: answers.shift() });
  expect(await step('migrated', RELEASE, [/^get job edtech-migrations-after-restore /, job])).toBe('none');
  expect(cluster.calls.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'get job',
    'get job',
    // It is complete.
    'delete job',
  ]);
});

/** A primary that answers so, one after the other and the last one again and again, to whether history is loaded. */
function saidOfHistory(...answers: string[]): readonly Scripted[] {
  const next = (): string => `${answers.length > 1 ? answers.shift() : answers[0]}\n`;
  return [
    [/^get pods .*edtech-postgres /, items(member(0))],
    [/^exec .* -d postgres$/, 'f\n'],
    [/^exec .* -d edtech$/, next],
  ];
}
/** The release's Jobs that load history, as they are one after the other. */
function releaseBackfills(...statuses: object[]): Scripted {
  const next = (): object => (statuses.length > 1 ? statuses.shift()! : statuses[0]);
  return [/^get jobs .*edtech-backfill /, () => items(releaseJob('edtech-backfill', next()))];
}
const REPEATED = /^get job edtech-backfill-after-restore /;
const AT_WORK = { active: 1 };

test('nothing is said or begun where history is loaded; what an interrupted call has left of loading it goes', async () => {
  expect(await step('loaded', ...saidOfHistory('loaded'))).toBe('none');
  expect(calls(/^(create|delete|get jobs?)/)).toEqual([
    'delete job edtech-backfill-after-restore --ignore-not-found --wait=true',
  ]);
});

test.each([
  ['an unfinished load of history', 'unfinished', condition('Complete')],
  ['a load of history that had not begun', 'not begun', condition('Complete')],
  ['an unfinished load of history whose Job has failed', 'unfinished', condition('Failed')],
])('%s is gone on with by the release’s Job once more', async (_, said, status) => {
  const created: string[] = [];
  const begun = (): string => (created.length === 0 ? '' : JSON.stringify({ status: condition('Complete') }));
  const result = await step(
    'loaded',
    ...saidOfHistory(said),
    releaseBackfills(status),
    [REPEATED, begun],
    [/^create /, '', (input) => created.push(input)],
  );
  expect(result).toMatch(/^history loaded …\nhistory loaded: done after \S+ s\nnone$/);
  expect(created.map((text) => (JSON.parse(text) as { metadata: { name: string } }).metadata.name)).toEqual([
    'edtech-backfill-after-restore',
  ]);
});

test('the release’s own Job that still loads history is waited for, and no other one is begun', async () => {
  const jobs = releaseBackfills(AT_WORK, AT_WORK, condition('Complete'));
  expect(await step('loaded within 60 s', ...saidOfHistory('unfinished', 'loaded'), jobs)).toMatch(/: done after/);
  expect(calls(/^get jobs /)).toHaveLength(3);
  expect(calls(/^(create|delete)/)).toEqual([]);
});

test('where the release’s own Job fails while it is waited for, it is repeated', async () => {
  let created = false;
  await step(
    'loaded within 60 s',
    ...saidOfHistory('unfinished'),
    releaseBackfills(AT_WORK, condition('Failed')),
    [REPEATED, () => (created ? JSON.stringify({ status: condition('Complete') }) : '')],
    [/^create /, '', () => (created = true)],
  );
  expect(created).toBe(true);
  // It was looked at until it had failed, and once more to be repeated.
  expect(calls(/^get jobs /)).toHaveLength(3);
});

test('loading history that an interrupted call has begun goes on, and does not wait for itself', async () => {
  const repeatedJob = {
    ...releaseJob('edtech-backfill', AT_WORK),
    metadata: { name: 'edtech-backfill-after-restore' },
  };
  const answers = [AT_WORK, condition('Complete')];
  const said = await step(
    'loaded',
    ...saidOfHistory('unfinished'),
    [/^get jobs .*edtech-backfill /, items(releaseJob('edtech-backfill'), repeatedJob)],
    [REPEATED, () => JSON.stringify({ status: answers.shift() })],
  );
  expect(said).toMatch(/: done after/);
  expect(calls(/^create/)).toEqual([]);
});

test.each([
  [
    'the release’s own Job does not end',
    saidOfHistory('unfinished'),
    /over: not within 0 s \(at work: edtech-backfill-\w+\)$/,
  ],
  [
    'the primary’s answer is empty',
    saidOfHistory(''),
    /^an answer of the primary whether history is loaded: not within 0 s$/,
  ],
  ['there is no primary', [[/^get pods /, items()] as const], /^an answer of the primary .*: not within 0 s$/],
])('that history is not loaded is told, and nothing is begun: %s', async (_, answers, said) => {
  const result = await step('loaded', ...answers, releaseBackfills(AT_WORK));
  expect(result.split('\n').at(-1)).toMatch(said);
  expect(calls(/^(create|delete)/)).toEqual([]);
});

const FORBIDDEN = { code: 1, stderr: 'Error from server (Forbidden): pods is forbidden\n' };
test.each([
  ['away once does not end a wait', 'following within 60 s', [AWAY], /^none$/],
  ['away to its end is told', 'following', [AWAY], /^3 members .*: not within 0 s \(kubectl get pods .*was refused/],
  ['that refuses ends a wait', 'following within 60 s', [FORBIDDEN], /^kubectl get pods .*: .*pods is forbidden$/],
])('an API server %s', async (_, name, first, said) => {
  const answers = [...first];
  const members = items(member(0), replica(1), replica(2));
  expect(await step(name, [/^get pods /, () => answers.shift() ?? members])).toMatch(said);
});
