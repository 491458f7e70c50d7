import { loadEnvironment } from '../../src/config/environments';
import type { Ended, ScriptedCluster } from '../support/scripted-cluster';
import {
  condition,
  items,
  member,
  MIGRATIONS,
  RECONCILER,
  releaseJob,
  replica,
  scripted,
  type Scripted,
} from './scripted';

// A restore is some 40 processes.
jest.setTimeout(240_000);

const PREFIX = 'restore.edtech-stream/';
const STANZA = JSON.stringify([
  {
    name: 'edtech',
    status: { code: 0, message: 'ok' },
    backup: [
      {
        label: '20260301-010000F',
        timestamp: { stop: 1_772_327_000 },
        lsn: { stop: '0/2000100' },
        archive: { stop: '000000010000000000000002' },
        database: { id: 1 },
      },
    ],
    archive: [{ id: '17-1', database: { id: 1 } }],
    db: [{ id: 1, 'system-id': 0 }],
  },
]).replace('"system-id":0', '"system-id":7570000000000000001');

/** Segments as `repo-ls` lists them; a second timeline is that of an attempt. */
const listed = (...names: string[]): string =>
  JSON.stringify(
    Object.fromEntries(
      names.map((name, index) => [
        name.endsWith('.history') ? name : `${name.slice(0, 16)}/${name}-${'ab'.repeat(20)}.zst`,
        { type: 'file', time: 1_772_330_000 + 60 * index },
      ]),
    ),
  );
const segment = (timeline: number, number: number): string => `0000000${timeline}000000000000000${number}`;
const ARCHIVED = [2, 3, 4, 5].map((number) => segment(1, number));

/** What comes after the members are back, when all goes well. */
const STARTED_AGAIN: readonly Scripted[] = [
  ...RECONCILER,
  ...MIGRATIONS,
  [/^exec edtech-simulator-a .* verify$/, '{"compared":5,"lost":0,"extra":0,"changed":0,"unproven":0}\n'],
];
const request = (phase: string, known: object = {}): string =>
  JSON.stringify({
    metadata: {
      annotations: Object.fromEntries(
        Object.entries({
          phase,
          simulators: 2,
          lastSeen: '',
          beganAt: '2026-03-02T10:00:00Z',
          lost: phase === 'requested' ? '' : 1,
          newestSegment: '',
          ...known,
        }).map(([key, value]) => [`${PREFIX}${key}`, `${value}`]),
      ),
    },
    data: { target: 'latest', timeline: '1', backup: '20260301-010000F' },
  });

let cluster: ScriptedCluster;
const call = (...more: string[]): Promise<Ended> =>
  cluster.run('src/restore/main.ts', '--env', 'production', '--yes', ...(more.length > 0 ? more : ['--latest']));

async function given(...answers: readonly Scripted[]): Promise<void> {
  cluster = await scripted(...answers);
}
afterEach(() => cluster.close());

const statefulSet = (annotations?: object, environment = 'production'): string =>
  JSON.stringify({
    metadata: { labels: { 'app.kubernetes.io/instance': environment }, annotations },
    // As the command advises where the archive does not work.
    spec: { replicas: 0 },
  });
const STATEFUL_SET = statefulSet({ 'edtech-stream/members': '3' });

/** A restore that takes everything away and gets as far as the bootstrap of its first member, which fails. */
async function givenFailingBootstrap(annotations: object | undefined, ...claims: string[]): Promise<void> {
  let scaled = false;
  await given(
    // The first call; somebody goes on with another cluster after it.
    [/^get statefulset edtech-postgres /, statefulSet(annotations), () => (cluster.currentContext = 'another')],
    [/^get configmap edtech-postgres-leader /, ''],
    [/^get (deployment|horizontalpodautoscaler) edtech-simulator /, JSON.stringify({ metadata: {}, spec: {} })],
    [/^scale statefulset edtech-postgres --replicas=[1-9]/, '', () => (scaled = true)],
    // What is asked of it afterwards is another matter: its bootstrap fails.
    [/^get pods .*edtech-postgres /, () => items(...(scaled ? [member(3)] : []))],
    [/^get persistentvolumeclaims /, items(...claims.map((name) => ({ metadata: { name } })))],
    [/^get (pods|jobs) /, items()],
    [/pgbackrest .* info$/, STANZA],
    [/ repo-ls /, listed(...ARCHIVED)],
  );
}
const BOOTSTRAP_FAILED = {
  code: 1,
  stderr: expect.stringContaining('could not restore 3 times') as string,
};

