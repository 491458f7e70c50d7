import { notAfter } from './certificates';
import type { SecretCatalogue, SecretId, SecretSpec } from './catalogue';
import type { SecretStore } from './store';

const ifLost = (specs: readonly SecretSpec[]): string[] =>
  specs.filter(({ keep }) => keep !== undefined).map(({ name, keep }) => `  ${name}: ${keep}`);

const exportCommand = (environment: string): string => `npm run secrets -- export --env ${environment} --out FILE`;

/** What must be kept outside the cluster, with the loss if it is not. Names only, no values. */
export function keepList(environment: string, catalogue: SecretCatalogue): string {
  return [
    `Keep these outside the cluster (${exportCommand(environment)} writes all of them, encrypted):`,
    ...ifLost(Object.values(catalogue)),
  ].join('\n');
}

/** What of a change an earlier export lacks and must be kept outside the cluster; undefined if none of it must. */
export function keepAgain(
  environment: string,
  catalogue: SecretCatalogue,
  changed: readonly SecretId[],
): string | undefined {
  const lines = ifLost(changed.map((id) => catalogue[id]));
  if (lines.length === 0) return undefined;
  return [
    `An earlier export lacks the new values of these, make another (${exportCommand(environment)}):`,
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
