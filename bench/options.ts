import { parseArgs } from 'node:util';
import { UsageError } from '../local/usage-error';

/** The parts of the benchmark, in the order in which they run. */
export const SECTIONS = ['generator', 'ingest', 'history', 'analytics', 'memory', 'panels'] as const;
export type SectionName = (typeof SECTIONS)[number];

/** What `npm run bench -- …` was asked for. */
export interface BenchOptions {
  readonly sections: readonly SectionName[];
  /** Pairs of runs per ratio. */
  readonly rounds: number;
  /** Print JSON to standard output instead of the table. */
  readonly json: boolean;
  /** Keep the figures in the documentation. */
  readonly write: boolean;
  /** Wait for a line on standard input before what is measured needs a quiet machine. */
  readonly pause: boolean;
}

export const USAGE = `npm run bench -- [options]
  --only a,b    sections to run: ${SECTIONS.join(', ')} (default: all)
  --rounds N    pairs of runs per ratio, 3 to 25 (default 5)
  --json        print JSON instead of the table
  --write       keep the figures in docs/measurements/bench.json and docs/performance.md
  --pause       wait for a line on standard input after filling the databases of panels: time to make the machine quiet
  --help        this text`;

/**
 * @returns the options, or `undefined` if the usage text was asked for
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        pause: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  const problems: string[] = [];
  const only = values.only?.split(',').map((name) => name.trim()) ?? [...SECTIONS];
  for (const name of only)
    if (!(SECTIONS as readonly string[]).includes(name))
      problems.push(`--only names "${name}", sections are ${SECTIONS.join(', ')}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 3 || rounds > 25)
    problems.push(`--rounds must be a whole number from 3 to 25, got "${values.rounds}"`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    sections: SECTIONS.filter((name) => only.includes(name)),
    rounds,
    json: values.json,
    write: values.write,
    pause: values.pause,
  };
}