test.each([
  ['were applied', { 'edtech-stream/members': '5' }, 5],
  [
    'the environment has, where an earlier release was applied',
    undefined,
    loadEnvironment('production').postgres.members,
  ],
])('a primary that was stopped first comes back with all members that %s', async (_, annotations, members) => {
  await givenFailingBootstrap(annotations);
  expect(await call()).toMatchObject(BOOTSTRAP_FAILED);
  expect(cluster.calls.filter((line) => line.startsWith('scale statefulset'))).toEqual([
    'scale statefulset edtech-postgres --replicas=0',
    `scale statefulset edtech-postgres --replicas=${members}`,
  ]);
  expect(members).toBeGreaterThan(1);
});

test('a context that is changed meanwhile changes nothing: every call, also the one that deletes the volumes, is for the first cluster', async () => {
  await givenFailingBootstrap({ 'edtech-stream/members': '3' }, 'data-edtech-postgres-0');
  expect(await call()).toMatchObject(BOOTSTRAP_FAILED);
  expect(cluster.currentContext).toBe('another');
  expect(cluster.calls).toContain('delete persistentvolumeclaim data-edtech-postgres-0 --ignore-not-found --wait=true');
  expect(new Set(cluster.contexts)).toEqual(new Set(['scripted']));
});

test('a restore on a cluster of another environment does nothing', async () => {
  await given([/^get statefulset edtech-postgres /, statefulSet({}, 'development')]);
  expect(await call()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      '--env is production, but the cluster of the current context (scripted) runs development, which is left alone',
    ) as string,
  });
  expect(cluster.calls).toHaveLength(1);
});

test('a restore while another call restores does nothing', async () => {
  let renewals = 0;
  const spec = { holderIdentity: 'other/7/0a1b2c', acquireTime: '2026-03-02T10:00:00.000000Z' };
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get lease edtech-restore /, () => JSON.stringify({ metadata: { resourceVersion: `${++renewals}` }, spec })],
  );
  expect(await call()).toMatchObject({
    code: 2,
    stderr: '- a restore runs since 2026-03-02T10:00:00.000000Z (other/7/0a1b2c): nothing was done\n',
  });
  expect(cluster.calls.filter((line) => !line.startsWith('get '))).toEqual([]);
});

interface ConfigMap {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly data: Readonly<Record<string, string>>;
}
const annotation = ({ metadata }: ConfigMap, key: string): string => metadata.annotations[`${PREFIX}${key}`];

