import { notAfter } from './certificates';
import type { SecretCatalogue, SecretId, SecretSpec } from './catalogue';
import type { SecretStore } from './store';

/** What must be kept outside the cluster, with the loss if it is not. Names only, no values. */
export function keepList(environment: string, catalogue: SecretCatalogue): string {
  const lines = Object.values(catalogue as Record<string, SecretSpec>)
    .filter(({ keep }) => keep !== undefined)
    .map(({ name, keep }) => `  ${name}: ${keep}`);
  return [
    `Keep these outside the cluster (npm run secrets -- export --env ${environment} --out FILE writes all of them, encrypted):`,
    ...lines,
  ].join('\n');
}

/** Certificates and when they end, soonest first. */
export function expiryList(store: SecretStore, catalogue: SecretCatalogue): { name: string; ends: Date }[] {
  return (Object.entries(catalogue) as [SecretId, SecretSpec][])
    .flatMap(([id, { name, making }]) => {
      const certificate = store.values[id]?.[making.kind === 'ca' ? 'ca.crt' : 'tls.crt'];
      return certificate === undefined ? [] : [{ name, ends: notAfter(certificate) }];
    })
    .sort((a, b) => a.ends.getTime() - b.ends.getTime());
}
