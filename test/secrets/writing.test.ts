import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { settings } from '../../config/production';
import { revisionsFile } from '../../src/config/environments';
import { resolveConfig } from '../../src/config/resolve';
import { OWNER_ONLY, writeWhole } from '../../src/output';
import { revisionName, secretCatalogue, type SecretId } from '../../src/secrets/catalogue';
import { save, type Context } from '../../src/secrets/context';
import { ensureSecrets } from '../../src/secrets/ensure';
import { completeStore } from '../../src/secrets/generate';
import { readRevisions } from '../../src/secrets/revisions';
import { renewCertificates, type Change } from '../../src/secrets/rotate';
import { awaiting, beginRotation, finishRotation } from '../../src/secrets/rotation';
import { readStore, storeFile, type SecretStore } from '../../src/secrets/store';

const ENVIRONMENT = 'writing-test';
const NOW = new Date('2026-03-01T00:00:00Z');
const config = (grafanaHost = 'grafana.example.org') =>
  resolveConfig({
    environment: ENVIRONMENT,
    settings,
    changes: { pages: { grafanaHost } },
    revisions: readRevisions(ENVIRONMENT),
  });
const catalogue = secretCatalogue(config().pages);
let whole: SecretStore;
let directory: string;
let context: Context;

beforeAll(async () => {
  whole = await completeStore(ENVIRONMENT, catalogue, NOW);
});
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'edtech-writing-'));
  context = { environment: ENVIRONMENT, directory, catalogue };
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
  for (const end of ['', '.new']) rmSync(`${revisionsFile(ENVIRONMENT)}${end}`, { recursive: true, force: true });
});

const store = (): SecretStore => readStore(directory, ENVIRONMENT)!;

/** What a cluster holds of the Secrets, which are immutable: another value under a name that it has is refused for ever. */
class Held {
  private readonly byName = new Map<string, string>();

  /** Applies what a synth would render now. @returns names that are refused */
  apply(): string[] {
    const revisions = readRevisions(ENVIRONMENT);
    return (Object.keys(catalogue) as SecretId[]).flatMap((id) => {
      const name = revisionName(catalogue[id].name, revisions[catalogue[id].name] ?? 1);
      const values = JSON.stringify(store().values[id]);
      const held = this.byName.get(name) ?? values;
      this.byName.set(name, held);
      return held === values ? [] : [name];
    });
  }
}

/** Where the second of the two writes, or both, can't be done: as with a full disk, a read-only checkout, or a program that is killed. */
const OBSTACLES: readonly (readonly [string, () => string])[] = [
  ['the revisions can not be written', () => `${revisionsFile(ENVIRONMENT)}.new`],
  ['it ends between revisions and store', () => `${storeFile(directory, ENVIRONMENT)}.new`],
];

type Making = (from: SecretStore) => Change | Promise<Change>;
const half = (from: SecretStore): SecretStore => beginRotation(from, catalogue, ['simulator', 'owner']).store;
const CHANGES: readonly (readonly [string, (from: SecretStore) => SecretStore, Making, readonly SecretId[]])[] = [
  [
    'the first half of a rotation',
    (from) => from,
    (from) => beginRotation(from, catalogue, ['simulator', 'owner']),
    ['simulator', 'logins'],
  ],
  [
    'the second half of a rotation',
    half,
    (from) => awaiting(finishRotation(from, catalogue, ['simulator', 'owner']), ['simulator', 'owner']),
    ['logins', 'owner'],
  ],
  [
    'new values of a Secret',
    (from) => from,
    (from) => awaiting(beginRotation(from, catalogue, ['airflowAdmin']), ['airflowAdmin']),
    ['airflowAdmin'],
  ],
  [
    'a renewal of certificates',
    (from) => from,
    (from) => renewCertificates(from, catalogue, NOW, 24, 'postgresTls'),
    ['postgresTls'],
  ],
];

describe.each(OBSTACLES)('where %s', (_, obstacle) => {
  test.each(CHANGES)('the same call ends well afterwards: %s', async (__, prepare, change, changed) => {
    save(context, { store: prepare(whole), changed: [] });
    const before = store();
    const held = new Held();
    expect(held.apply()).toEqual([]);
    mkdirSync(obstacle());
    const made = await change(before);
    expect(() => save(context, made)).toThrow('is a directory');
    expect(store()).toEqual(before);
    expect(held.apply()).toEqual([]);
    rmdirSync(obstacle());
    save(context, await change(store()));
    expect(held.apply()).toEqual([]);
    const ids = Object.keys(catalogue) as SecretId[];
    const differ = ids.filter((id) => JSON.stringify(store().values[id]) !== JSON.stringify(before.values[id]));
    expect(differ.sort()).toEqual([...changed].sort());
    expect([store().retiring, store().unapplied]).toEqual([made.store.retiring, made.store.unapplied]);
  });

  test('a synth makes the certificate for another host all the same, under a revision that no cluster has', async () => {
    await ensureSecrets(config(), directory);
    const before = store();
    const held = new Held();
    expect(held.apply()).toEqual([]);
    mkdirSync(obstacle());
    await expect(ensureSecrets(config('boards.example.org'), directory)).rejects.toThrow('is a directory');
    expect(store()).toEqual(before);
    expect(held.apply()).toEqual([]);
    rmdirSync(obstacle());
    expect(await ensureSecrets(config('boards.example.org'), directory)).toBe(true);
    expect(held.apply()).toEqual([]);
    expect(store().values.pagesTls).not.toEqual(before.values.pagesTls);
  });
});

test('a file is replaced as a whole, with the mode that it is to have and not that of a leftover', () => {
  const file = path.join(directory, 'file');
  writeFileSync(file, 'before');
  writeFileSync(`${file}.new`, 'of a program that was killed', { mode: 0o666 });
  writeWhole(file, 'after', OWNER_ONLY);
  expect(readFileSync(file, 'utf8')).toBe('after');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.new`)).toBe(false);
  mkdirSync(`${file}.new`);
  expect(() => writeWhole(file, 'neither')).toThrow('is a directory');
  expect(readFileSync(file, 'utf8')).toBe('after');
});
