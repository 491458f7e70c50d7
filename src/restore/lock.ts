import { setTimeout as sleep } from 'node:timers/promises';
import { find, KubectlFailed, tryKubectl } from '../cluster/kubectl';
import { RESTORE_LOCK } from '../names';
import { beKnown, forget, lifeOf } from './alive';
import { InvalidCall } from './options';
import type { Progress } from './progress';

interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string; readonly acquireTime: string };
}

/** One that has not been renewed for so long is held by nobody that still works. */
const DURATION_SECONDS = 60;
/** Within that time. */
const RENEWALS = 4;

const read = (): Promise<Lease | undefined> => find<Lease>('lease', RESTORE_LOCK);

/** Now, as a Lease takes it: to the microsecond. */
const instant = (): string => new Date().toISOString().replace('Z', '000Z');

/** @throws InvalidCall where somebody was faster: a version that is no longer the present one is refused */
async function write(spec: object, found: Lease | undefined): Promise<void> {
  const metadata = { name: RESTORE_LOCK, resourceVersion: found?.metadata.resourceVersion };
  const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  const args =
    found === undefined
      ? ['create', '--filename=-']
      : ['patch', 'lease', RESTORE_LOCK, '--type=merge', `--patch=${JSON.stringify({ metadata, spec })}`];
  const { code, stderr } = await tryKubectl(args, { input: found === undefined ? JSON.stringify(object) : '' });
  if (/\((AlreadyExists|Conflict)\)/.test(stderr)) {
    throw new InvalidCall(['another restore has begun at the same moment: nothing was done']);
  }
  if (code !== 0) throw new KubectlFailed(args, stderr);
}

const held = ({ spec }: Lease): InvalidCall =>
  new InvalidCall([`a restore runs since ${spec.acquireTime} (${spec.holderIdentity}): nothing was done`]);

/**
 * @param seconds so long one whose holder is on another machine is looked at: by its clock alone nobody could say how old a renewal is
 * @returns the lock where nobody who lives holds it
 * @throws InvalidCall where it is held
 */
async function untilFree(seconds: number, progress: Progress): Promise<Lease | undefined> {
  const found = await read();
  if (found === undefined) return undefined;
  const { holderIdentity, acquireTime } = found.spec;
  const life = await lifeOf(holderIdentity);
  if (life === 'alive') throw held(found);
  if (life === 'dead') {
    forget(holderIdentity);
    return found;
  }
  progress.note(
    `${holderIdentity} has begun a restore at ${acquireTime}: whether it still runs is known within ${seconds} s`,
  );
  for (const end = Date.now() + seconds * 1000; ;) {
    await sleep(1000);
    const now = await read();
    if (now === undefined) return undefined;
    if (now.metadata.resourceVersion !== found.metadata.resourceVersion) throw held(now);
    if (Date.now() > end) return now;
  }
}

async function renew(holder: string): Promise<void> {
  const found = await read();
  if (found?.spec.holderIdentity === holder) return write({ renewTime: instant() }, found);
  console.error(
    `the lock of this restore (Lease ${RESTORE_LOCK}) was taken or deleted: it ends here, the same call goes on`,
  );
  // Whatever went on would work against the other one.
  process.exit(1);
}

async function renewing<T>(holder: string, seconds: number, work: () => Promise<T>): Promise<T> {
  let renewal: Promise<void> = Promise.resolve();
  // One that fails is made up for by the next.
  const again = (): Promise<void> => renew(holder).catch(() => undefined);
  const timer = setInterval(() => (renewal = renewal.then(again)), (seconds * 1000) / RENEWALS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewal;
    // Left behind, it is free as well: its holder has ended.
    const found = await read().catch(() => undefined);
    if (found?.spec.holderIdentity === holder)
      await tryKubectl(['delete', 'lease', RESTORE_LOCK, '--ignore-not-found']);
  }
}

/** Does what only one call at a time may do. @throws InvalidCall where another one does it */
export async function alone<T>(progress: Progress, work: () => Promise<T>, seconds = DURATION_SECONDS): Promise<T> {
  const free = await untilFree(seconds, progress);
  const holder = await beKnown();
  try {
    const spec = { holderIdentity: holder, leaseDurationSeconds: seconds };
    await write({ ...spec, acquireTime: instant(), renewTime: instant() }, free);
    return await renewing(holder, seconds, work);
  } finally {
    forget(holder);
  }
}
