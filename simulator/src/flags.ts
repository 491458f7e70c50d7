import { parseArgs } from 'node:util';
import { ConfigError } from './config';
import { MAX_HISTORY_DAYS } from './model/config';
import { formatDay, isDay, parseDay, type Day } from './model/day';
import { parseScenario, SCENARIO_NAMES, type Scenario } from './model/scenario';

/** What the command line asks for. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'run'; readonly scenarios: readonly Scenario[] }
  | { readonly name: 'metrics' }
  | {
      readonly name: 'backfill';
      readonly to?: number;
      readonly days?: number;
      readonly scenarios: readonly Scenario[];
    }
  | { readonly name: 'announce'; readonly from: Day; readonly scenarios: readonly Scenario[] }
  | { readonly name: 'migrate'; readonly sql: string }
  | { readonly name: 'verify'; readonly from?: Day; readonly to?: Day; readonly due: boolean; readonly record: boolean }
  | { readonly name: 'answer-key'; readonly from?: Day; readonly to?: Day; readonly publish: boolean };

export const USAGE = `usage: simulator <command> [flags]

  run [--scenario SCENARIO]...     a live replica
  metrics                          serves what only the database knows as metrics; needs a login of edtech_monitor
  backfill [--to INSTANT] [--days N] [--scenario SCENARIO]...
                                   loads everything received up to INSTANT, at the latest now (default: the target of an
                                   interrupted backfill, else now); a stream that does not exist yet begins N days
                                   (0 to ${MAX_HISTORY_DAYS}) before it
  announce --from DAY [--scenario SCENARIO]...
                                   puts the stream settings that the environment names into force from a day that has not
                                   begun, all others stay; a scenario without a start begins on it
  migrate --sql DIR                applies the migrations of a folder
  verify [--from DAY | --due] [--to DAY] [--record]
                                   compares the database with the stream, UTC days inclusive; --due begins with the first day
                                   that no recorded run has proven as it is now, or the last one with rows if all are; --record
                                   keeps the outcome for retention and monitoring
  answer-key [--from DAY] [--to DAY] [--publish]
                                   computes the analytics of local days without SQL and compares; --publish stores how often
                                   the at-risk rule was right

A scenario is a name and its settings, such as churn-wave:start=2026-03-02,cohort=2; several may be given. They are added to
those of STREAM_CONFIG; announce adds them to those of the stream where STREAM_CONFIG names none. Known are ${SCENARIO_NAMES.join(', ')}.

The environment configures everything else. Exit codes: 0 done, 1 failed, 2 bad configuration.
`;

const FLAGS = {
  run: { scenario: { type: 'string', multiple: true } },
  metrics: {},
  backfill: { to: { type: 'string' }, days: { type: 'string' }, scenario: { type: 'string', multiple: true } },
  announce: { from: { type: 'string' }, scenario: { type: 'string', multiple: true } },
  migrate: { sql: { type: 'string' } },
  verify: {
    from: { type: 'string' },
    to: { type: 'string' },
    due: { type: 'boolean' },
    record: { type: 'boolean' },
  },
  'answer-key': { from: { type: 'string' }, to: { type: 'string' }, publish: { type: 'boolean' } },
} as const;

/** @throws ConfigError with every flag that is unknown, missing or malformed */
export function parseCommand(args: readonly string[]): Command {
  const [name = '', ...rest] = args;
  if (name === 'help' || name === '--help' || rest.includes('--help')) return { name: 'help' };
  if (!Object.hasOwn(FLAGS, name))
    throw new ConfigError([`"${name}" is no command, allowed are ${Object.keys(FLAGS).join(', ')}`]);
  const problems: string[] = [];
  const { values, tokens } = parseArgs({
    args: rest,
    options: FLAGS[name as keyof typeof FLAGS],
    strict: false,
    tokens: true,
  });
  const known: Record<string, { readonly type: 'string' | 'boolean' }> = FLAGS[name as keyof typeof FLAGS];
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`"${token.value}" is no flag of ${name}`);
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(known, token.name)) problems.push(`${token.rawName}: ${name} has no such flag`);
    else if (known[token.name].type === 'boolean' && token.value !== undefined)
      problems.push(`${token.rawName}: takes no value, got "${token.value}"`);
  }
  const read = new FlagReader(values, problems);
  const command = build(name as keyof typeof FLAGS, read);
  if (problems.length > 0) throw new ConfigError(problems);
  return command;
}

