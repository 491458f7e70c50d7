/** Ctrl-C, or another signal to end, came before the run was live. */
export class InterruptedError extends Error {
  constructor() {
    super('stopped before it ran live; the next start goes on from here');
  }
}

/**
 * Runs a step that holds the whole process up, such as initdb, whose program Ctrl-C at the terminal reaches as well.
 * @throws InterruptedError if `stop` was aborted meanwhile, also where the step failed over that
 */
export async function holdingUp(step: () => void, stop: AbortSignal | undefined): Promise<void> {
  try {
    step();
  } catch (error) {
    if (await abortedMeanwhile(stop)) throw new InterruptedError();
    throw error;
  }
  if (await abortedMeanwhile(stop)) throw new InterruptedError();
}

/** The handler of a signal runs when the event loop polls next; of two immediates at least one comes after a poll. */
async function abortedMeanwhile(stop: AbortSignal | undefined): Promise<boolean> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  return stop?.aborted === true;
}