test('what a restore that came up short did not reach is what the next call restores', async () => {
  const written: ConfigMap[] = [];
  let archived = ARCHIVED;
  let running = true;
  let simulating = true;
  // Of the first attempt: it could not read the fourth segment.
  let history = '1\t0/4000000\tno recovery target specified\n';
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get configmap edtech-postgres-restore /, () => (written.length === 0 ? '' : JSON.stringify(written.at(-1)))],
    [/^get configmap edtech-postgres-leader /, ''],
    [
      /^get (deployment|horizontalpodautoscaler) edtech-simulator /,
      JSON.stringify({ metadata: {}, spec: {}, status: { readyReplicas: 1 } }),
    ],
    [/^scale deployment edtech-simulator --replicas=0/, '', () => (simulating = false)],
    [/^scale deployment edtech-simulator --replicas=1/, '', () => (simulating = true)],
    [
      /^get pods .*edtech-simulator /,
      () => items(...(simulating ? [{ metadata: { name: 'edtech-simulator-a' }, status: condition('Ready') }] : [])),
    ],
    ...STARTED_AGAIN,
    [/^scale statefulset edtech-postgres --replicas=0/, '', () => (running = false)],
    [/^scale statefulset edtech-postgres --replicas=[1-9]/, '', () => (running = true)],
    [/^get pods .*edtech-postgres /, () => items(...(running ? [member(0), replica(1), replica(2)] : []))],
    [/^get (pods|jobs|persistentvolumeclaims) /, items()],
    [/pgbackrest .* info$/, STANZA],
    [/ repo-ls /, () => listed(...archived)],
    [/repo-get/, '= 00000002.history\n1\t0/4000000\tno recovery target specified\n'],
    [/ cat \S+\.history$/, () => history],
    [
      /^exec --stdin edtech-postgres-0 /,
      (input) => {
        if (input.includes('pg_is_in_recovery')) return 'f\n';
        if (input.includes('system_identifier')) return '7570000000000000001\n';
        if (input.includes('pg_switch_wal')) return `1\n${archived.at(-1)}\n`;
        if (input.includes('pg_stat_archiver')) return 't\n';
        if (input.includes('unfinished_backfill')) return 'loaded\n';
        return '2026-03-01T02:20:00.000Z|00000002\n';
      },
    ],
    [/^apply /, '', (input) => written.push(JSON.parse(input) as ConfigMap)],
  );
  const asked = (): string[] => cluster.calls.filter((line) => line.startsWith('exec --stdin edtech-postgres-0'));
  const first = await call();
  expect([first.code, first.stderr]).toEqual([
    1,
    expect.stringContaining(`ended on the way of timeline 1 at 0/4000000, before segment ${segment(1, 5)}`),
  ]);
  expect(first.stdout).toContain('left as it is: backups and the drill suspended, simulators stopped');
  expect(written.map((map) => annotation(map, 'phase'))).toEqual(['requested', 'emptied', 'requested']);
  // It has archived meanwhile, on a timeline of its own.
  archived = [...ARCHIVED, '00000002.history', segment(2, 4), segment(2, 6)];
  history = '1\t0/6000000\tno recovery target specified\n';
  const [before, began] = [written.length, cluster.calls.length];
  const second = await call();
  expect(second.stdout).toMatch(/the members hold at most an attempt .*: what was lost then is on timeline 1\./);
  const emptied = written.slice(before).find((map) => annotation(map, 'phase') === 'emptied')!;
  expect(emptied.data).toEqual({ target: 'latest', timeline: '1', backup: '20260301-010000F' });
  expect(annotation(emptied, 'newestSegment')).toBe(segment(1, 5));
  // Nothing of the attempt is archived before it goes.
  const since = cluster.calls.slice(began);
  expect(
    since.slice(
      0,
      since.findIndex((line) => line.startsWith('apply')),
    ),
  ).toEqual(expect.not.arrayContaining([expect.stringMatching(/^exec --stdin/)]));
  expect(asked().length).toBeGreaterThan(0);
  expect(second).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('restored and verified') as string,
  });
});

test.each([
  [
    'two replicas are ready',
    [replica(1), replica(2)],
    /^no primary answers, but edtech-postgres-1, edtech-postgres-2 are ready: .* --replicas=0\)$/,
  ],
  ['none is ready', [{ ...member(0), status: {} }], /^none$/],
  ['there is none', [], /^none$/],
])(
  'while no primary answers, members that may hold more than the archive are not given up: %s',
  async (_, pods, said) => {
    await given([/^get pods .*edtech-postgres /, () => items(...pods)], [/^exec /, 't\n']);
    expect((await cluster.run('test/restore/ask.ts', 'primary')).stdout.trim()).toMatch(said);
  },
);

const placed = (pod: { status: object }, value = 'True'): object => ({
  ...pod,
  status: {
    conditions: [
      { type: 'Ready', status: value },
      { type: 'PodScheduled', status: value },
    ],
  },
});
test.each([
  [
    'two follow and one has no node',
    [placed(member(0)), placed(replica(1)), placed(replica(2), 'False')],
    /^ {2}2 of 3 members: .*edtech-postgres-2: has no node/,
  ],
  ['two follow and the third is not there', [placed(member(0)), placed(replica(1))], /^ {2}2 of 3 members: /],
  [
    'one does not follow yet',
    [placed(member(0)), placed(replica(1)), { ...placed(replica(2)), metadata: { name: 'edtech-postgres-2' } }],
    /^3 members ready, replicas following: not within 0 s/,
  ],
  [
    'the primary is alone, which may not commit',
    [placed(member(0))],
    /^3 members ready, replicas following: not within 0 s/,
  ],
])('nobody waits for a member without a node, but for every other one: %s', async (_, pods, said) => {
  await given([/^get pods .*edtech-postgres /, () => items(...pods)]);
  expect((await cluster.run('test/restore/ask.ts', 'following')).stdout).toMatch(said);
});

