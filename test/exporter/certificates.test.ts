import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { readConfig } from '../../simulator/src/config';
import { watchCertificates } from '../../simulator/src/exporter/certificates';
import { silentLogger } from '../../simulator/src/logger';
import { createCa, issue } from '../../src/secrets/certificates';

const NOW = new Date('2026-03-02T08:00:00Z');
let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'edtech-certificates-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const leaf = async (hours: number): Promise<string> => {
  const request = { commonName: 'store', usage: 'server', hosts: ['store'], hours } as const;
  return (await issue(await createCa('ca', NOW), request, NOW)).certificate;
};
const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
const at = (hours: number): number => NOW.getTime() / 1000 + hours * 3600;

async function ends(registry: Registry): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('edtech_certificate_'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /certificate="(.+)"} (.+)$/.exec(line)!;
      return [name, Number(value)];
    }),
  );
}

test('each certificate of the folder is told with its end, and what replaces it at the next scrape', async () => {
  const registry = new Registry();
  watchCertificates(directory, registry, silentLogger);
  write('store.crt', await leaf(24));
  write('notes.txt', 'nothing');
  expect(await ends(registry)).toEqual({ store: at(24) });
  write('store.crt', await leaf(48));
  write('shelf.crt', await leaf(72));
  expect(await ends(registry)).toEqual({ store: at(48), shelf: at(72) });
  rmSync(path.join(directory, 'shelf.crt'));
  expect(await ends(registry)).toEqual({ store: at(48) });
});

test('of a chain the first end counts, and what is no certificate has ended', async () => {
  const registry = new Registry();
  watchCertificates(directory, registry, silentLogger);
  write('store.crt', `${await leaf(48)}${await leaf(24)}`);
  write('shelf.crt', 'none');
  expect(await ends(registry)).toEqual({ store: at(24), shelf: 0 });
});

test('a folder that is not there is refused by the name of its variable', () => {
  expect(() => readConfig({ DATABASE_URL: 'postgresql://u@h/d', CERTIFICATES_DIRECTORY: '/nowhere' })).toThrow(
    'CERTIFICATES_DIRECTORY: "/nowhere" cannot be read',
  );
  expect(() => readConfig({ DATABASE_URL: 'postgresql://u@h/d', CERTIFICATES_DIR: directory })).toThrow(
    'CERTIFICATES_DIR: no such variable',
  );
});
