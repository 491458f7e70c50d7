import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1024;

/** A line such as `VmHWM:   1234 kB` of a file in /proc, in MiB. */
function mebibytes(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${file} has no line ${name}`);
  return Number(found) / MIB;
}

/** Memory is read from /proc, which only Linux has. @throws Error elsewhere */
export function requireProc(): void {
  if (process.platform !== 'linux')
    throw new Error(`memory is read from /proc, which ${process.platform} does not have`);
}

/** Highest resident set of a process so far, in MiB. */
export const peakRss = (pid: number): number => mebibytes(`/proc/${pid}/status`, 'VmHWM');

/** Resident set of a process now, in MiB. */
export const rss = (pid: number): number => mebibytes(`/proc/${pid}/status`, 'VmRSS');

/** Proportional set of a process: pages that several processes share count in parts, so that the sum over processes is what they take. */
export const pss = (pid: number): number => mebibytes(`/proc/${pid}/smaps_rollup`, 'Pss');

/** A process and all that descend from it, as far as they live. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (name) state parent …"; the name may hold anything, even brackets.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch (error) {
      // Ended between the list and the look.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || belongs(parents.get(pid)));
  return [...parents.keys()].filter(belongs);
}
