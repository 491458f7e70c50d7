import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadEnvironment } from '../config/environments';
import { takesVariants } from '../main';
import { WORKLOAD } from '../names';
import { OWNER_ONLY, writeWhole } from '../output';
import { OWNER, ROTATABLE, secretCatalogue, type SecretId, type SecretSpec } from './catalogue';
import { certificateOf, existingStore, nameOf, save, targetOf, type Context } from './context';
import { dueLines, endingSoon, renewDue, unnamedHosts } from './due';
import { completeStore, grownSecrets } from './generate';
import { expiryList, keepList } from './keep';
import { readRevisions } from './revisions';
import { renewAndApply, rotateAndApply, type RollOptions } from './roll';
import { renewCertificates } from './rotate';
import { beginRotation, finishRotation, isInHalves, type Target } from './rotation';
import { DEFAULT_DIRECTORY, parseStore, readStore, storeFile, writeStore } from './store';
import { seal, unseal } from './transfer';

/** Three members that roll one by one, each with a start of Airflow beside it. */
const WAIT_SECONDS = 1200;

const USAGE = `usage: npm run secrets -- VERB --env NAME
  init                      make the values that are missing, and certificates that end soon or lack a host of the configuration
  list                      Secrets with purpose, revision and end of certificates; no values
  rotate WHAT               new password of ${ROTATABLE.join(', ')} (two calls, an apply after each),
                            or new values of a Secret by its name
  rotate WHAT... --apply    all of it on the cluster of the current context: renders, applies, waits; interrupted, call it again
  renew [SECRET] [--hours N] [--apply] new leaf certificates of the same CA
  export --out FILE         all values, encrypted with EDTECH_EXPORT_PASSPHRASE
  import --in FILE          the other way; refuses to replace a store without --force
  --directory DIR           where the stores are (default ${DEFAULT_DIRECTORY})
  --set FILE --out DIR      with --apply: a variant of the environment, as for npm run synth
  --wait SECONDS            with --apply: how long each half may take (default ${WAIT_SECONDS})`;

const PASSPHRASE = 'EDTECH_EXPORT_PASSPHRASE';

function passphrase(): string {
  const value = process.env[PASSPHRASE];
  if (value === undefined) throw new Error(`${PASSPHRASE} is not set`);
  return value;
}

async function init(context: Context): Promise<void> {
  const { catalogue, directory, environment } = context;
  const now = new Date();
  const present = readStore(directory, environment);
  const completed = await completeStore(environment, catalogue, now, present);
  const due = [...unnamedHosts(completed, catalogue), ...endingSoon(completed, catalogue, now)];
  const { store } = await renewDue(completed, catalogue, due, now);
  for (const line of dueLines(catalogue, due)) console.log(`${line}: made anew by the same CA; synth and apply`);
  save(context, { store, changed: present === undefined ? [] : grownSecrets(present, store) });
  console.log(`${present === undefined ? 'made' : 'completed'} ${storeFile(directory, environment)}`);
  console.log(keepList(context.environment, context.catalogue));
}

/** One half of a rotation; applying it is left to the caller. */
function rotateHalf(context: Context, target: Target): void {
  const store = existingStore(context);
  if (isInHalves(target) && store.retiring.includes(target)) {
    save(context, finishRotation(store, context.catalogue, [target]));
    console.log(
      target === OWNER
        ? 'synth and apply: migrations log in with the new password then'
        : `synth and apply: the login that ${target} left is closed then`,
    );
    return;
  }
  save(context, beginRotation(store, context.catalogue, [target]));
  if (target === OWNER) {
    console.log(
      `synth, apply and wait until ${WORKLOAD.postgresReconciler} has rolled; then call this again to give migrations the new password`,
    );
  } else if (isInHalves(target)) {
    console.log(
      `synth, apply and wait until its pods have rolled; then call this again to close the login that ${target} left`,
    );
  } else {
    console.log(`synth and apply: pods get the new values of ${nameOf(context.catalogue, target)} then`);
  }
}

