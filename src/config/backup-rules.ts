import { bytesOf, MEMORY_ALLOWED } from './quantity';
import { isTimeOfDay } from './time-of-day';
import type { PlatformConfig } from './types';

const WEEK = [0, 1, 2, 3, 4, 5, 6];

/**
 * Mebibytes of the server beside a member while a backup reads it: for itself, and for each copying process all that was measured
 * with one (docs/operations/backup.md). Out of memory its container ends, and the primary leaves its Service meanwhile.
 */
const MEMBER_SERVER = { itself: 32, process: 85 } as const;

/** Longest time between two of the days of the week, in days. */
function longestInterval(weekdays: readonly number[]): number {
  const days = WEEK.filter((day) => weekdays.includes(day));
  return Math.max(...days.map((day, index) => (days[index + 1] ?? days[0] + 7) - day));
}

/** Backups: what is kept must reach back to a full one, and have room. */
export const backup = ({ backup: b, postgres }: PlatformConfig): string[] => {
  const problems: string[] = [];
  const { fullWeekdays: full, nfs, volume } = b;
  if (full.length === 0 || new Set(full).size !== full.length || full.some((day) => !WEEK.includes(day))) {
    problems.push(`backup.fullWeekdays is [${full.join(', ')}]; allowed one to six of 0 (Sunday) to 6, each once`);
  } else if (full.length === WEEK.length) {
    problems.push('backup.fullWeekdays has all seven days, which leaves none for incremental ones; allowed one to six');
  } else if (!Number.isInteger(b.retentionDays) || b.retentionDays > 3650 || b.retentionDays < longestInterval(full)) {
    problems.push(
      `backup.retentionDays is ${b.retentionDays} with up to ${longestInterval(full)} days between full backups; allowed ${longestInterval(full)} to 3650 whole days`,
    );
  }
  for (const [name, at] of [
    ['backup.at', b.at],
    ['backup.drill.at', b.drill.at],
  ]) {
    if (!isTimeOfDay(at)) problems.push(`${name} is ${at}; allowed 00:00 to 23:59`);
  }
  if (!WEEK.includes(b.drill.weekday)) {
    problems.push(`backup.drill.weekday is ${b.drill.weekday}; allowed 0 (Sunday) to 6`);
  }
  if (!Number.isInteger(b.processes) || b.processes < 1 || b.processes > 32) {
    problems.push(`backup.processes is ${b.processes}; allowed 1 to 32`);
  } else {
    const least = MEMBER_SERVER.itself + b.processes * MEMBER_SERVER.process;
    const limit = bytesOf(b.member.memoryLimit);
    if (limit !== undefined && limit < least * 2 ** 20) {
      problems.push(
        `backup.member.memoryLimit is ${b.member.memoryLimit} with backup.processes ${b.processes}; allowed from ${least}Mi: ${MEMBER_SERVER.itself}Mi and ${MEMBER_SERVER.process}Mi for each process`,
      );
    }
  }
  const [room, database] = [bytesOf(volume.size), bytesOf(postgres.volume.size)];
  if (room === undefined) problems.push(`backup.volume.size ${volume.size} is not a quantity; ${MEMORY_ALLOWED}`);
  // Full backups are compressed to about a quarter; several of them and the WAL between them are kept.
  else if (database !== undefined && room < database) {
    problems.push(
      `backup.volume.size is ${volume.size} for a database volume of ${postgres.volume.size}; allowed from ${postgres.volume.size}`,
    );
  }
  const scratch = bytesOf(b.drill.scratch.size);
  if (scratch === undefined)
    problems.push(`backup.drill.scratch.size ${b.drill.scratch.size} is not a quantity; ${MEMORY_ALLOWED}`);
  else if (database !== undefined && scratch < database) {
    problems.push(
      `backup.drill.scratch.size is ${b.drill.scratch.size} for a database volume of ${postgres.volume.size}; allowed from ${postgres.volume.size}`,
    );
  }
  if ((nfs.server === '') !== (nfs.path === '')) {
    problems.push(`backup.nfs has server '${nfs.server}' and path '${nfs.path}'; allowed both or none`);
  } else if (nfs.path !== '' && !nfs.path.startsWith('/')) {
    problems.push(`backup.nfs.path is ${nfs.path}; allowed is an absolute path`);
  }
  return problems;
};
