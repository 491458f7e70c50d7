import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveConfig } from '../../src/config/resolve';
import type { PlatformConfig } from '../../src/config/types';
import { secretCatalogue } from '../../src/secrets/catalogue';
import { dueLines, endingSoon, renewDue, unnamedHosts } from '../../src/secrets/due';
import { ensureSecrets } from '../../src/secrets/ensure';
import { completeStore } from '../../src/secrets/generate';
import { renewCertificates } from '../../src/secrets/rotate';
import { readStore, writeStore, type SecretStore } from '../../src/secrets/store';
import { settings } from '../../config/production';

const NOW = new Date('2026-03-01T00:00:00Z');
const days = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000);
const PAGES = { grafanaHost: 'grafana.example.org', airflowHost: 'airflow.example.org', tls: 'internal-ca' } as const;
const catalogue = secretCatalogue(PAGES);
const moved = secretCatalogue({ ...PAGES, grafanaHost: 'boards.example.org' });
let store: SecretStore;

beforeAll(async () => {
  store = await completeStore('test', catalogue, NOW);
});

const pages = (of: SecretStore): X509Certificate => new X509Certificate(of.values.pagesTls?.['tls.crt'] ?? '');

test('a certificate for the hosts of the configuration is not due before its last 60 days', () => {
  expect(unnamedHosts(store, catalogue)).toEqual([]);
  expect(endingSoon(store, catalogue, days(365 - 61))).toEqual([]);
});

test('a changed host of a page is found, and gets a certificate of the same CA', async () => {
  const due = unnamedHosts(store, moved);
  expect(dueLines(moved, due)).toEqual(['certificate edtech-pages-tls does not name boards.example.org']);
  const { store: renewed, changed } = await renewDue(store, moved, due, NOW);
  expect(changed).toEqual(['pagesTls']);
  expect(pages(renewed).checkHost('boards.example.org')).toBeDefined();
  expect(pages(renewed).checkHost('airflow.example.org')).toBeDefined();
  expect(pages(renewed).checkHost('grafana.example.org')).toBeUndefined();
  expect(pages(renewed).verify(new X509Certificate(store.values.ca?.['ca.crt'] ?? '').publicKey)).toBe(true);
  expect(unnamedHosts(renewed, moved)).toEqual([]);
});

test('where an ingress ends TLS the certificate of the pages is nobody’s', () => {
  const ingress = secretCatalogue({ ...PAGES, grafanaHost: 'boards.example.org', tls: 'ingress' });
  expect(unnamedHosts(store, ingress)).toEqual([]);
});

test('certificates that end soon or have ended are due, each once', async () => {
  const { store: short } = await renewCertificates(store, catalogue, NOW, 24, 'operatorTls');
  const lines = (at: Date): string[] => dueLines(catalogue, endingSoon(short, catalogue, at));
  expect(lines(NOW)).toEqual([
    'certificate edtech-postgres-operator-tls ends 2026-03-02T00:00:00.000Z, in less than 60 days',
  ]);
  expect(lines(days(2))[0]).toBe('certificate edtech-postgres-operator-tls ended 2026-03-02T00:00:00.000Z');
  const due = [...endingSoon(short, catalogue, days(310)), ...unnamedHosts(short, moved)];
  const { changed } = await renewDue(short, moved, due, days(310));
  expect(new Set(changed).size).toBe(changed.length);
  expect(changed).toEqual(expect.arrayContaining(['operatorTls', 'postgresTls', 'pagesTls']));
});

describe('with a store on disk', () => {
  let directory: string;
  let printed: string[];
  const revisions = path.resolve(__dirname, '../../config/due-test.revisions.json');

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'edtech-due-'));
    printed = [];
    jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(directory, { recursive: true, force: true });
    rmSync(revisions, { force: true });
  });

  const config = (grafanaHost: string): PlatformConfig =>
    resolveConfig({ environment: 'due-test', settings, changes: { pages: { grafanaHost } } });

  test('a synth after a host has changed makes the certificate anew, says so and counts a revision', async () => {
    expect(await ensureSecrets(config('grafana.example.org'), directory)).toBe(false);
    const before = readStore(directory, 'due-test')!;
    printed.length = 0;
    expect(await ensureSecrets(config('boards.example.org'), directory)).toBe(true);
    expect(printed).toEqual([
      'certificate edtech-pages-tls does not name boards.example.org: made anew by the same CA',
    ]);
    expect(JSON.parse(readFileSync(revisions, 'utf8'))).toEqual({ 'edtech-pages-tls': 2 });
    const after = readStore(directory, 'due-test')!;
    expect(pages(after).checkHost('boards.example.org')).toBeDefined();
    expect({ ...after.values, pagesTls: undefined }).toEqual({ ...before.values, pagesTls: undefined });
    printed.length = 0;
    expect(await ensureSecrets(config('boards.example.org'), directory)).toBe(false);
    expect(printed).toEqual([]);
  });

  test('a synth leaves a certificate that ends soon as it is, and says how to renew it', async () => {
    await ensureSecrets(config('grafana.example.org'), directory);
    const whole = readStore(directory, 'due-test')!;
    const names = secretCatalogue(config('grafana.example.org').pages);
    writeStore(directory, (await renewCertificates(whole, names, new Date(), 24, 'postgresTls')).store);
    const file = path.join(directory, 'due-test.json');
    const before = readFileSync(file, 'utf8');
    printed.length = 0;
    expect(await ensureSecrets(config('grafana.example.org'), directory)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(printed).toEqual([
      expect.stringMatching(
        /^certificate edtech-postgres-tls ends 20\S+, in less than 60 days: npm run secrets -- renew --apply --env due-test$/,
      ),
    ]);
  });
});
