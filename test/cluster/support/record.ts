import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { ROOT } from '../../../src/root';

const FILE = path.join(ROOT, 'docs/measurements/cluster.json');
const STATES = ['calm', 'busy'];

/** What one check of a suite showed. */
export interface Row {
  readonly suite: string;
  readonly check: string;
  readonly measuredAt: string;
  /** Of the project; with `+` where files differed from it. */
  readonly commit: string;
  /** Processor, memory, whether other work ran beside it. */
  readonly machine: string;
  /** Load over one minute at the end. */
  readonly load: number;
  /** Figures by name, the unit in the name. */
  readonly figures: Readonly<Record<string, number | string>>;
}

/** The rows with one more, which takes the place of an older one of the same check; in order of suite and check. */
export function withRow(rows: readonly Row[], row: Row): Row[] {
  const key = ({ suite, check }: Row): string => `${suite}\n${check}`;
  return [...rows.filter((other) => key(other) !== key(row)), row].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The project's own, with `+` where files differ from it. */
export function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', '.', ':!docs/measurements') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
}

/**
 * Prints figures of a check; with EDTECH_RECORD=calm or busy (was the machine otherwise idle?) it also writes them down.
 * @param check for example `2 → 4 or more → 2 by load`
 */
export function record(check: string, figures: Row['figures']): void {
  console.log(`${check}: ${JSON.stringify(figures)}`);
  const state = process.env.EDTECH_RECORD;
  if (state === undefined || state === '') return;
  if (!STATES.includes(state)) throw new Error(`EDTECH_RECORD is ${state}; allowed ${STATES.join(', ')}`);
  const row: Row = {
    suite: process.env.EDTECH_CLUSTER_SUITE ?? 'production',
    check,
    measuredAt: new Date().toISOString(),
    commit: commit(),
    machine: `${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${state}`,
    load: loadavg()[0],
    figures,
  };
  const rows = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Row[]) : [];
  writeFileSync(FILE, `${JSON.stringify(withRow(rows, row), null, 2)}\n`);
}