function build(name: keyof typeof FLAGS, read: FlagReader): Command {
  switch (name) {
    case 'run':
      return { name, scenarios: read.scenarios() };
    case 'metrics':
      return { name };
    case 'backfill':
      return {
        name,
        to: read.instant('to'),
        days: read.wholeUpTo('days', MAX_HISTORY_DAYS),
        scenarios: read.scenarios(),
      };
    case 'announce': {
      const from = read.required('from', read.day('from'));
      return { name, from: from ?? 0, scenarios: read.scenarios(Number.isNaN(from) ? 0 : from) };
    }
    case 'migrate':
      return { name, sql: read.required('sql', read.text('sql')) ?? '' };
    case 'verify':
      read.oneOf('from', 'due');
      return { name, ...read.days(), due: read.present('due'), record: read.present('record') };
    case 'answer-key':
      return { name, ...read.days(), publish: read.present('publish') };
  }
}

class FlagReader {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly problems: string[],
  ) {}

  present(flag: string): boolean {
    return this.values[flag] === true;
  }

  text(flag: string): string | undefined {
    const value = this.values[flag];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    this.problems.push(`--${flag}: needs a value`);
    return undefined;
  }

  wholeUpTo(flag: string, most: number): number | undefined {
    return this.parsed(flag, `is not a whole number of 0 to ${most}`, (value) =>
      /^\d{1,9}$/.test(value) && Number(value) <= most ? Number(value) : NaN,
    );
  }

  instant(flag: string): number | undefined {
    const withZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
    // Date.parse takes the 30th of February for the 2nd of March.
    return this.parsed(flag, 'is not an instant such as 2026-01-05T00:00:00Z', (value) =>
      withZone.test(value) && isDay(value.slice(0, 10)) ? Date.parse(value) : NaN,
    );
  }

  day(flag: string): Day | undefined {
    return this.parsed(flag, 'is not a date such as 2026-01-05', (value) => {
      try {
        return parseDay(value);
      } catch {
        return NaN;
      }
    });
  }

  /** First and last day, both optional. */
  days(): { readonly from?: Day; readonly to?: Day } {
    const [from, to] = [this.day('from'), this.day('to')];
    if (from !== undefined && to !== undefined && from > to)
      this.problems.push(`--from: ${formatDay(from)} is after --to ${formatDay(to)}`);
    return { from, to };
  }

  /** @param firstDay on which a scenario without a start begins; one is needed where there is no such day */
  scenarios(firstDay?: Day): Scenario[] {
    const given = (this.values.scenario ?? []) as readonly (string | boolean)[];
    return given.flatMap((value) => {
      try {
        if (typeof value === 'string' && value !== '') return [parseScenario(value, firstDay)];
        this.problems.push('--scenario: needs a value');
      } catch (error) {
        this.problems.push(`--scenario: ${(error as Error).message}`);
      }
      return [];
    });
  }

  required<T>(flag: string, value: T | undefined): T | undefined {
    if (this.values[flag] === undefined) this.problems.push(`--${flag}: is needed`);
    return value;
  }

  oneOf(flag: string, other: string): void {
    if (this.values[flag] !== undefined && this.values[other] !== undefined)
      this.problems.push(`--${flag} and --${other} are given; allowed is one of them`);
  }

  private parsed(flag: string, complaint: string, parse: (value: string) => number): number | undefined {
    const value = this.text(flag);
    if (value === undefined) return undefined;
    const result = parse(value);
    if (Number.isNaN(result)) this.problems.push(`--${flag}: "${value}" ${complaint}`);
    return result;
  }
}
