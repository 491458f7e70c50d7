import { X509Certificate } from 'node:crypto';
import { loginsOf, LOGINS, secretCatalogue } from '../../src/secrets/catalogue';
import { completeStore, grownSecrets, isComplete } from '../../src/secrets/generate';
import { expiryList, keepList } from '../../src/secrets/keep';
import { bumpRevisions } from '../../src/secrets/revisions';
import { renewCertificates, replaceValues, retireLogin, swapLogin } from '../../src/secrets/rotate';
import {
  allInForce,
  awaiting,
  beginRotation,
  closing,
  finishRotation,
  haveOneHalf,
  type Target,
} from '../../src/secrets/rotation';
import type { SecretStore } from '../../src/secrets/store';

const NOW = new Date('2026-03-01T00:00:00Z');
const catalogue = secretCatalogue({
  grafanaHost: 'grafana.example.org',
  airflowHost: 'airflow.example.org',
  tls: 'internal-ca',
});
let store: SecretStore;

beforeAll(async () => {
  store = await completeStore('test', catalogue, NOW);
});

const password = (from: SecretStore, login: string): string | undefined => from.values.logins?.[login];

test('a new store has a value for every key, each login its own', () => {
  expect(isComplete(store, catalogue)).toBe(true);
  expect(new Set(LOGINS.map((login) => password(store, login))).size).toBe(LOGINS.length);
  expect(password(store, 'edtech_owner')).toMatch(/^[A-Za-z0-9]{32}$/);
});

test('a second clone makes other values for everything', async () => {
  const other = await completeStore('test', catalogue, NOW);
  const values = (of: SecretStore): string[] =>
    Object.values(of.values).flatMap((keys) =>
      Object.entries(keys).flatMap(([key, value]) => (key === 'username' ? [] : [value])),
    );
  expect(values(other).filter((value) => values(store).includes(value))).toEqual([]);
});

test('a store of an older release gains what is new and keeps the rest', async () => {
  const logins = Object.fromEntries(
    Object.entries(store.values.logins ?? {}).filter(([login]) => login !== 'grafana_a'),
  );
  const older: SecretStore = { ...store, values: { ...store.values, logins, monitor: undefined } };
  const completed = await completeStore('test', catalogue, NOW, older);
  expect(isComplete(completed, catalogue)).toBe(true);
  expect(completed.caKey).toBe(store.caKey);
  expect(password(completed, 'airflow_a')).toBe(password(store, 'airflow_a'));
  expect(grownSecrets(older, completed)).toEqual(['logins', 'monitor']);
});

test('a rotation first moves to a login that the database knows already', () => {
  const [first, second] = loginsOf('simulator');
  expect(store.values.simulator?.username).toBe(first);
  const { store: swapped, changed } = swapLogin(store, catalogue, 'simulator');
  expect(swapped.values.simulator).toEqual({ username: second, password: password(store, second) });
  expect(swapped.values.logins).toEqual(store.values.logins);
  expect(changed).toEqual(['simulator']);
});

test('its second half closes the login that was left, and only that', () => {
  const [first, second] = loginsOf('simulator');
  const { store: retired, changed } = retireLogin(
    swapLogin(store, catalogue, 'simulator').store,
    catalogue,
    'simulator',
  );
  expect(password(retired, first)).not.toBe(password(store, first));
  expect(password(retired, second)).toBe(password(store, second));
  expect(retired.retiring).toEqual([]);
  expect(changed).toEqual(['logins']);
});

test('two rotations end at the first login again, with another password', () => {
  let current = store;
  for (let round = 0; round < 2; round++) {
    current = retireLogin(swapLogin(current, catalogue, 'grafana').store, catalogue, 'grafana').store;
  }
  expect(current.values.grafanaDatabase?.username).toBe(store.values.grafanaDatabase?.username);
  expect(current.values.grafanaDatabase?.password).not.toBe(store.values.grafanaDatabase?.password);
});

