import { faultNamed } from '../../cluster/faults/faults';
import type { Conditions, Report } from '../../cluster/faults/report';
import type { Round } from '../../cluster/faults/result';

/** A round in which everything held. */
export const round = (fault: string, figures: Partial<Round> = {}): Round => ({
  fault: faultNamed(fault).name,
  begunAt: '2026-03-01T00:00:00.000Z',
  from: 'edtech-postgres-0',
  to: 'edtech-postgres-1',
  gapSeconds: 3,
  newConnectionGapSeconds: 3.5,
  actionSeconds: 0.2,
  healedSeconds: 9,
  acknowledged: 1000,
  missing: 0,
  doubled: 0,
  unacknowledged: 0,
  stale: 0,
  verify: { compared: 5000, lost: 0, extra: 0, changed: 0 },
  acknowledgedLostSeconds: 0,
  mayLowerDurability: [],
  load: [1, 1],
  notes: [],
  broken: [],
  ...figures,
});

export const CONDITIONS: Conditions = {
  machine: '2 cores',
  machineState: 'busy',
  image: 'edtech-stream/postgres:17.12-1',
  loopSeconds: 2,
};

export const ABOUT: Omit<Report, 'rounds'> = {
  measuredAt: '2026-03-01T01:00:00.000Z',
  versions: { PostgreSQL: '17.12' },
  settings: { ttl: 20 },
};

export const report = (...rounds: Report['rounds']): Report => ({ ...ABOUT, rounds });

/** The row of a fault in the table, by the names of its columns. */
export function rowOf(markdown: string, fault: string): Record<string, string> {
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  const line = lines.find((candidate) => candidate.includes(`| ${faultNamed(fault).title} |`));
  if (line === undefined) throw new Error(`no row of ${fault} in:\n${markdown}`);
  return Object.fromEntries(cells(lines[0]).map((name, index) => [name, cells(line)[index]]));
}