async function rotate(context: Context, names: readonly string[], roll?: RollOptions): Promise<void> {
  const targets = [...new Set(names.map((name) => targetOf(context.catalogue, name)))];
  if (roll !== undefined) return rotateAndApply(context, targets, roll);
  if (targets.length > 1) throw new Error('several at once are rotated with --apply only');
  rotateHalf(context, targets[0]);
}

async function renew(
  context: Context,
  renewal: { readonly hours?: number; readonly only?: SecretId },
  roll?: RollOptions,
): Promise<void> {
  if (roll !== undefined) return renewAndApply(context, renewal, roll);
  const { hours, only } = renewal;
  save(context, await renewCertificates(existingStore(context), context.catalogue, new Date(), hours, only));
}

function list(context: Context): void {
  const store = existingStore(context);
  const revisions = readRevisions(context.environment);
  const ends = new Map(expiryList(store, context.catalogue).map(({ name, ends: end }) => [name, end]));
  for (const { name, purpose, unused } of Object.values<SecretSpec>(context.catalogue)) {
    const end = ends.get(name);
    const remarks = [
      ...(end === undefined ? [] : [`ends ${end.toISOString()}`]),
      ...(unused === true ? ['not in use'] : []),
    ];
    console.log(
      `${name}-r${revisions[name] ?? 1}: ${purpose}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`,
    );
  }
  const due = [...unnamedHosts(store, context.catalogue), ...endingSoon(store, context.catalogue, new Date())];
  for (const line of dueLines(context.catalogue, due)) console.log(`${line}: renew it`);
  for (const consumer of store.retiring) console.log(`rotation of ${consumer} is half done`);
  for (const target of store.unapplied ?? []) {
    console.log(`the last change of ${nameOf(context.catalogue, target)} was not seen in force`);
  }
}

function exportStore(context: Context, file: string): void {
  // What stands there is replaced and not written into: a link, or a device such as /dev/stdout, would be gone.
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    throw new Error(`--out is ${file}, which is no file; allowed a file, which is replaced, or a new name`);
  }
  writeWhole(file, seal(JSON.stringify(existingStore(context)), passphrase()), OWNER_ONLY);
  console.log(`exported to ${file}`);
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
      apply: { type: 'boolean', default: false },
      set: { type: 'string' },
      wait: { type: 'string', default: `${WAIT_SECONDS}` },
    },
  });
  const [verb, ...names] = positionals;
  const [what] = names;
  if (verb === undefined || values.env === undefined) throw new Error(USAGE);
  const seconds = Number(values.wait);
  if (!(seconds > 0)) throw new Error(`--wait is ${values.wait}; allowed above 0`);
  if (values.set !== undefined && (!values.apply || !takesVariants(values.out))) {
    throw new Error(
      `--set renders a variant: --apply is ${values.apply ? '' : 'not '}given, --out is ${values.out ?? 'not given'}; allowed are --apply and an --out other than dist`,
    );
  }
  const roll = values.apply ? { changesFile: values.set, out: values.out, seconds } : undefined;
  const { pages } = loadEnvironment(values.env, values.set);
  const context: Context = { environment: values.env, directory: values.directory, catalogue: secretCatalogue(pages) };
  if (verb === 'init') await init(context);
  else if (verb === 'list') list(context);
  else if (verb === 'rotate' && what !== undefined) await rotate(context, names, roll);
  else if (verb === 'renew') {
    const hours = values.hours === undefined ? undefined : Number(values.hours);
    if (hours !== undefined && !(hours > 0)) throw new Error(`--hours is ${values.hours}; allowed above 0`);
    if (names.length > 1) throw new Error(`renew of ${names.join(', ')}; allowed one Secret, or none for all`);
    const only = what === undefined ? undefined : certificateOf(context.catalogue, what);
    await renew(context, { hours, only }, roll);
  } else if (verb === 'export' && values.out !== undefined) {
    exportStore(context, values.out);
  } else if (verb === 'import' && values.in !== undefined) importStore(context, values.in, values.force);
  else throw new Error(USAGE);
}

if (require.main === module) {
  run(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
