import type { PlatformConfig } from '../config/types';
import { secretCatalogue } from './catalogue';
import { completeStore, grownSecrets, isComplete } from './generate';
import { keepList } from './keep';
import { bumpRevisions, writeRevisions } from './revisions';
import { readStore, storeFile, writeStore } from './store';

/**
 * Sees to it that an environment's store has every value; what it makes is announced.
 * @returns whether revisions changed: a Secret that gained a value is another object
 */
export async function ensureSecrets(config: PlatformConfig, directory: string): Promise<boolean> {
  if (config.secrets === 'existing') return false;
  const { environment } = config;
  const catalogue = secretCatalogue(config.pages);
  const present = readStore(directory, environment);
  if (present !== undefined && isComplete(present, catalogue)) return false;
  const store = await completeStore(environment, catalogue, new Date(), present);
  writeStore(directory, store);
  console.log(`made secrets in ${storeFile(directory, environment)}\n${keepList(environment, catalogue)}`);
  const grown = present === undefined ? [] : grownSecrets(present, store);
  if (grown.length > 0) writeRevisions(environment, bumpRevisions(config.revisions, catalogue, grown));
  return grown.length > 0;
}
