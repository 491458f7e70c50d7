import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Lines of a message: what the server said last, and no more of the log than that can be. */
const [LINES, BYTES] = [10, 16_384];

/** Bytes of a file; 0 without one. */
export const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/**
 * The last lines of a log.
 * @param since only what comes after so many bytes
 */
export function lastLines(file: string, since = 0): string {
  try {
    const log = openSync(file, 'r');
    try {
      const { size } = fstatSync(log);
      const from = Math.max(since, size - BYTES);
      const text = Buffer.alloc(Math.max(size - from, 0));
      readSync(log, text, 0, text.length, from);
      return text.toString('utf8').trimEnd().split('\n').slice(-LINES).join('\n');
    } finally {
      closeSync(log);
    }
  } catch (error) {
    return `(${(error as Error).message})`;
  }
}
