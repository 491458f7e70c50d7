import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { SecretStore } from '../../src/secrets/store';
import { Checkout } from '../support/checkout';
import { ScriptedCluster, type Answer, type Ended } from '../support/scripted-cluster';

interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

// Each test is several commands, and each of them loads the whole program.
jest.setTimeout(240_000);

const STORE = '.secrets/production.json';
const REVISIONS = 'config/production.revisions.json';

let checkout: Checkout;
/** The store as it was made, before anything was rotated. */
let made: string;
let cluster: ScriptedCluster;
/** Values of the Secrets that the cluster holds, by name. */
let held: Map<string, string>;
/** The environment that it runs. */
let running: string | undefined;
let restoring: boolean;
/** A restore begins after the first call that this matches. */
let restoreAfter: RegExp | undefined;

/** The API server's part that matters here: Secrets are immutable. */
function applied(call: string): ReturnType<Answer> {
  const file = path.join(call.split(' ').at(-1)!, '05-secrets.k8s.yaml');
  const secrets = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Secret);
  for (const { metadata, data } of secrets) {
    const values = JSON.stringify(data);
    if ((held.get(metadata.name) ?? values) !== values) {
      return { code: 1, stderr: `The Secret "${metadata.name}" is invalid: data: Forbidden: field is immutable` };
    }
    held.set(metadata.name, values);
  }
  return secrets.map(({ metadata }) => `secret/${metadata.name} serverside-applied\n`).join('');
}

const answer: Answer = (call) => {
  const said = answered(call);
  restoring ||= restoreAfter?.test(call) === true;
  return said;
};

function answered(call: string): ReturnType<Answer> {
  // Somebody goes on with another cluster after the first call.
  cluster.currentContext = 'another';
  if (call.startsWith('apply ')) return applied(call);
  if (call.startsWith('get statefulset edtech-postgres ')) {
    return running === undefined
      ? ''
      : JSON.stringify({ metadata: { labels: { 'app.kubernetes.io/instance': running } } });
  }
  if (call.startsWith('get configmap edtech-postgres-restore ')) return restoring ? '{}' : '';
  return JSON.stringify({ items: [] });
}

beforeAll(async () => {
  checkout = new Checkout();
  cluster = await ScriptedCluster.open(() => '');
  await secrets('init');
  await cluster.close();
  made = readFileSync(checkout.path(STORE), 'utf8');
});
afterAll(() => checkout.remove());
beforeEach(async () => {
  for (const left of ['dist', REVISIONS]) rmSync(checkout.path(left), { recursive: true, force: true });
  writeFileSync(checkout.path(STORE), made);
  [held, running, restoring, restoreAfter] = [new Map(), 'production', false, undefined];
  cluster = await ScriptedCluster.open(answer);
});
afterEach(() => cluster.close());

const secrets = (...args: string[]): Promise<Ended> => {
  cluster.currentContext = 'scripted';
  const where = ['--env', 'production', '--directory', checkout.path('.secrets')];
  return cluster.runIn(checkout.root, 'src/secrets/main.ts', ...args, ...where);
};
const store = (): SecretStore => JSON.parse(readFileSync(checkout.path(STORE), 'utf8')) as SecretStore;
const revisions = (): unknown => JSON.parse(readFileSync(checkout.path(REVISIONS), 'utf8'));
const APPLY = 'apply --server-side --filename';

test('both halves of a rotation reach the cluster whose context was current at first, whatever it becomes meanwhile', async () => {
  expect(await secrets('rotate', 'simulator', '--apply')).toMatchObject({ code: 0, stderr: '' });
  expect(cluster.calls.filter((call) => call.startsWith('apply '))).toEqual(
    Array(2).fill(`${APPLY} ${checkout.path('dist/production')}`),
  );
  expect(cluster.currentContext).toBe('another');
  expect(new Set(cluster.contexts)).toEqual(new Set(['scripted']));
});

const ANOTHER_ENVIRONMENT =
  '--env is production, but the cluster of the current context (scripted) runs development, which is left alone';
const RESTORE = 'a restore is under way (ConfigMap edtech-postgres-restore in namespace edtech): nothing is applied';
test.each([
  ['rotate', 'another environment', () => (running = 'development'), ANOTHER_ENVIRONMENT],
  ['renew', 'another environment', () => (running = 'development'), ANOTHER_ENVIRONMENT],
  ['rotate', 'a restore that is under way', () => (restoring = true), RESTORE],
])('%s leaves a cluster with %s alone, and nothing is written', async (verb, _, given, message) => {
  given();
  const { code, stderr } = await secrets(verb, ...(verb === 'rotate' ? ['simulator'] : []), '--apply');
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(cluster.calls.filter((call) => !call.startsWith('get '))).toEqual([]);
  expect(readFileSync(checkout.path(STORE), 'utf8')).toBe(made);
  expect([existsSync(checkout.path(REVISIONS)), existsSync(checkout.path('dist'))]).toEqual([false, false]);
});

