import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { secretCatalogue } from '../../src/secrets/catalogue';
import { run } from '../../src/secrets/main';
import { renewCertificates } from '../../src/secrets/rotate';
import { parseStore, readStore, storeFile, writeStore, type SecretStore } from '../../src/secrets/store';
import { seal, unseal } from '../../src/secrets/transfer';

const PASSPHRASE = 'correct horse battery staple';
const STORE: SecretStore = { version: 1, environment: 'test', caKey: 'key', values: {}, retiring: [] };
let directory: string;
let printed: string[];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'edtech-secrets-'));
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  process.env.EDTECH_EXPORT_PASSPHRASE = PASSPHRASE;
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env.EDTECH_EXPORT_PASSPHRASE;
  rmSync(directory, { recursive: true, force: true });
});

test('a store is readable by its owner only and comes back as it was', () => {
  writeStore(directory, STORE);
  expect(statSync(storeFile(directory, 'test')).mode & 0o777).toBe(0o600);
  expect(readStore(directory, 'test')).toEqual(STORE);
  expect(readStore(directory, 'other')).toBeUndefined();
});

test('a store of another environment is refused', () => {
  expect(() => parseStore(JSON.stringify(STORE), 'file', 'production')).toThrow(
    'holds secrets of test, not of production',
  );
});

test('an export opens with its passphrase only, and not once it was changed', () => {
  const sealed = seal('secret text', PASSPHRASE);
  expect(sealed).not.toContain('secret text');
  expect(unseal(sealed, PASSPHRASE)).toBe('secret text');
  expect(() => unseal(sealed, `${PASSPHRASE}!`)).toThrow('the passphrase is wrong or the export was changed');
  const changed = JSON.parse(sealed) as { data: string };
  changed.data = Buffer.from('other text!').toString('base64');
  expect(() => unseal(JSON.stringify(changed), PASSPHRASE)).toThrow('the passphrase is wrong');
  expect(() => seal('x', 'short')).toThrow('passphrase has 5 characters; at least 16');
});

test('an export whose tag was cut short does not open', () => {
  const sealed = JSON.parse(seal('secret text', PASSPHRASE)) as { tag: string };
  for (const bytes of [4, 12, 15]) {
    const tag = Buffer.from(sealed.tag, 'base64').subarray(0, bytes).toString('base64');
    expect(() => unseal(JSON.stringify({ ...sealed, tag }), PASSPHRASE)).toThrow('or the export was changed');
  }
});

test('an export takes the place of an earlier one as a whole, and only its owner may read it', async () => {
  const file = path.join(directory, 'export.json');
  const exporting = ['export', '--env', 'development', '--directory', directory, '--out', file];
  await run(['init', '--env', 'development', '--directory', directory]);
  writeFileSync(file, 'of last year', { mode: 0o644 });
  mkdirSync(`${file}.new`);
  await expect(run(exporting)).rejects.toThrow('is a directory');
  expect(readFileSync(file, 'utf8')).toBe('of last year');
  rmdirSync(`${file}.new`);
  await run(exporting);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(unseal(readFileSync(file, 'utf8'), PASSPHRASE))).toEqual(readStore(directory, 'development'));
});

test('an export is not put in the place of what is no file', async () => {
  const [file, link] = [path.join(directory, 'vault'), path.join(directory, 'link')];
  await run(['init', '--env', 'development', '--directory', directory]);
  symlinkSync(file, link);
  const exporting = ['export', '--env', 'development', '--directory', directory, '--out', link];
  await expect(run(exporting)).rejects.toThrow(`--out is ${link}, which is no file; allowed a file`);
  expect(readlinkSync(link)).toBe(file);
});

test('secrets made here can be exported, lost and imported again', async () => {
  const file = path.join(directory, 'export.json');
  await run(['init', '--env', 'development', '--directory', directory]);
  const before = readFileSync(storeFile(directory, 'development'), 'utf8');
  await run(['export', '--env', 'development', '--directory', directory, '--out', file]);
  const importing = ['import', '--env', 'development', '--directory', directory, '--in', file];
  await expect(run(importing)).rejects.toThrow('--force replaces it');
  rmSync(storeFile(directory, 'development'));
  await run(importing);
  expect(readStore(directory, 'development')).toEqual(JSON.parse(before));
  expect(printed.join('\n')).toContain('Keep these outside the cluster');
});

test('making them a second time changes nothing', async () => {
  await run(['init', '--env', 'production', '--directory', directory]);
  const before = readFileSync(storeFile(directory, 'production'), 'utf8');
  await run(['init', '--env', 'production', '--directory', directory]);
  expect(readFileSync(storeFile(directory, 'production'), 'utf8')).toBe(before);
});

test('a list shows revisions and ends of certificates and no value', async () => {
  await run(['init', '--env', 'development', '--directory', directory]);
  await run(['list', '--env', 'development', '--directory', directory]);
  expect(printed.some((line) => /^edtech-postgres-tls-r\d+: .*\(ends 20/.test(line))).toBe(true);
  const { logins = {} } = readStore(directory, 'development')?.values ?? {};
  for (const password of Object.values(logins)) expect(printed.join('\n')).not.toContain(password);
});

test('a list says which certificates are due', async () => {
  await run(['init', '--env', 'production', '--directory', directory]);
  const store = readStore(directory, 'production')!;
  const elsewhere = secretCatalogue({ grafanaHost: 'a.example.org', airflowHost: 'b.example.org', tls: 'internal-ca' });
  const { store: other } = await renewCertificates(store, elsewhere, new Date(), undefined, 'pagesTls');
  const { store: short } = await renewCertificates(other, elsewhere, new Date(), 24, 'operatorTls');
  writeStore(directory, short);
  printed.length = 0;
  await run(['list', '--env', 'production', '--directory', directory]);
  expect(printed.filter((line) => line.endsWith(': renew it'))).toEqual([
    'certificate edtech-pages-tls does not name grafana.edtech.example.org, airflow.edtech.example.org: renew it',
    expect.stringMatching(/^certificate edtech-postgres-operator-tls ends 20.*, in less than 60 days: renew it$/),
  ]);
});

test.each([
  [['rotate', 'nothing'], 'unknown secret nothing'],
  [['renew', '--hours=-1'], '--hours is -1; allowed above 0'],
  [['explode'], 'usage: npm run secrets'],
])('%j is refused', async (args, message) => {
  await run(['init', '--env', 'development', '--directory', directory]);
  await expect(
    run([...args.slice(0, 2), '--env', 'development', '--directory', directory, ...args.slice(2)]),
  ).rejects.toThrow(message);
});

test('a rotation without secrets says that there are none', async () => {
  writeFileSync(path.join(directory, 'unrelated'), '');
  await expect(run(['rotate', 'simulator', '--env', 'development', '--directory', directory])).rejects.toThrow(
    'no secrets of development',
  );
});
