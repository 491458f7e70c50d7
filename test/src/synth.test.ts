import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { synthesize } from '../../src/main';
import { ROOT } from '../../src/root';

const SECRETS_FILE = '05-secrets.k8s.yaml';
let work: string;

beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'edtech-synth-test-'));
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(work, { recursive: true, force: true });
});

const at = (...parts: string[]): string => path.join(work, ...parts);

/** Rendered files by path, without the one that is never committed. */
function filesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml') && path.basename(file) !== SECRETS_FILE)
      .sort()
      .map((file) => [file, readFileSync(path.join(directory, file), 'utf8')]),
  );
}

test('the committed dist is what the sources render', async () => {
  await synthesize({ out: at('dist'), secretsDirectory: at('secrets') });
  const rendered = filesOf(at('dist'));
  const committed = filesOf(path.join(ROOT, 'dist'));
  // Names only: the difference itself is in `git diff` after `npm run synth`.
  const drifted = Object.keys({ ...rendered, ...committed }).filter((file) => rendered[file] !== committed[file]);
  expect(drifted).toEqual([]);
});

test('other secret values change nothing but the Secrets', async () => {
  await synthesize({ out: at('a'), secretsDirectory: at('secrets-a') });
  await synthesize({ out: at('b'), secretsDirectory: at('secrets-b') });
  expect(filesOf(at('a'))).toEqual(filesOf(at('b')));
  const secrets = (clone: string): string => readFileSync(at(clone, 'production', SECRETS_FILE), 'utf8');
  expect(secrets('a')).not.toBe(secrets('b'));
});

test('the same secrets render the same bytes twice', async () => {
  for (const out of ['a', 'b']) await synthesize({ out: at(out), secretsDirectory: at('secrets') });
  const secrets = (out: string): string => readFileSync(at(out, 'development', SECRETS_FILE), 'utf8');
  expect(secrets('a')).toBe(secrets('b'));
});

test('Secrets are readable by their owner only, in dist and where `cdk8s synth` looks for them, also where they were not before', async () => {
  const where = { environments: ['production'], out: at('dist'), workDirectory: at('cdk8s-out') };
  for (const folder of ['dist', 'cdk8s-out']) {
    mkdirSync(at(folder, 'production'), { recursive: true });
    writeFileSync(at(folder, 'production', SECRETS_FILE), 'of an earlier release', { mode: 0o644 });
  }
  await synthesize({ ...where, secretsDirectory: at('secrets') });
  for (const folder of ['dist', 'cdk8s-out']) {
    const file = at(folder, 'production', SECRETS_FILE);
    expect([folder, (statSync(file).mode & 0o777).toString(8)]).toEqual([folder, '600']);
    expect(readFileSync(file, 'utf8')).toContain('kind: Secret');
  }
  // Others may be read by whoever may read the checkout.
  expect(statSync(at('dist/production/10-postgres.k8s.yaml')).mode & 0o777).toBe(0o666 & ~process.umask());
});

test('one environment is rendered without touching the other, and a removed chart’s file goes away', async () => {
  for (const environment of ['development', 'production']) mkdirSync(at('dist', environment), { recursive: true });
  writeFileSync(at('dist/production/mine.yaml'), 'kept');
  writeFileSync(at('dist/development/99-gone.k8s.yaml'), 'old');
  await synthesize({ environments: ['development'], out: at('dist'), secretsDirectory: at('secrets') });
  expect(readFileSync(at('dist/production/mine.yaml'), 'utf8')).toBe('kept');
  expect(existsSync(at('dist/development/99-gone.k8s.yaml'))).toBe(false);
  expect(existsSync(at('dist/development/10-postgres.k8s.yaml'))).toBe(true);
});

test('a broken configuration leaves dist as it was and makes no secrets', async () => {
  mkdirSync(at('dist/production'), { recursive: true });
  writeFileSync(at('dist/production/10-postgres.k8s.yaml'), 'before');
  const changes = at('broken.ts');
  writeFileSync(changes, 'export const settings = { postgres: { members: 1 } };');
  const broken = synthesize({
    environments: ['production'],
    changesFile: changes,
    out: at('dist'),
    secretsDirectory: at('secrets'),
  });
  await expect(broken).rejects.toThrow('failover needs at least 2');
  expect(filesOf(at('dist'))).toEqual({ 'production/10-postgres.k8s.yaml': 'before' });
  expect(existsSync(at('secrets'))).toBe(false);
});

test('a certificate of the pages is rendered where they serve it: elsewhere it would be a leftover from the first day', async () => {
  await synthesize({ out: at('dist'), secretsDirectory: at('secrets') });
  const secrets = (environment: string): string => readFileSync(at('dist', environment, SECRETS_FILE), 'utf8');
  expect(secrets('production')).toContain('name: edtech-pages-tls-r');
  expect(secrets('development')).not.toContain('edtech-pages-tls');
});

test('a quota without room for an update at the autoscaler’s highest is refused before anything is made', async () => {
  const changes = at('many.ts');
  writeFileSync(
    changes,
    'export const settings = { simulator: { maxReplicas: 20 }, quota: { memoryRequests: "24Gi" } };',
  );
  const synthesis = synthesize({
    environments: ['production'],
    changesFile: changes,
    out: at('dist'),
    secretsDirectory: at('secrets'),
  });
  await expect(synthesis).rejects.toThrow(
    /quota.memoryRequests is 24Gi, but pods need up to \S+Gi .*edtech-simulator 21 × 256Mi.*; allowed from \S+Gi/,
  );
  expect(readdirSync(work)).toEqual(['many.ts']);
});

test('mode existing renders references only', async () => {
  const changes = at('existing.ts');
  writeFileSync(changes, "export const settings = { secrets: 'existing' };");
  await synthesize({
    environments: ['production'],
    changesFile: changes,
    out: at('dist'),
    secretsDirectory: at('secrets'),
  });
  expect(existsSync(at('dist/production', SECRETS_FILE))).toBe(false);
  expect(readFileSync(at('dist/production/30-simulator.k8s.yaml'), 'utf8')).toContain('edtech-simulator-database-r');
  expect(existsSync(at('secrets'))).toBe(false);
});

test('an unknown environment is refused with those that there are', async () => {
  await expect(synthesize({ environments: ['staging'], out: at('dist') })).rejects.toThrow(
    'unknown environment staging; config/ has development, production',
  );
});