test.each([
  ['while the first half comes into force', /^apply /, 1],
  ['while the first half is rendered', /^get configmap /, 0],
])('a restore that begins %s stops a rotation; the same call ends it afterwards', async (_, after, applies) => {
  restoreAfter = after;
  const { code, stderr } = await secrets('rotate', 'simulator', '--apply');
  expect([code, stderr]).toEqual([2, expect.stringContaining(RESTORE)]);
  expect(cluster.calls.filter((call) => call.startsWith('apply '))).toHaveLength(applies);
  expect(store()).toMatchObject({ retiring: ['simulator'], unapplied: [] });
  [restoring, restoreAfter] = [false, undefined];
  expect(await secrets('rotate', 'simulator', '--apply')).toMatchObject({ code: 0, stderr: '' });
  expect(store()).toMatchObject({ retiring: [], unapplied: [] });
  expect(revisions()).toEqual({ 'edtech-postgres-logins': 2, 'edtech-simulator-database': 2 });
});

test('keys that are replaced twice before an apply still hold the first, and each call says that an apply is due', async () => {
  const first = store().values.airflowKeys?.['fernet-key'];
  for (let call = 0; call < 2; call++) {
    expect(await secrets('rotate', 'edtech-airflow-keys')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('synth and apply: pods get the new values of edtech-airflow-keys') as string,
    });
  }
  expect(store().values.airflowKeys?.['fernet-key'].split(',')).toEqual([expect.anything(), expect.anything(), first]);
});

test.each([[[]], [['--apply']]])('a new Fernet key is to be exported again, a password is not (%j)', async (words) => {
  const keys = await secrets('rotate', 'edtech-airflow-keys', ...words);
  expect(keys).toMatchObject({ code: 0, stderr: '' });
  expect(keys.stdout).toContain(
    'An earlier export lacks the new values of these, make another (npm run secrets -- export --env production --out FILE):\n' +
      '  edtech-airflow-keys: Fernet key: without it connections and variables stored in Airflow cannot be read\n',
  );
  expect(keys.stdout).not.toContain('edtech-ca:');
  const password = await secrets('rotate', 'edtech-grafana-admin', ...words);
  expect([password.code, password.stdout.includes('export')]).toEqual([0, false]);
});

test('what is named twice in a call is rotated once', async () => {
  const [login, keys] = ['simulator', 'edtech-airflow-keys'];
  expect(await secrets('rotate', login, keys, login, keys, '--apply')).toMatchObject({ code: 0, stderr: '' });
  expect(store()).toMatchObject({ retiring: [], unapplied: [] });
  expect(revisions()).toEqual({
    'edtech-airflow-keys': 2,
    'edtech-postgres-logins': 2,
    'edtech-simulator-database': 2,
  });
});

const CERTIFICATES =
  'edtech-postgres-tls, edtech-postgres-operator-tls, edtech-postgres-backup-tls, edtech-backup-repository-tls, edtech-pages-tls';
test.each([
  [['edtech-ca'], `edtech-ca holds no certificate that can be renewed; allowed ${CERTIFICATES}\n`],
  [
    ['edtech-airflow-keys', '--apply'],
    `edtech-airflow-keys holds no certificate that can be renewed; allowed ${CERTIFICATES}\n`,
  ],
  [
    ['edtech-postgres-tls', 'edtech-pages-tls', '--apply'],
    'renew of edtech-postgres-tls, edtech-pages-tls; allowed one Secret, or none for all\n',
  ],
])('renew %j is refused, and changes nothing', async (words, stderr) => {
  expect(await secrets('renew', ...words)).toEqual({ code: 2, stdout: '', stderr });
  expect(cluster.calls).toEqual([]);
  expect(readFileSync(checkout.path(STORE), 'utf8')).toBe(made);
  expect(existsSync(checkout.path(REVISIONS))).toBe(false);
});

test('a rotation that could not write its revisions, and one that ended before its store, are made by the same call', async () => {
  const before = store();
  const rotate = (): Promise<Ended> => secrets('rotate', 'simulator', 'edtech-patroni-api', '--apply');
  for (const obstacle of [REVISIONS, STORE].map((file) => checkout.path(`${file}.new`))) {
    mkdirSync(obstacle);
    expect(await rotate()).toMatchObject({ code: 2, stderr: expect.stringContaining('is a directory') as string });
    expect(store()).toEqual(before);
    rmdirSync(obstacle);
  }
  // What a plain apply brings into force now.
  await cluster.runIn(checkout.root, 'src/main.ts', '--env', 'production');
  expect(applied(`apply ${checkout.path('dist/production')}`)).toContain('secret/edtech-patroni-api-r2 ');
  expect(await rotate()).toMatchObject({ code: 0, stderr: '' });
  const { values, retiring, unapplied } = store();
  expect([values.simulator?.username, retiring, unapplied]).toEqual(['edtech_simulator_b', [], []]);
  expect(values.logins?.edtech_simulator_a).not.toBe(before.values.logins?.edtech_simulator_a);
  expect(values.patroniApi?.password).not.toBe(before.values.patroniApi?.password);
  expect(revisions()).toEqual({
    'edtech-patroni-api': 3,
    'edtech-postgres-logins': 2,
    'edtech-simulator-database': 3,
  });
});
