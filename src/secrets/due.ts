import type { SecretCatalogue, SecretId, SecretSpec } from './catalogue';
import { hostsOf, notAfter } from './certificates';
import { renewCertificates, type Change } from './rotate';
import type { SecretStore } from './store';

/** A certificate that ends within this time is due: a release, or a holiday, fits in between. */
export const RENEWAL_DAYS = 60;
const DAY_MS = 86_400_000;

/** A certificate that must be made anew, and why. */
export interface Due {
  readonly id: SecretId;
  readonly reason: string;
}

function certificates(
  store: SecretStore,
  catalogue: SecretCatalogue,
  judge: (text: string, hosts: readonly string[]) => string | undefined,
): Due[] {
  return (Object.entries(catalogue) as [SecretId, SecretSpec][]).flatMap(([id, { making, unused }]) => {
    const text = store.values[id]?.['tls.crt'];
    if (making.kind !== 'certificate' || unused === true || text === undefined) return [];
    const reason = judge(text, making.hosts);
    return reason === undefined ? [] : [{ id, reason }];
  });
}

/** Certificates for other hosts than those of the configuration: whoever opens a new one would be warned by their browser. */
export const unnamedHosts = (store: SecretStore, catalogue: SecretCatalogue): Due[] =>
  certificates(store, catalogue, (text, hosts) => {
    const named = hostsOf(text);
    const missing = hosts.filter((host) => !named.includes(host));
    return missing.length === 0 ? undefined : `does not name ${missing.join(', ')}`;
  });

/** Certificates that end soon, or have ended. */
export const endingSoon = (store: SecretStore, catalogue: SecretCatalogue, now: Date): Due[] =>
  certificates(store, catalogue, (text) => {
    const left = notAfter(text).getTime() - now.getTime();
    if (left >= RENEWAL_DAYS * DAY_MS) return undefined;
    const end = notAfter(text).toISOString();
    return left <= 0 ? `ended ${end}` : `ends ${end}, in less than ${RENEWAL_DAYS} days`;
  });

/** New certificates of the same CA in place of those that are due. */
export async function renewDue(
  store: SecretStore,
  catalogue: SecretCatalogue,
  due: readonly Due[],
  now: Date,
): Promise<Change> {
  let change: Change = { store, changed: [] };
  for (const id of new Set(due.map(({ id: one }) => one))) {
    const { store: next } = await renewCertificates(change.store, catalogue, now, undefined, id);
    change = { store: next, changed: [...change.changed, id] };
  }
  return change;
}

/** One line for each that is due. */
export const dueLines = (catalogue: SecretCatalogue, due: readonly Due[]): string[] =>
  due.map(({ id, reason }) => `certificate ${catalogue[id].name} ${reason}`);
