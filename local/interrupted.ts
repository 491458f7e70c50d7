/** Ctrl-C, or another signal to end, came before the work was done. */
export class InterruptedError extends Error {
  constructor(message = 'stopped before it ran live; the next start goes on from here') {
    super(message);
  }
}

/** npm passes on what the terminal has sent us already: one Ctrl-C comes twice, the second time a moment later. */
const SAME_PRESS_MS = 500;

/** What is aborted by the first signal to end, and by another one after it. */
export function onSignals(): { readonly stop: AbortSignal; readonly giveUp: AbortSignal } {
  const [stop, giveUp] = [new AbortController(), new AbortController()];
  let stoppedAt = 0;
  const end = (): void => {
    if (!stop.signal.aborted) {
      stoppedAt = performance.now();
      stop.abort();
    } else if (performance.now() - stoppedAt > SAME_PRESS_MS) giveUp.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  return { stop: stop.signal, giveUp: giveUp.signal };
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
