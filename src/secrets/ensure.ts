import type { PlatformConfig } from '../config/types';
import { secretCatalogue } from './catalogue';
import { write } from './context';
import { dueLines, endingSoon, renewDue, unnamedHosts } from './due';
import { completeStore, grownSecrets, isComplete } from './generate';
import { keepList } from './keep';
import { readStore, storeFile } from './store';

/**
 * Sees to it that an environment's store has every value, and certificates for the hosts of the configuration; what it makes is announced,
 * and so is a certificate that ends soon: that one is left to the operator, since the output must not depend on the clock.
 * @returns whether revisions changed: a Secret that gained a value is another object
 */
export async function ensureSecrets(config: PlatformConfig, directory: string): Promise<boolean> {
  if (config.secrets === 'existing') return false;
  const { environment } = config;
  const catalogue = secretCatalogue(config.pages);
  const now = new Date();
  const present = readStore(directory, environment);
  let store = present;
  if (store === undefined || !isComplete(store, catalogue)) {
    store = await completeStore(environment, catalogue, now, present);
    console.log(`made secrets in ${storeFile(directory, environment)}\n${keepList(environment, catalogue)}`);
  }
  const unnamed = unnamedHosts(store, catalogue);
  store = (await renewDue(store, catalogue, unnamed, now)).store;
  for (const line of dueLines(catalogue, unnamed)) console.log(`${line}: made anew by the same CA`);
  for (const line of dueLines(catalogue, endingSoon(store, catalogue, now))) {
    console.log(`${line}: npm run secrets -- renew --apply --env ${environment}`);
  }
  if (store === present) return false;
  const changed = present === undefined ? [] : grownSecrets(present, store);
  write({ environment, directory, catalogue }, { store, changed });
  return changed.length > 0;
}
