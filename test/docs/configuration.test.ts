import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULTS } from '../../src/config/defaults';
import { ConfigurationError, resolveConfig } from '../../src/config/resolve';
import { ROOT } from '../../src/root';
import { settings } from '../../config/production';
import { LOGINS, secretCatalogue } from '../../src/secrets/catalogue';
import { optionRows } from './option-rows';
import { secretRows } from './secret-rows';
import { rowsOf } from './table-rows';

const PAGE = 'docs/configuration.md';
const DOCS = readFileSync(path.join(ROOT, PAGE), 'utf8');

test('every option that has a default is documented with what is allowed and with its defaults', () => {
  const documented = rowsOf(PAGE, 'What has a default').filter(([option]) => /^`[\w.]+`$/.test(option));
  const rows = documented.filter((cells) => cells.length === 5);
  expect(
    rows.map(([option, , development, production]) => ({ path: option.slice(1, -1), development, production })),
  ).toEqual(optionRows(DEFAULTS));
  expect(rows.filter(([, allowed]) => allowed.trim() === '')).toEqual([]);
});

test('what must be told is documented', () => {
  const told = rowsOf(PAGE, 'What must be told').flatMap(([options]) =>
    [...options.matchAll(/`([\w.]+)`/g)].map(([, name]) => name),
  );
  const { tier, apiServers, nodeCidrs, encryptionAtRest, pages } = settings;
  const needed = { tier, apiServers, nodeCidrs, encryptionAtRest };
  expect(told).toEqual(
    expect.arrayContaining([...Object.keys(needed), ...Object.keys(pages).map((key) => `pages.${key}`)]),
  );
});

const SECRETS = secretCatalogue({ grafanaHost: 'grafanaHost', airflowHost: 'airflowHost', tls: 'internal-ca' });

test('every Secret of a site is documented with its keys and with what each value must be', () => {
  expect(rowsOf(PAGE, 'Secrets of a site').filter((cells) => cells.length === 4)).toEqual(secretRows(SECRETS));
});

test('every login role of the Secret with their passwords is documented', () => {
  const section = DOCS.split(/^### /m).find((text) => text.startsWith('Login roles\n'))!;
  expect([...section.split('\n\n')[1].matchAll(/`(\w+)`/g)].map(([, login]) => login)).toEqual(LOGINS);
});

test.each([
  [
    'form',
    {
      pages: { tls: 'internal' },
      postgres: { member: 3 },
      grafana: { replicas: 2.5 },
      simulator: { maxReplicas: '8' },
    },
  ],
  [
    'rules',
    {
      postgres: { synchronousStandbys: 3 },
      grafana: { resources: { memoryLimit: '100Mi' } },
      logs: { volume: { size: '24' } },
    },
  ],
  ['parameters', { postgres: { parameters: { synchronous_commit: 'off' } } }],
])('the message about the %s that is shown is the one that comes', (_, changes) => {
  let message = '';
  try {
    resolveConfig({ environment: 'production', settings, changes: changes as object });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    message = [error.message.split('\n')[0], ...error.problems.map((problem) => `  - ${problem}`)].join('\n');
  }
  expect(message).not.toBe('');
  expect(DOCS).toContain(message);
});
