import { execFile } from 'node:child_process';

export interface CommandOptions {
  /** Written to its standard input. */
  readonly input?: string;
  /** @default 60 */
  readonly timeoutSeconds?: number;
}

/** Runs a program to its end and returns its standard output. @throws Error with its standard error when it fails or takes too long */
export function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      { timeout: (options.timeoutSeconds ?? 60) * 1000, maxBuffer: 256 << 20, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const why = error.killed ? `no end within ${options.timeoutSeconds ?? 60} s` : `exit ${error.code}`;
        reject(new Error(`${program} ${args.join(' ').slice(0, 200)}: ${why}\n${stderr.trim().slice(-2000)}`));
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}

export const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Asks until the answer is not undefined. Errors count as no answer; the last one is told when the time is over. */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  everySeconds = 1,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last = 'no';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = 'not yet';
    } catch (error) {
      last = (error as Error).message;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s (last: ${last})`);
    await sleep(everySeconds);
  }
}
