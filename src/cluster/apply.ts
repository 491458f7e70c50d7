import { setTimeout as sleep } from 'node:timers/promises';
import { tryOnCluster } from './kubectl';
import { isPassing } from './passing';

/** The whole platform within so many seconds, on machines that have much else to do. */
const TIMEOUT_SECONDS = 300;
const TRIES = 4;
const PAUSE_SECONDS = 5;

/**
 * Applies a rendered file or directory; again, where the API server could not do all of it for the moment.
 * @param say told why it is tried again
 * @returns one line per object
 * @throws Error with what kubectl said, where it is refused or does not get through
 */
export async function apply(path: string, say: (text: string) => void = console.error): Promise<string> {
  // Without force: what somebody has changed by hand is refused by name, and not undone in passing.
  const args = ['apply', '--server-side', '--filename', path];
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await tryOnCluster(args, { timeoutSeconds: TIMEOUT_SECONDS });
    if (code === 0) return stdout;
    if (attempt === TRIES || !isPassing(stderr)) {
      throw new Error(`kubectl apply of ${path}: ${stderr.trim().slice(-2000)}`);
    }
    say(`applied again in ${PAUSE_SECONDS} s: ${stderr.trim().slice(-500)}`);
    await sleep(PAUSE_SECONDS * 1000);
  }
}