test('halves in the wrong order are refused', () => {
  const half = swapLogin(store, catalogue, 'airflow').store;
  expect(() => swapLogin(half, catalogue, 'airflow')).toThrow('rotation of airflow is half done');
  expect(() => retireLogin(store, catalogue, 'airflow')).toThrow('no rotation of airflow is half done');
});

test('a new Fernet key stands before the old one, which can still decrypt', () => {
  const old = store.values.airflowKeys?.['fernet-key'];
  const { store: replaced } = replaceValues(store, catalogue, 'airflowKeys');
  expect(replaced.values.airflowKeys?.['fernet-key']).toMatch(new RegExp(`^[\\w-]{43}=,${old}$`));
});

test('the first Fernet key can still decrypt after several rotations, whether or not Airflow has encrypted anew in between', () => {
  const first = store.values.airflowKeys?.['fernet-key'];
  let current = store;
  for (let round = 0; round < 4; round++) current = replaceValues(current, catalogue, 'airflowKeys').store;
  const keys = current.values.airflowKeys?.['fernet-key'].split(',');
  expect([keys?.length, keys?.at(-1)]).toEqual([5, first]);
});

test('a key under which things stay encrypted is never replaced', () => {
  expect(() => replaceValues(store, catalogue, 'grafanaKeys')).toThrow('edtech-grafana-keys is not rotated');
});

describe('several at once', () => {
  const targets: Target[] = ['simulator', 'grafana', 'patroniApi'];

  test('logins move in the first half, other values are replaced in it', () => {
    const { store: begun, changed } = beginRotation(store, catalogue, targets);
    expect(changed).toEqual(['simulator', 'grafanaDatabase', 'patroniApi']);
    expect(begun.retiring).toEqual(['simulator', 'grafana']);
    expect(begun.values.patroniApi?.password).not.toBe(store.values.patroniApi?.password);
  });

  test('a first half that is repeated moves no login back', () => {
    const begun = beginRotation(store, catalogue, ['simulator', 'grafana']).store;
    expect(beginRotation(begun, catalogue, ['simulator', 'grafana'])).toEqual({ store: begun, changed: [] });
  });

  test('the second half closes the logins that were left with one revision', () => {
    const { store: done, changed } = finishRotation(beginRotation(store, catalogue, targets).store, catalogue, targets);
    expect(changed).toEqual(['logins']);
    expect(done.retiring).toEqual([]);
    for (const left of ['edtech_simulator_a', 'grafana_a'])
      expect(password(done, left)).not.toBe(password(store, left));
  });

  test('what waits to come into force is finished before it is rotated again', () => {
    const one = beginRotation(store, catalogue, ['patroniApi']);
    const waiting = awaiting(one, haveOneHalf(['simulator', 'patroniApi']));
    expect(waiting.changed).toEqual(one.changed);
    expect(closing(waiting.store, targets)).toEqual(['patroniApi']);
    expect(closing(allInForce(waiting.store), targets)).toEqual([]);
    expect(closing(store, targets)).toEqual([]);
  });
});

describe('the owner of the schemas, who has one login', () => {
  test('first the database learns the new password, then migrations do', () => {
    const { store: begun, changed } = beginRotation(store, catalogue, ['owner']);
    expect(changed).toEqual(['logins']);
    expect(begun.retiring).toEqual(['owner']);
    expect(begun.values.owner).toEqual(store.values.owner);
    expect(password(begun, 'edtech_owner')).not.toBe(password(store, 'edtech_owner'));
    const { store: done, changed: then } = finishRotation(begun, catalogue, ['owner']);
    expect(then).toEqual(['owner']);
    expect(done.retiring).toEqual([]);
    expect(done.values.owner).toEqual({ username: 'edtech_owner', password: password(begun, 'edtech_owner') });
  });

  test('a half that is repeated changes nothing, halves in the wrong order are refused', () => {
    const begun = beginRotation(store, catalogue, ['owner']).store;
    expect(beginRotation(begun, catalogue, ['owner'])).toEqual({ store: begun, changed: [] });
    expect(() => finishRotation(store, catalogue, ['owner'])).toThrow('no rotation of owner is half done');
    expect(haveOneHalf(['owner', 'patroniApi'])).toEqual(['patroniApi']);
  });

  test('together with a consumer both halves keep what the other needs', () => {
    const begun = beginRotation(store, catalogue, ['simulator', 'owner']);
    expect(begun.changed).toEqual(['simulator', 'logins']);
    const done = finishRotation(begun.store, catalogue, ['simulator', 'owner']);
    expect(done.changed).toEqual(['logins', 'owner']);
    expect(done.store.values.owner?.password).toBe(password(done.store, 'edtech_owner'));
    expect(password(done.store, 'edtech_owner')).toBe(password(begun.store, 'edtech_owner'));
  });
});

