import { ROTATABLE, type SecretCatalogue, type SecretId, type SecretSpec } from './catalogue';
import { keepAgain } from './keep';
import { bumpRevisions, readRevisions, writeRevisions, type Revisions } from './revisions';
import type { Change } from './rotate';
import type { Target } from './rotation';
import { readStore, writeStore, type SecretStore } from './store';

/** Whose secrets a command works on. */
export interface Context {
  readonly environment: string;
  readonly directory: string;
  readonly catalogue: SecretCatalogue;
}

export function existingStore({ directory, environment }: Context): SecretStore {
  const store = readStore(directory, environment);
  if (store === undefined) throw new Error(`no secrets of ${environment} in ${directory}; make or import them first`);
  return store;
}

/**
 * Writes a change: the revisions first. Ended between the two, the earlier values stand under a new revision, which costs a number, and the
 * store does not know of the change, so the same call makes it again. The other way round the new values would stand under a revision that
 * the cluster holds with others: it refuses them for ever, and the store would say that all was done.
 * @returns the revisions afterwards
 */
export function write({ directory, environment, catalogue }: Context, { store, changed }: Change): Revisions {
  let revisions: Revisions = readRevisions(environment);
  if (changed.length > 0) {
    revisions = bumpRevisions(revisions, catalogue, changed);
    writeRevisions(environment, revisions);
  }
  writeStore(directory, store);
  return revisions;
}

/** Writes a change and tells the new revisions, and what of it an export must have. */
export function save(context: Context, change: Change): void {
  const revisions = write(context, change);
  for (const id of change.changed) {
    const { name } = context.catalogue[id];
    console.log(`${name} is at revision ${revisions[name]}`);
  }
  const again = keepAgain(context.environment, context.catalogue, change.changed);
  if (again !== undefined) console.log(again);
}

function idOf(catalogue: SecretCatalogue, name: string): SecretId {
  const found = (Object.keys(catalogue) as SecretId[]).find((id) => catalogue[id].name === name);
  if (found === undefined) {
    const names = Object.values(catalogue).map((spec) => spec.name);
    throw new Error(`unknown secret ${name}; allowed ${[...ROTATABLE, ...names].join(', ')}`);
  }
  return found;
}

/** A certificate that can be renewed, by its Secret's name. */
export function certificateOf(catalogue: SecretCatalogue, name: string): SecretId {
  const certificates = (Object.entries(catalogue) as [SecretId, SecretSpec][]).filter(
    ([, { making }]) => making.kind === 'certificate',
  );
  const found = certificates.find(([, spec]) => spec.name === name);
  if (found === undefined) {
    const names = certificates.map(([, spec]) => spec.name);
    throw new Error(`${name} holds no certificate that can be renewed; allowed ${names.join(', ')}`);
  }
  return found[0];
}

/** What a person calls a target: a consumer by its name, a Secret by its full one. */
export const targetOf = (catalogue: SecretCatalogue, what: string): Target =>
  ROTATABLE.includes(what) ? (what as Target) : idOf(catalogue, what);

export const nameOf = (catalogue: SecretCatalogue, target: Target): string =>
  ROTATABLE.includes(target) ? target : catalogue[target as SecretId].name;
