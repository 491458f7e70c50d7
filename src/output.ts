import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Puts a finished directory in the place of another one, so that files of removed charts go away.
 * The copy is made beside the target first: what is replaced at the end is replaced by two renames.
 */
export function replaceDirectory(from: string, to: string): string {
  mkdirSync(path.dirname(to), { recursive: true });
  const next = `${to}.new`;
  const previous = `${to}.old`;
  for (const leftover of [next, previous]) rmSync(leftover, { recursive: true, force: true });
  cpSync(from, next, { recursive: true });
  try {
    renameSync(to, previous);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  renameSync(next, to);
  rmSync(previous, { recursive: true, force: true });
  return to;
}
