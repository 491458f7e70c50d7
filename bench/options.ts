import { parseArgs } from 'node:util';

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

/** The command line cannot be understood; lists every problem. */
export class UsageError extends Error {}

export const USAGE = `npm run bench -- [options]
  --only a,b    sections to run: ${SECTIONS.join(', ')} (default: all)
  --rounds N    pairs of runs per ratio, 3 to 25 (default 5)
  --json        print JSON instead of the table
  --write       keep the figures in docs/measurements/bench.json and docs/performance.md
  --pause       wait for a line on standard input after filling the databases of panels: time to make the machine quiet
  --help        this text`;

/**
 * @returns the options, or `undefined` if the usage text was asked for
 * @throws UsageError naming every problem
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const problems: string[] = [];
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      pause: { type: 'boolean' },
      help: { type: 'boolean' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (values.help) return undefined;
  for (const word of positionals) problems.push(`unexpected word "${word}"`);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!['only', 'rounds', 'json', 'write', 'pause'].includes(token.name))
      problems.push(`unknown option ${token.rawName}`);
    else if (['only', 'rounds'].includes(token.name) && token.value === undefined)
      problems.push(`${token.rawName} needs a value`);
  }
  const only = typeof values.only === 'string' ? values.only.split(',').map((name) => name.trim()) : [...SECTIONS];
  for (const name of only)
    if (!(SECTIONS as readonly string[]).includes(name))
      problems.push(`--only names "${name}", sections are ${SECTIONS.join(', ')}`);
  const rounds = typeof values.rounds === 'string' ? Number(values.rounds) : 5;
  if (!Number.isInteger(rounds) || rounds < 3 || rounds > 25)
    problems.push(`--rounds must be a whole number from 3 to 25, got "${String(values.rounds)}"`);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    sections: SECTIONS.filter((name) => only.includes(name)),
    rounds,
    json: values.json === true,
    write: values.write === true,
    pause: values.pause === true,
  };
}
