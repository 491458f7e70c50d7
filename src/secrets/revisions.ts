import { readRevisions, revisionsFile } from '../config/environments';
import { writeWhole } from '../output';
import type { SecretCatalogue, SecretId } from './catalogue';

export type Revisions = Readonly<Record<string, number>>;

/** Revisions after the values of `changed` were replaced. Committed: it holds numbers only. */
export function bumpRevisions(
  revisions: Revisions,
  catalogue: SecretCatalogue,
  changed: readonly SecretId[],
): Revisions {
  const next: Record<string, number> = { ...revisions };
  for (const id of changed) next[catalogue[id].name] = (next[catalogue[id].name] ?? 1) + 1;
  return next;
}

export function writeRevisions(environment: string, revisions: Revisions): void {
  const sorted = Object.fromEntries(Object.entries(revisions).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeWhole(revisionsFile(environment), `${JSON.stringify(sorted, null, 2)}\n`);
}

export { readRevisions };
