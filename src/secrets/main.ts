import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadEnvironment } from '../config/environments';
import { CONSUMERS, secretCatalogue, type Consumer, type SecretCatalogue, type SecretId } from './catalogue';
import { completeStore, grownSecrets } from './generate';
import { expiryList, keepList } from './keep';
import { bumpRevisions, readRevisions, writeRevisions } from './revisions';
import { renewCertificates, replaceValues, retireLogin, swapLogin, type Change } from './rotate';
import { DEFAULT_DIRECTORY, parseStore, readStore, storeFile, writeStore, type SecretStore } from './store';
import { seal, unseal } from './transfer';

const USAGE = `usage: npm run secrets -- VERB --env NAME
  init                      make the values that are missing
  list                      Secrets with purpose, revision and end of certificates; no values
  rotate WHAT               new password of ${Object.keys(CONSUMERS).join(', ')} (two calls, an apply after each),
                            or new values of a Secret by its name
  renew [SECRET] [--hours N] new leaf certificates of the same CA
  export --out FILE         all values, encrypted with EDTECH_EXPORT_PASSPHRASE
  import --in FILE          the other way; refuses to replace a store without --force
  --directory DIR           where the stores are (default ${DEFAULT_DIRECTORY})`;

const PASSPHRASE = 'EDTECH_EXPORT_PASSPHRASE';

interface Context {
  readonly environment: string;
  readonly directory: string;
  readonly catalogue: SecretCatalogue;
}

function existingStore({ directory, environment }: Context): SecretStore {
  const store = readStore(directory, environment);
  if (store === undefined) throw new Error(`no secrets of ${environment} in ${directory}; make or import them first`);
  return store;
}

function passphrase(): string {
  const value = process.env[PASSPHRASE];
  if (value === undefined) throw new Error(`${PASSPHRASE} is not set`);
  return value;
}

function idOf(catalogue: SecretCatalogue, name: string): SecretId {
  const found = (Object.keys(catalogue) as SecretId[]).find((id) => catalogue[id].name === name);
  if (found === undefined) {
    throw new Error(
      `unknown secret ${name}; allowed ${Object.values(catalogue)
        .map((spec) => spec.name)
        .join(', ')}`,
    );
  }
  return found;
}

/** The store first: a revision without its values could not be synthesized, the other way round only costs a number. */
function save(context: Context, change: Change): void {
  writeStore(context.directory, change.store);
  if (change.changed.length === 0) return;
  const revisions = bumpRevisions(readRevisions(context.environment), context.catalogue, change.changed);
  writeRevisions(context.environment, revisions);
  for (const id of change.changed) {
    const { name } = context.catalogue[id];
    console.log(`${name} is at revision ${revisions[name]}`);
  }
}

async function init(context: Context): Promise<void> {
  const present = readStore(context.directory, context.environment);
  const store = await completeStore(context.environment, context.catalogue, new Date(), present);
  save(context, { store, changed: present === undefined ? [] : grownSecrets(present, store) });
  console.log(`${present === undefined ? 'made' : 'completed'} ${storeFile(context.directory, context.environment)}`);
  console.log(keepList(context.environment, context.catalogue));
}

function rotate(context: Context, what: string): void {
  const store = existingStore(context);
  if (!(what in CONSUMERS)) {
    save(context, replaceValues(store, context.catalogue, idOf(context.catalogue, what)));
    return;
  }
  const consumer = what as Consumer;
  const half = store.retiring.includes(consumer);
  save(context, (half ? retireLogin : swapLogin)(store, context.catalogue, consumer));
  console.log(
    half
      ? `synth and apply: the login that ${consumer} left is closed then`
      : `synth, apply and wait until its pods have rolled; then call this again to close the login that ${consumer} left`,
  );
}

function list(context: Context): void {
  const store = existingStore(context);
  const revisions = readRevisions(context.environment);
  const ends = new Map(expiryList(store, context.catalogue).map(({ name, ends: end }) => [name, end]));
  for (const { name, purpose } of Object.values(context.catalogue)) {
    const end = ends.get(name);
    console.log(
      `${name}-r${revisions[name] ?? 1}: ${purpose}${end === undefined ? '' : ` (ends ${end.toISOString()})`}`,
    );
  }
  for (const consumer of store.retiring) console.log(`rotation of ${consumer} is half done`);
}

function importStore(context: Context, file: string, force: boolean): void {
  if (existsSync(storeFile(context.directory, context.environment)) && !force) {
    throw new Error(`${storeFile(context.directory, context.environment)} exists; --force replaces it`);
  }
  const store = parseStore(unseal(readFileSync(file, 'utf8'), passphrase()), file, context.environment);
  writeStore(context.directory, store);
  console.log(`imported secrets of ${context.environment}`);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      env: { type: 'string' },
      directory: { type: 'string', default: DEFAULT_DIRECTORY },
      out: { type: 'string' },
      in: { type: 'string' },
      hours: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  const [verb, what] = positionals;
  if (verb === undefined || values.env === undefined) throw new Error(USAGE);
  const { pages } = loadEnvironment(values.env);
  const context: Context = { environment: values.env, directory: values.directory, catalogue: secretCatalogue(pages) };
  if (verb === 'init') await init(context);
  else if (verb === 'list') list(context);
  else if (verb === 'rotate' && what !== undefined) rotate(context, what);
  else if (verb === 'renew') {
    const hours = values.hours === undefined ? undefined : Number(values.hours);
    if (hours !== undefined && !(hours > 0)) throw new Error(`--hours is ${values.hours}; allowed above 0`);
    const only = what === undefined ? undefined : idOf(context.catalogue, what);
    save(context, await renewCertificates(existingStore(context), context.catalogue, new Date(), hours, only));
  } else if (verb === 'export' && values.out !== undefined) {
    writeFileSync(values.out, seal(JSON.stringify(existingStore(context)), passphrase()), { mode: 0o600 });
    console.log(`exported to ${values.out}`);
  } else if (verb === 'import' && values.in !== undefined) importStore(context, values.in, values.force);
  else throw new Error(USAGE);
}

if (require.main === module) {
  run(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
