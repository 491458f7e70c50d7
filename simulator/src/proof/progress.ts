/** How far a proof has come; `done` and `total` count the same unit, students × days. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;

const BAR_WIDTH = 30;
const YIELD_EVERY_MS = 20;

/** A progress bar on one line of a terminal; says nothing where the output is not a terminal. */
export function terminalProgress(output: NodeJS.WriteStream): OnProgress {
  if (!output.isTTY) return () => undefined;
  let last = '';
  return ({ phase, done, total }) => {
    const share = total === 0 ? 1 : done / total;
    const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    const line = `${phase.padEnd(12)} ${bar} ${Math.floor(share * 100)} %`;
    if (line === last) return;
    last = line;
    output.write(`\r\x1b[2K${line}${done === total ? '\n' : ''}`);
  };
}

/**
 * Lets the event loop run now and then in a long computation: answers of the database are read, signals are handled.
 * Measures with the monotonic clock; nothing that is computed depends on it.
 */
export class Breather {
  private next = performance.now() + YIELD_EVERY_MS;

  /** Whether it is time to `await` {@link pause}; asked often, so it costs no promise. */
  get due(): boolean {
    return performance.now() >= this.next;
  }

  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.next = performance.now() + YIELD_EVERY_MS;
  }
}
