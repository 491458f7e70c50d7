import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { OWNER_ONLY, writeWhole } from '../output';
import type { Consumer, SecretId } from './catalogue';

/** All values of one environment; a file of the operator, never committed. */
export interface SecretStore {
  readonly version: 1;
  readonly environment: string;
  /** Key of the internal CA; its certificate is the Secret `ca`. */
  readonly caKey: string;
  /** Values by Secret and key. */
  readonly values: Readonly<Partial<Record<SecretId, Readonly<Record<string, string>>>>>;
  /**
   * What is between the halves of its rotation: a consumer that has moved to its other login while the one that it left still has its old
   * password; the owner, whose new password the database knows and migrations do not.
   */
  readonly retiring: readonly (Consumer | 'owner')[];
  /** Consumers and Secrets whose last change has been written here and not yet been seen in force. @default none */
  readonly unapplied?: readonly (Consumer | SecretId)[];
}

export const DEFAULT_DIRECTORY = '.secrets';

export const storeFile = (directory: string, environment: string): string =>
  path.join(directory, `${environment}.json`);

/** Reads a store, or undefined where there is none. */
export function readStore(directory: string, environment: string): SecretStore | undefined {
  const file = storeFile(directory, environment);
  if (!existsSync(file)) return undefined;
  return parseStore(readFileSync(file, 'utf8'), file, environment);
}

/** @throws Error for a text that is not a store of that environment */
export function parseStore(text: string, source: string, environment: string): SecretStore {
  const store = JSON.parse(text) as SecretStore;
  if (store.version !== 1) throw new Error(`${source} has version ${store.version}; allowed 1`);
  if (store.environment !== environment) {
    throw new Error(`${source} holds secrets of ${store.environment}, not of ${environment}`);
  }
  return store;
}

/** Readable by the owner only. */
export function writeStore(directory: string, store: SecretStore): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeWhole(storeFile(directory, store.environment), `${JSON.stringify(store, null, 2)}\n`, OWNER_ONLY);
}
