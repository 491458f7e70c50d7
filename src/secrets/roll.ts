import { secretRefs } from '../../charts/05-secrets';
import { loadEnvironment } from '../config/environments';
import { synthesize } from '../main';
import { checkApplicable } from '../cluster/running';
import { existingStore, nameOf, save, type Context } from './context';
import { applyDirectory, untilInForce } from './in-force';
import { renewCertificates, type Change } from './rotate';
import { allInForce, awaiting, beginRotation, closing, finishRotation, haveOneHalf, type Target } from './rotation';
import type { SecretId } from './catalogue';
import type { SecretStore } from './store';

/** How a change of secrets reaches the cluster of the current context. */
export interface RollOptions {
  /** Settings laid over those of the environment. */
  readonly changesFile?: string;
  /** Holds one rendered directory per environment. @default dist */
  readonly out?: string;
  /** How long each half may take. */
  readonly seconds: number;
}

/**
 * Writes a change, renders, applies and waits until no pod uses an earlier revision; then nothing is left to wait for.
 * @throws NotThisCluster before anything is written, or before it is applied: a restore may begin while an earlier half is waited for, and
 * while this one is rendered
 */
async function bringIntoForce(
  context: Context,
  change: Change,
  { changesFile, out, seconds }: RollOptions,
): Promise<void> {
  const { environment, directory: secretsDirectory } = context;
  await checkApplicable(environment);
  save(context, change);
  const [rendered] = await synthesize({ environments: [environment], changesFile, out, secretsDirectory });
  console.log('rendered');
  await checkApplicable(environment);
  const applied = await applyDirectory(rendered);
  console.log('applied');
  const current = Object.values(secretRefs(loadEnvironment(environment, changesFile))).map(({ name }) => name);
  const waited = await untilInForce(applied, current, seconds);
  save(context, unchanged(allInForce(existingStore(context))));
  console.log(`in force after ${waited.toFixed(0)} s`);
}

const unchanged = (store: SecretStore): Change => ({ store, changed: [] });

/**
 * Both halves of a rotation, each brought into force before the next. Whatever ends it in between, the same call goes on where the
 * store says that it was.
 */
export async function rotateAndApply(
  context: Context,
  targets: readonly Target[],
  options: RollOptions,
): Promise<void> {
  const { catalogue } = context;
  const begun = closing(existingStore(context), targets);
  if (begun.length > 0) {
    console.log(`finishing what was begun: ${begun.map((target) => nameOf(catalogue, target)).join(', ')}`);
    await bringIntoForce(context, unchanged(existingStore(context)), options);
  }
  const left = targets.filter((target) => !begun.includes(target));
  if (left.length === 0) return;
  const begin = beginRotation(existingStore(context), catalogue, left);
  await bringIntoForce(context, awaiting(begin, haveOneHalf(left)), options);
  const finished = finishRotation(existingStore(context), catalogue, left);
  if (finished.changed.length === 0) return;
  await bringIntoForce(context, awaiting(finished, left), options);
}

/** New leaf certificates, brought into force. A call that was interrupted is made again: it costs a revision. */
export async function renewAndApply(
  context: Context,
  renewal: { readonly hours?: number; readonly only?: SecretId },
  options: RollOptions,
): Promise<void> {
  const { hours, only } = renewal;
  const renewed = await renewCertificates(existingStore(context), context.catalogue, new Date(), hours, only);
  await bringIntoForce(context, renewed, options);
}
