import { loadEnvironment } from '../../src/config/environments';
import { ScriptedCluster, type Answer, type Ended } from '../support/scripted-cluster';

const PREFIX = 'restore.edtech-stream/';
const STANZA = JSON.stringify([
  {
    name: 'edtech',
    status: { code: 0, message: 'ok' },
    backup: [{ label: '20260301-010000F', timestamp: { stop: 1_772_327_000 } }],
    archive: [{ id: '17-1', max: null }],
    db: [{ id: 1, 'system-id': 0 }],
  },
]).replace('"system-id":0', '"system-id":7570000000000000001');

const items = (...found: object[]): string => JSON.stringify({ items: found });
const member = (restartCount: number): object => ({
  metadata: { name: 'edtech-postgres-0', labels: { role: 'primary' } },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'postgres', restartCount }],
  },
});
const request = (phase: string): string =>
  JSON.stringify({
    metadata: {
      annotations: Object.fromEntries(
        Object.entries({
          phase,
          simulators: 2,
          lastSeen: '',
          beganAt: '2026-03-02T10:00:00Z',
          newestSegment: '',
        }).map(([key, value]) => [`${PREFIX}${key}`, `${value}`]),
      ),
    },
    data: { target: 'latest' },
  });

let cluster: ScriptedCluster;
const call = (): Promise<Ended> => cluster.run('src/restore/main.ts', '--env', 'production', '--latest', '--yes');

/** A cluster in which the first answer that fits counts; what has none does as it is told and says nothing. */
async function given(
  ...answers: readonly (readonly [RegExp, ReturnType<Answer> | (() => string), ((input: string) => void)?])[]
) {
  cluster = await ScriptedCluster.open((line, input) => {
    const [, answer = '', seen] = answers.find(([pattern]) => pattern.test(line)) ?? [];
    seen?.(input);
    return typeof answer === 'function' ? answer() : answer;
  });
}
afterEach(() => cluster.close());

const STATEFUL_SET = JSON.stringify({
  metadata: { labels: { 'app.kubernetes.io/instance': 'production' } },
  // As the command advises where the archive does not work.
  spec: { replicas: 0 },
});

test('a primary that was stopped first comes back with all members that the environment has', async () => {
  const { members } = loadEnvironment('production').postgres;
  let scaled = false;
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get configmap edtech-postgres-leader /, ''],
    [/^get (deployment|horizontalpodautoscaler) edtech-simulator /, JSON.stringify({ metadata: {}, spec: {} })],
    [/^scale statefulset edtech-postgres --replicas=[1-9]/, '', () => (scaled = true)],
    // What is asked of it afterwards is another matter: its bootstrap fails.
    [/^get pods .*edtech-postgres /, () => items(...(scaled ? [member(3)] : []))],
    [/^get (pods|jobs|persistentvolumeclaims) /, items()],
    [/pgbackrest .* info$/, STANZA],
  );
  expect(await call()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('could not restore 3 times') as string,
  });
  expect(cluster.calls.filter((line) => line.startsWith('scale statefulset'))).toEqual([
    'scale statefulset edtech-postgres --replicas=0',
    `scale statefulset edtech-postgres --replicas=${members}`,
  ]);
  expect(members).toBeGreaterThan(1);
});

test('a new cluster that began empty is taken away by the next call, as the message says', async () => {
  const written: string[] = [];
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get configmap edtech-postgres-restore /, request('emptied')],
    [/^get pods .*edtech-postgres /, items(member(0))],
    [/pgbackrest .* info$/, STANZA],
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

test.each([
  ['restored and verified', { compared: 5, lost: 0, extra: 0, changed: 0, unproven: 0 }, 0],
  ['the database is not what it should be', { compared: 5, lost: 0, extra: 0, changed: 0, unproven: 1 }, 1],
])('by the exit code of verify it is told: %s', async (told, counts, code) => {
  const migrations = {
    metadata: { name: 'edtech-migrations-after-restore', creationTimestamp: '2026-03-02T10:00:00Z' },
    spec: { template: { metadata: { labels: {} }, spec: {} } },
    status: { succeeded: 1 },
  };
  await given(
    [/^get statefulset edtech-postgres /, STATEFUL_SET],
    [/^get configmap edtech-postgres-restore /, request('restored')],
    [/^get jobs .*edtech-migrations /, items(migrations)],
    [/^get jobs /, items()],
    [/^get deployment edtech-simulator /, JSON.stringify({ spec: {}, status: { readyReplicas: 2 } })],
    [/^get pods .*edtech-simulator /, items({ metadata: { name: 'edtech-simulator-a' } })],
    [/^exec edtech-simulator-a .* verify$/, { code, stdout: `${JSON.stringify(counts)}\n` }],
  );
  expect(await call()).toMatchObject({ code, stderr: '', stdout: expect.stringContaining(told) as string });
  expect(cluster.calls).toContain('delete configmap edtech-postgres-restore --ignore-not-found');
});