test('a new cluster that began empty is taken away by the next call, as the message says', async () => {
  const written: string[] = [];
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get configmap edtech-postgres-restore /, request('emptied')],
    [/^get pods .*edtech-postgres /, items(member(0))],
    [/pgbackrest .* info$/, STANZA],
    [/ repo-ls /, listed(...ARCHIVED)],
    [/^exec --stdin edtech-postgres-0 /, 'f\n'],
    [/^apply /, '', (input) => written.push(input)],
  );
  const { code, stderr } = await call();
  expect(code).toBe(1);
  expect(stderr).toContain('began an empty database (f) instead of restoring 7570000000000000001');
  expect(
    written.map((text) => (JSON.parse(text) as { metadata: { annotations: object } }).metadata.annotations),
  ).toEqual([
    expect.objectContaining({ [`${PREFIX}phase`]: 'requested', [`${PREFIX}beganAt`]: '2026-03-02T10:00:00Z' }),
  ]);
});

/** What a call finds that goes on where the database is back. */
const RESTORED: readonly Scripted[] = [
  [/^get statefulset edtech-postgres /, STATEFUL_SET],
  [/^get configmap edtech-postgres-restore /, request('restored')],
  [/^get pods .*edtech-postgres /, items(member(0))],
  [/^exec --stdin edtech-postgres-0 .* -d postgres$/, 'f\n'],
  ...RECONCILER,
  ...MIGRATIONS,
  [/^get deployment edtech-simulator /, JSON.stringify({ spec: {}, status: { readyReplicas: 2 } })],
  [
    /^get pods .*edtech-simulator /,
    items(
      { metadata: { name: 'edtech-simulator-a' }, status: { phase: 'Pending' } },
      { metadata: { name: 'edtech-simulator-b' }, status: condition('Ready') },
    ),
  ],
];

test.each([
  ['restored and verified', { compared: 5, lost: 0, extra: 0, changed: 0, unproven: 0 }, 0],
  ['the database is not what it should be', { compared: 5, lost: 0, extra: 0, changed: 0, unproven: 1 }, 1],
])('by the exit code of verify in a simulator that is ready it is told: %s', async (told, counts, code) => {
  await given(
    ...RESTORED,
    [/^exec --stdin edtech-postgres-0 .* -d edtech$/, 'loaded\n'],
    [/^get jobs /, items()],
    [/^exec edtech-simulator-b .* verify$/, { code, stdout: `${JSON.stringify(counts)}\n` }],
  );
  expect(await call()).toMatchObject({ code, stderr: '', stdout: expect.stringContaining(told) as string });
  expect(cluster.calls).toContain('delete configmap edtech-postgres-restore --ignore-not-found');
});

test('a load of history that was under way at the restored moment is ended before a simulator starts and backups are resumed', async () => {
  let loaded = false;
  await given(
    ...RESTORED,
    [/^exec --stdin edtech-postgres-0 .* -d edtech$/, () => (loaded ? 'loaded\n' : 'unfinished\n')],
    // It ended after that moment.
    [/^get jobs .*edtech-backfill /, items(releaseJob('edtech-backfill'))],
    [/^create /, '', (input) => (loaded ||= input.includes('edtech-backfill-after-restore'))],
    [
      /^get job edtech-backfill-after-restore /,
      () => (loaded ? JSON.stringify({ status: condition('Complete') }) : ''),
    ],
    [/^get jobs /, items()],
    [
      /^exec edtech-simulator-b .* verify$/,
      () => ({ code: loaded ? 0 : 1, stdout: '{"compared":5,"lost":0,"extra":0,"changed":0,"unproven":0}\n' }),
    ],
  );
  expect(await call()).toMatchObject({ code: 0, stderr: '' });
  const deleted = 'delete job edtech-backfill-after-restore --ignore-not-found --wait=true';
  expect(
    cluster.calls.filter((line) => /^(delete job edtech-backfill|scale|patch cronjob edtech-backup-full)/.test(line)),
  ).toEqual([
    // Before it is begun, and when it is complete.
    deleted,
    deleted,
    'scale deployment edtech-simulator --replicas=2',
    expect.stringContaining('"suspend":false'),
  ]);
});
