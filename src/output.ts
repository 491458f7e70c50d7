import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Puts a finished directory in the place of another one, so that files of removed charts go away.
 * The copy is made beside the target first: what is replaced at the end is replaced by two renames. Files keep their modes.
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

/** Mode of a file with secrets. */
export const OWNER_ONLY = 0o600;

/** Writes a file so that it is there as a whole or as it was before, whatever ends the program: half a file would be half the passwords. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
  const temporary = `${file}.new`;
  // One that an earlier end has left would keep its mode.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, text, { mode, flush: true });
  renameSync(temporary, file);
}
