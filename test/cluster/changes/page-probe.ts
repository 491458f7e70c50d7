import { request } from 'node:http';

const EVERY_MS = 100;
const PATIENCE_MS = 10_000;

/** A page behind its Service, by the Service's own address. */
export interface Page {
  readonly address: string;
  readonly port: number;
  readonly path: string;
}

interface Answer {
  readonly ms: number;
  readonly problem?: string;
}

/** One request on a connection of its own. */
function ask({ address, port, path }: Page): Promise<Answer> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (problem?: string): void => resolve({ ms: performance.now() - begun, problem });
    const call = request({ host: address, port, path, agent: false, timeout: PATIENCE_MS }, (answer) => {
      answer.resume();
      answer.once('end', () => end(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`));
      answer.once('error', (error) => end(error.message));
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    call.once('error', (error) => end(error.message));
    call.end();
  });
}

/** Asks a page ten times a second, whatever became of the questions before. */
export class PageProbe {
  private readonly timer: NodeJS.Timeout;
  private readonly open = new Set<Promise<void>>();
  private asked = 0;
  private failed: string[] = [];
  private longestMs = 0;

  constructor(page: Page) {
    this.timer = setInterval(() => {
      const one: Promise<void> = ask(page).then(({ ms, problem }) => {
        this.open.delete(one);
        this.asked++;
        this.longestMs = Math.max(this.longestMs, ms);
        if (problem !== undefined) this.failed.push(`${new Date().toISOString()} ${page.path}: ${problem}`);
      });
      this.open.add(one);
    }, EVERY_MS);
  }

  /** What happened since the last call, questions under way included. */
  async take(): Promise<{ readonly asked: number; readonly failed: readonly string[]; readonly longestMs: number }> {
    await Promise.all(this.open);
    const taken = { asked: this.asked, failed: this.failed, longestMs: Math.round(this.longestMs) };
    this.asked = 0;
    this.failed = [];
    this.longestMs = 0;
    return taken;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
