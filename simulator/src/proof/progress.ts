import { createLogger } from '../logger';

/** How far a proof has come; `done` and `total` count the same unit, students × days. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;

const BAR_WIDTH = 30;
const LINE_EVERY_MS = 60_000;
const YIELD_EVERY_MS = 20;

const shareOf = (done: number, total: number): number => (total === 0 ? 1 : done / total);

/** A progress bar on one line of a terminal; says nothing where the output is not a terminal. */
export function terminalProgress(output: NodeJS.WriteStream): OnProgress {
  if (!output.isTTY) return () => undefined;
  let last = '';
  return ({ phase, done, total }) => {
    const share = shareOf(done, total);
    const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    const line = `${phase.padEnd(12)} ${bar} ${Math.floor(share * 100)} %`;
    if (line === last) return;
    last = line;
    output.write(`\r\x1b[2K${line}${done === total ? '\n' : ''}`);
  };
}

/**
 * A bar on a terminal, else a line of the log each minute: a proof may take hours, and what runs it from afar (`kubectl exec`) gives up
 * a connection on which nothing is said for that long.
 * @param now monotonic, ms
 */
export function proofProgress(output: NodeJS.WriteStream, now = () => performance.now()): OnProgress {
  if (output.isTTY) return terminalProgress(output);
  const log = createLogger('info', output);
  let next = now() + LINE_EVERY_MS;
  return ({ phase, done, total }) => {
    if (now() < next) return;
    next = now() + LINE_EVERY_MS;
    log.info({ phase, percent: Math.floor(100 * shareOf(done, total)) }, 'proof under way');
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