test('what follows from something else is not replaced by itself', () => {
  expect(() => replaceValues(store, catalogue, 'logins')).toThrow('edtech-postgres-logins is not replaced by itself');
});

test('every changed Secret gets the next revision, the others keep theirs', () => {
  expect(bumpRevisions({ 'edtech-ca': 4 }, catalogue, ['logins'])).toEqual({
    'edtech-ca': 4,
    'edtech-postgres-logins': 2,
  });
});

describe('certificates', () => {
  const certificate = (from: SecretStore, id: 'ca' | 'postgresTls' | 'operatorTls', key = 'tls.crt') =>
    new X509Certificate(from.values[id]?.[key] ?? '');

  test('are of the internal CA, for the names that clients use', () => {
    const ca = certificate(store, 'ca', 'ca.crt');
    const server = certificate(store, 'postgresTls');
    expect(ca.ca).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.checkIssued(ca)).toBe(true);
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(server.checkHost('edtech-postgres-rw.edtech.svc')).toBeDefined();
    expect(server.checkHost('edtech-postgres-2.edtech-postgres-headless.edtech.svc')).toBeDefined();
    expect(server.checkHost('elsewhere.edtech.svc')).toBeUndefined();
  });

  test('name the client that they are for', () => {
    const client = certificate(store, 'operatorTls');
    expect(client.subject).toBe('CN=edtech-postgres-reconciler');
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('last a year, the CA ten', () => {
    const years = (ends: string): number => (Date.parse(ends) - NOW.getTime()) / (365 * 24 * 3_600_000);
    expect(years(certificate(store, 'postgresTls').validTo)).toBeCloseTo(1, 2);
    expect(years(certificate(store, 'ca', 'ca.crt').validTo)).toBeCloseTo(10, 2);
    expect(expiryList(store, catalogue).at(-1)?.name).toBe('edtech-ca');
  });

  test('are renewed under the same CA, all or one, as short as a test needs', async () => {
    const { store: renewed, changed } = await renewCertificates(store, catalogue, NOW, 1);
    expect(changed).toEqual(['postgresTls', 'operatorTls', 'backupMemberTls', 'backupRepositoryTls', 'pagesTls']);
    expect(certificate(renewed, 'postgresTls').verify(certificate(store, 'ca', 'ca.crt').publicKey)).toBe(true);
    expect(Date.parse(certificate(renewed, 'postgresTls').validTo)).toBe(NOW.getTime() + 3_600_000);
    const one = await renewCertificates(store, catalogue, NOW, undefined, 'operatorTls');
    expect(one.changed).toEqual(['operatorTls']);
  });
});

test('the passphrase of the backups is not rotated: what it encrypts would be lost', () => {
  expect(() => replaceValues(store, catalogue, 'backupCipher')).toThrow('edtech-backup-cipher is not rotated');
});

test('what must be kept outside is listed by name, without a value', () => {
  const text = keepList('test', catalogue);
  expect(text).toContain('edtech-grafana-keys');
  expect(text).toContain('edtech-backup-cipher: passphrase of the backup repository');
  for (const keys of Object.values(store.values)) {
    for (const [key, value] of Object.entries(keys ?? {})) if (key !== 'username') expect(text).not.toContain(value);
  }
});
