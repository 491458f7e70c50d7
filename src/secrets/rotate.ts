import { issue, type KeyPair } from './certificates';
import {
  loginsOf,
  OWNER,
  OWNER_LOGIN,
  ROTATABLE,
  type Consumer,
  type SecretCatalogue,
  type SecretId,
  type SecretSpec,
} from './catalogue';
import { randomFernetKey, randomLongKey, randomPassword } from './random';
import type { SecretStore } from './store';

/** A store with new values, and the Secrets that changed: each needs a new revision. */
export interface Change {
  readonly store: SecretStore;
  readonly changed: readonly SecretId[];
}

type Values = Readonly<Record<string, string>>;

const withValues = (store: SecretStore, id: SecretId, values: Values): SecretStore => ({
  ...store,
  values: { ...store.values, [id]: { ...store.values[id], ...values } },
});

function loginSecret(catalogue: SecretCatalogue, consumer: Consumer): SecretId {
  const found = (Object.entries(catalogue) as [SecretId, SecretSpec][]).find(
    ([, { making }]) => making.kind === 'login' && making.consumer === consumer,
  );
  if (found === undefined) throw new Error(`no secret holds the login of ${consumer}`);
  return found[0];
}

/**
 * First half of a rotation: the consumer moves to its other login, whose password the database knows already.
 * Both logins work until {@link retireLogin}, so nothing is refused while pods roll.
 */
export function swapLogin(store: SecretStore, catalogue: SecretCatalogue, consumer: Consumer): Change {
  if (store.retiring.includes(consumer)) throw new Error(`rotation of ${consumer} is half done; finish it first`);
  const id = loginSecret(catalogue, consumer);
  const username = loginsOf(consumer).find((login) => login !== store.values[id]?.username) as string;
  const password = store.values.logins?.[username];
  if (password === undefined) throw new Error(`the store has no password of ${username}`);
  return {
    store: { ...withValues(store, id, { username, password }), retiring: [...store.retiring, consumer] },
    changed: [id],
  };
}

/** Second half, once every pod has rolled: the login that the consumer left gets a password that nobody has seen. */
export function retireLogin(store: SecretStore, catalogue: SecretCatalogue, consumer: Consumer): Change {
  if (!store.retiring.includes(consumer)) throw new Error(`no rotation of ${consumer} is half done`);
  const used = store.values[loginSecret(catalogue, consumer)]?.username;
  const left = loginsOf(consumer).find((login) => login !== used) as string;
  return {
    store: {
      ...withValues(store, 'logins', { [left]: randomPassword() }),
      retiring: store.retiring.filter((other) => other !== consumer),
    },
    changed: ['logins'],
  };
}

/** First half for the owner of the schemas: the database learns its new password, while nobody is logged in or will be. */
export function announceOwner(store: SecretStore): Change {
  if (store.retiring.includes(OWNER)) throw new Error(`rotation of ${OWNER} is half done; finish it first`);
  return {
    store: {
      ...withValues(store, 'logins', { [OWNER_LOGIN]: randomPassword() }),
      retiring: [...store.retiring, OWNER],
    },
    changed: ['logins'],
  };
}

/** Second half, once the database knows it: migrations are given the new password. */
export function handToOwner(store: SecretStore): Change {
  if (!store.retiring.includes(OWNER)) throw new Error(`no rotation of ${OWNER} is half done`);
  const password = store.values.logins?.[OWNER_LOGIN];
  if (password === undefined) throw new Error(`the store has no password of ${OWNER_LOGIN}`);
  return {
    store: { ...withValues(store, OWNER, { password }), retiring: store.retiring.filter((other) => other !== OWNER) },
    changed: [OWNER],
  };
}

/** A new password or new keys, for what has no second login. */
export function replaceValues(store: SecretStore, catalogue: SecretCatalogue, id: SecretId): Change {
  const { making, name } = catalogue[id];
  if (making.kind === 'account') {
    return { store: withValues(store, id, { password: randomPassword() }), changed: [id] };
  }
  if (making.kind === 'keys') {
    if (making.forever === true) throw new Error(`${name} is not rotated: what it encrypts would be lost`);
    const replaced = Object.entries(making.keys).map(([key, kind]) => {
      const old = store.values[id]?.[key];
      // Airflow decrypts with any key of the list and encrypts with the first. All earlier ones stay: which of them something is still
      // encrypted with, in a backup too, only Airflow knows.
      if (kind === 'fernet') return [key, old === undefined ? randomFernetKey() : `${randomFernetKey()},${old}`];
      return [key, kind === 'long' ? randomLongKey() : randomPassword()];
    });
    return { store: withValues(store, id, Object.fromEntries(replaced)), changed: [id] };
  }
  throw new Error(`${name} is not replaced by itself; rotate ${ROTATABLE.join(', ')} or renew certificates`);
}

/**
 * New leaf certificates of the same CA; old ones stay valid until they end, so pods may roll one by one.
 * @param hours validity, one year if undefined
 */
export async function renewCertificates(
  store: SecretStore,
  catalogue: SecretCatalogue,
  now: Date,
  hours?: number,
  only?: SecretId,
): Promise<Change> {
  const ca: KeyPair = { certificate: store.values.ca?.['ca.crt'] ?? '', key: store.caKey };
  let renewed = store;
  const changed: SecretId[] = [];
  for (const [id, { making }] of Object.entries(catalogue) as [SecretId, SecretSpec][]) {
    if (making.kind !== 'certificate' || (only !== undefined && only !== id)) continue;
    const leaf = await issue(ca, { ...making, hours }, now);
    renewed = withValues(renewed, id, { 'tls.crt': leaf.certificate, 'tls.key': leaf.key });
    changed.push(id);
  }
  return { store: renewed, changed };
}
