import { createCa, issue, type KeyPair } from './certificates';
import { loginsOf, LOGINS, OWNER_LOGIN, type SecretCatalogue, type SecretId, type SecretSpec } from './catalogue';
import { randomFernetKey, randomLongKey, randomPassword } from './random';
import type { SecretStore } from './store';

type Values = Record<string, string>;

const RANDOM = { fernet: randomFernetKey, password: randomPassword, long: randomLongKey } as const;

async function valuesOf(spec: SecretSpec, ca: KeyPair, logins: Values, now: Date): Promise<Values> {
  const { making } = spec;
  switch (making.kind) {
    case 'ca':
      return { 'ca.crt': ca.certificate };
    case 'certificate': {
      const leaf = await issue(ca, making, now);
      return { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': ca.certificate };
    }
    case 'logins':
      return logins;
    case 'login': {
      const [first] = loginsOf(making.consumer);
      return { username: first, password: logins[first] };
    }
    case 'owner':
      return { username: OWNER_LOGIN, password: logins[OWNER_LOGIN] };
    case 'account':
      return { username: making.username, password: randomPassword() };
    case 'keys':
      return Object.fromEntries(Object.entries(making.keys).map(([key, kind]) => [key, RANDOM[kind]()]));
  }
}

/** Makes what a store lacks: everything for a new one, the new Secrets of a release for an old one. */
export async function completeStore(
  environment: string,
  catalogue: SecretCatalogue,
  now: Date,
  store?: SecretStore,
): Promise<SecretStore> {
  const known = store?.values ?? {};
  const ca: KeyPair =
    store === undefined || known.ca === undefined
      ? await createCa(`EdTech Stream ${environment}`, now)
      : { certificate: known.ca['ca.crt'], key: store.caKey };
  const logins: Values = { ...known.logins };
  for (const login of LOGINS) logins[login] ??= randomPassword();
  const values: Partial<Record<SecretId, Values>> = {};
  for (const [id, spec] of Object.entries(catalogue) as [SecretId, SecretSpec][]) {
    const present = known[id];
    values[id] = present !== undefined && id !== 'logins' ? { ...present } : await valuesOf(spec, ca, logins, now);
  }
  return {
    version: 1,
    environment,
    caKey: ca.key,
    values,
    retiring: store?.retiring ?? [],
    unapplied: store?.unapplied ?? [],
  };
}

/** Whether a store has a value for every key of the catalogue. */
export function isComplete(store: SecretStore, catalogue: SecretCatalogue): boolean {
  return (Object.entries(catalogue) as [SecretId, SecretSpec][]).every(([id, { keys }]) =>
    keys.every((key) => store.values[id]?.[key] !== undefined),
  );
}

/** Secrets that were there before and have other values now. */
export function grownSecrets(before: SecretStore, after: SecretStore): SecretId[] {
  return (Object.keys(before.values) as SecretId[]).filter(
    (id) => JSON.stringify(before.values[id]) !== JSON.stringify(after.values[id]),
  );
}
