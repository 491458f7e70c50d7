import { sleep } from '../../support/eventually';
import type { Fault, Scene } from './fault';

/** When a fault was done and taken back; milliseconds since 1970. */
export interface Damage {
  readonly beganMs: number;
  readonly actedMs: number;
  readonly undoneFromMs: number;
  /** What heals by itself has none of its own: its damage ends as it begins. */
  readonly endMs: number;
  /** What failed first. It is taken back all the same. */
  readonly problem: Error | undefined;
}

/** Does the damage of a fault and takes it back. */
export async function doDamage({ inject, undo }: Pick<Fault, 'inject' | 'undo'>, scene: Scene): Promise<Damage> {
  const beganMs = Date.now();
  let problem: Error | undefined;
  const attempt = async (work: (scene: Scene) => Promise<void>): Promise<void> => {
    try {
      await work(scene);
    } catch (error) {
      problem ??= error as Error;
    }
  };
  await attempt(inject);
  const actedMs = Date.now();
  if (undo === undefined) return { beganMs, actedMs, undoneFromMs: actedMs, endMs: beganMs, problem };
  await sleep(Math.max(0, undo.afterSeconds - (Date.now() - beganMs) / 1000));
  const undoneFromMs = Date.now();
  await attempt(undo.run);
  return { beganMs, actedMs, undoneFromMs, endMs: Date.now(), problem };
}

/** Looks at what a damage has left. @throws Error that tells a damage that failed as well: it is often why nothing healed */
export async function lookAfter<T>({ problem }: Pick<Damage, 'problem'>, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (problem === undefined) throw error;
    throw new Error(`${(error as Error).message}; before that the fault had failed: ${problem.message}`, {
      cause: error,
    });
  }
}
