import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCa, issue } from '../../src/secrets/certificates';

const folder = mkdtempSync(path.join(tmpdir(), 'edtech-reconciler-'));

beforeAll(async () => {
  const ca = await createCa('test', new Date());
  const { certificate, key } = await issue(
    ca,
    { commonName: 'server', usage: 'server', hosts: ['localhost'] },
    new Date(),
  );
  const files = {
    'ca.crt': ca.certificate,
    'tls.crt': certificate,
    'tls.key': key,
    token: 'none',
    namespace: 'library',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['the reconciler', 'test_reconcile.py', 26],
  ['servers that fail', 'test_servers.py', 21],
  ['the sessions of the superuser', 'test_sessions.py', 2],
])('the Python tests of %s pass', (_, file, count) => {
  const { status, stderr, error } = spawnSync('python3', ['-B', path.join(__dirname, 'reconciler', file)], {
    env: { ...process.env, PYTHONPATH: path.join(__dirname, '../../images/postgres'), TLS_DIRECTORY: folder },
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stderr).toMatch(new RegExp(`Ran ${count} tests`));
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
});
