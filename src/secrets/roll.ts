import { secretRefs } from '../../charts/05-secrets';
import { loadEnvironment } from '../config/environments';
import { synthesize } from '../main';
import { checkApplicable } from '../running';
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

/** Renders, applies and waits until no pod uses an earlier revision; then nothing is left to wait for. */
async function bringIntoForce(context: Context, { changesFile, out, seconds }: RollOptions): Promise<void> {
  const { environment, directory: secretsDirectory } = context;
  const [rendered] = await synthesize({ environments: [environment], changesFile, out, secretsDirectory });
  console.log('rendered');
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
  const { catalogue, environment } = context;
  await checkApplicable(environment);
  const begun = closing(existingStore(context), targets);
  if (begun.length > 0) {
    console.log(`finishing what was begun: ${begun.map((target) => nameOf(catalogue, target)).join(', ')}`);
    await bringIntoForce(context, options);
  }
  const left = targets.filter((target) => !begun.includes(target));
  if (left.length === 0) return;
  save(context, awaiting(beginRotation(existingStore(context), catalogue, left), haveOneHalf(left)));
  await bringIntoForce(context, options);
  const finished = finishRotation(existingStore(context), catalogue, left);
  if (finished.changed.length === 0) return;
  save(context, awaiting(finished, left));
  await bringIntoForce(context, options);
}

/** New leaf certificates, brought into force. A call that was interrupted is made again: it costs a revision. */
export async function renewAndApply(
  context: Context,
  renewal: { readonly hours?: number; readonly only?: SecretId },
  options: RollOptions,
): Promise<void> {
  const { hours, only } = renewal;
  await checkApplicable(context.environment);
  save(context, await renewCertificates(existingStore(context), context.catalogue, new Date(), hours, only));
  await bringIntoForce(context, options);
}
