import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beyondTheSite, differences } from '../cluster/support/variant-difference';
import { synthesize } from '../../src/main';
import { ROOT } from '../../src/root';
import { Checkout } from '../support/checkout';

const SETTINGS = path.join(ROOT, 'test/cluster/production/settings.ts');
const NOT_COMMITTED = ['05-secrets.k8s.yaml'];
let work: string;

beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'edtech-variant-test-'));
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(work, { recursive: true, force: true });
});

async function changesOf(changesFile: string) {
  const options = { environments: ['production'], changesFile, out: path.join(work, 'dist') };
  const [directory] = await synthesize({ ...options, secretsDirectory: path.join(work, 'secrets') });
  return differences(path.join(ROOT, 'dist/production'), directory, NOT_COMMITTED);
}

test('what is tested on a cluster differs from the committed production only in addresses, storage class, resources and exposure', async () => {
  const changes = await changesOf(SETTINGS);
  expect(changes.length).toBeGreaterThan(20);
  expect(beyondTheSite(changes)).toEqual([]);
});

test.each([
  ['more members', 'postgres: { members: 4 }', /^StatefulSet edtech-postgres\.spec\.replicas$/],
  ['other replication', "postgres: { synchronousMode: 'on' }", /^ConfigMap /],
  ['more replicas', 'grafana: { replicas: 3 }', /^Deployment edtech-grafana\.spec\.replicas$/],
  ['other students', 'simulator: { students: 200 }', /^Deployment edtech-simulator\.spec\.template\.spec\.containers/],
])('a variant with %s is found', async (_, settings, where) => {
  const file = path.join(work, 'changes.ts');
  writeFileSync(file, `export const settings = { ${settings} };`);
  expect(beyondTheSite(await changesOf(file)).map((change) => change.where)).toContainEqual(
    expect.stringMatching(where),
  );
});

describe('a variant is refused where it would pass for the committed rendering', () => {
  const checkout = new Checkout();
  const changes = checkout.path('changes.ts');
  writeFileSync(changes, 'export const settings = { grafana: { replicas: 3 } };');
  afterAll(() => checkout.remove());

  test.each([
    ['synth', 'dist', 'src/main.ts', []],
    ['synth', './dist/', 'src/main.ts', []],
    ['synth', path.join(realpathSync(checkout.root), 'dist'), 'src/main.ts', []],
    ['a rotation', 'dist', 'src/secrets/main.ts', ['rotate', 'simulator', '--apply']],
  ])('by %s with --out %s', (_, out, program, words) => {
    const args = [...words, '--env', 'production', '--set', changes, '--out', out];
    const ended = spawnSync(process.execPath, ['-r', './local/register.js', program, ...args], {
      cwd: checkout.root,
      encoding: 'utf8',
    });
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(`--out is ${out}; allowed are `);
    expect(['dist', '.secrets'].filter((folder) => existsSync(checkout.path(folder)))).toEqual([]);
  });
});
