import { setTimeout as pause } from 'node:timers/promises';

export const sleep = (seconds: number): Promise<void> => pause(seconds * 1000);

type Answer<T> = T | undefined | false;

/**
 * Asks until the answer is neither undefined nor false. Errors count as no answer; the last one is told when the time is over.
 * @throws Error after `seconds`
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Answer<T> | Promise<Answer<T>>,
  everySeconds = 1,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const answer = last === undefined ? 'not yet' : (last as Error).message;
      throw new Error(`${what}: not within ${seconds} s (last: ${answer})`, { cause: last });
    }
    await sleep(everySeconds);
  }
}

/** The same for what happens on this machine. Its end is within the minute that jest gives a test, so that what did not come is told. */
export const soon = <T>(what: string, ask: () => Answer<T> | Promise<Answer<T>>): Promise<T> =>
  eventually(what, 50, ask, 0.02);
