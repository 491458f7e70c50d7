import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../../simulator/src/logger';

/** A line of a log. */
export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger and what it has written: `said` finds lines by a part of their message. */
export function recorder(): { log: Logger; said: (text: string) => Line[] } {
  const lines: Line[] = [];
  const write = (chunk: Buffer, _: string, done: () => void): void => {
    lines.push(JSON.parse(chunk.toString()) as Line);
    done();
  };
  return {
    log: createLogger('info', new Writable({ write })),
    said: (text) => lines.filter(({ msg }) => msg.includes(text)),
  };
}
