import { ROTATABLE, type SecretCatalogue, type SecretId } from './catalogue';
import { bumpRevisions, readRevisions, writeRevisions } from './revisions';
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

/** The store first: a revision without its values could not be synthesized, the other way round only costs a number. */
export function save(context: Context, change: Change): void {
  writeStore(context.directory, change.store);
  if (change.changed.length === 0) return;
  const revisions = bumpRevisions(readRevisions(context.environment), context.catalogue, change.changed);
  writeRevisions(context.environment, revisions);
  for (const id of change.changed) {
    const { name } = context.catalogue[id];
    console.log(`${name} is at revision ${revisions[name]}`);
  }
}

export function idOf(catalogue: SecretCatalogue, name: string): SecretId {
  const found = (Object.keys(catalogue) as SecretId[]).find((id) => catalogue[id].name === name);
  if (found === undefined) {
    const names = Object.values(catalogue).map((spec) => spec.name);
    throw new Error(`unknown secret ${name}; allowed ${[...ROTATABLE, ...names].join(', ')}`);
  }
  return found;
}

/** What a person calls a target: a consumer by its name, a Secret by its full one. */
export const targetOf = (catalogue: SecretCatalogue, what: string): Target =>
  ROTATABLE.includes(what) ? (what as Target) : idOf(catalogue, what);

export const nameOf = (catalogue: SecretCatalogue, target: Target): string =>
  ROTATABLE.includes(target) ? target : catalogue[target as SecretId].name;
