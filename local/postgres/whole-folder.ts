import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder that is there completely or not at all: it is filled under another name beside `target` and then renamed. A missing or
 * empty `target` becomes it. If another process was first, what that one made stays, and ours goes.
 * @param make fills the folder that it is given, which only the owner may enter
 */
export function makeWhole(target: string, make: (folder: string) => void): void {
  const part = partOf(target);
  try {
    make(part);
    renameOver(part, target);
  } finally {
    remove(part);
  }
}

/** Removes a file or folder; one that is removed by half has lost its name. */
export function removeWhole(target: string): void {
  const part = partOf(target);
  try {
    renameSync(target, path.join(part, 'removed'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  } finally {
    remove(part);
  }
}

/** How the names begin of what this process makes beside `target` for a while: once it is killed, the next one removes them. */
export const partPrefix = (target: string): string =>
  path.join(path.dirname(target), `${path.basename(target)}.part-${process.pid}-`);

/** A new folder beside `target`, whose name tells which process it belongs to. Removes those of processes that were killed over it. */
function partOf(target: string): string {
  const folder = path.dirname(target);
  const prefix = `${path.basename(target)}.part-`;
  for (const name of readdirSync(folder)) {
    const [, pid] = /^(\d+)-.{6}$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '') ?? [];
    // One with our own number is of an earlier process: we have none when we begin.
    if (pid !== undefined && (Number(pid) === process.pid || !lives(Number(pid)))) remove(path.join(folder, name));
  }
  return mkdtempSync(partPrefix(target));
}

/** The system renames over a missing or an empty folder only. */
function renameOver(part: string, target: string): void {
  try {
    renameSync(part, target);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
  }
}

/** Again and again for some seconds: a program that outlived its killed parent may still write into it. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but lives.
    return codeOf(error) !== 'ESRCH';
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
