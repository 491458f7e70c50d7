import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseScenario, SCENARIO_NAMES } from '../simulator/src/model/scenario';
import { UsageError } from './usage-error';

/** What `npm start -- …` was asked for. */
export interface LocalOptions {
  /** Students of the simulated schools. */
  readonly students: number;
  /** Days of history before today. */
  readonly days: number;
  /** Seed of the stream. */
  readonly seed: number;
  /** Scenarios as they were given, such as `churn-wave:cohort=2`; see docs/scenarios.md. */
  readonly scenarios: readonly string[];
  /** Live simulator processes. */
  readonly replicas: number;
  /** TCP port of the local page on the loopback. */
  readonly port: number;
  /** End by itself after so many milliseconds of live running; undefined: run until Ctrl-C. */
  readonly forMs: number | undefined;
  /** Print one JSON summary to standard output at the end, and nothing else there. */
  readonly json: boolean;
  /** Delete the data of earlier runs first. */
  readonly fresh: boolean;
  /** Do not ask before deleting. */
  readonly yes: boolean;
  /** Where the data is kept; undefined: `.edtech/` of the checkout. */
  readonly folder: string | undefined;
}

/** Options that take a whole number, and what it is. */
export const NUMBERS = {
  students: { what: 'students to simulate', default: 2000, min: 63, max: 100_000 },
  days: { what: 'days of history before today', default: 14, min: 1, max: 90 },
  seed: { what: 'seed of the stream', default: 1, min: 0, max: 4_294_967_295 },
  replicas: { what: 'live simulator processes', default: 2, min: 1, max: 8 },
  port: { what: 'port of the local page', default: 3000, min: 1024, max: 65_535 },
} as const;

function usageOf(name: keyof typeof NUMBERS): string {
  const { what, min, max, default: fallback } = NUMBERS[name];
  return `${`--${name} N`.padEnd(15)}${what}, ${min} to ${max} (default ${fallback})`;
}

export const USAGE = `npm start -- [options]
  ${usageOf('students')}
  ${usageOf('days')}
  ${usageOf('seed')}
  --scenario S   something that happens, such as churn-wave:cohort=2, from today on or start=YYYY-MM-DD; may be given
                 several times: ${SCENARIO_NAMES.slice(0, 5).join(', ')},
                 ${SCENARIO_NAMES.slice(5).join(', ')}
  ${usageOf('replicas')}
  ${usageOf('port')}
  --for TIME     end after so much live running, such as 60s or 5m (default: until Ctrl-C)
  --json         print a JSON summary at the end, progress goes to standard error
  --fresh        delete what earlier runs stored, after asking
  --yes          do not ask
  --folder DIR   where the data is kept (default .edtech/ in the checkout)
  --help         this text`;

/**
 * @returns the options, or `undefined` if the usage text was asked for
 * @throws UsageError naming every problem
 */
export function parseOptions(args: readonly string[]): LocalOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: {
      ...{ students: text, days: text, seed: text, replicas: text, port: text, for: text, folder: text },
      ...{ json: flag, fresh: flag, yes: flag, help: flag },
      scenario: { type: 'string', multiple: true },
    },
    strict: false,
    tokens: true,
  });
  if (values.help) return undefined;
  const problems = positionals.map((word) => `unexpected word "${word}"`);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const known = token.name in NUMBERS || ['for', 'folder', 'scenario'].includes(token.name);
    if (!known && !['json', 'fresh', 'yes', 'help'].includes(token.name))
      problems.push(`unknown option ${token.rawName}`);
    // An empty folder would be the current one: what a shell makes of a variable that is not set.
    else if (known && (token.value === undefined || (token.name === 'folder' && token.value === '')))
      problems.push(`${token.rawName} needs a value`);
    else if (!known && token.value !== undefined)
      problems.push(`${token.rawName} takes no value, got "${token.value}"`);
  }
  const number = (name: keyof typeof NUMBERS): number => {
    const { default: fallback, min, max } = NUMBERS[name];
    const given = values[name];
    if (typeof given !== 'string') return fallback;
    const value = Number(given);
    if (!Number.isInteger(value) || value < min || value > max || given.trim() === '') {
      problems.push(`--${name} must be a whole number from ${min} to ${max}, got "${given}"`);
    }
    return value;
  };
  const options: LocalOptions = {
    students: number('students'),
    days: number('days'),
    seed: number('seed'),
    scenarios: scenarios(values.scenario as readonly (string | boolean)[] | undefined, problems),
    replicas: number('replicas'),
    port: number('port'),
    forMs: typeof values.for === 'string' ? duration(values.for, problems) : undefined,
    json: values.json === true,
    fresh: values.fresh === true,
    yes: values.yes === true,
    folder: typeof values.folder === 'string' ? path.resolve(values.folder) : undefined,
  };
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return options;
}

/** Only checked here: the day from which they are counted is known when the run begins. */
function scenarios(given: readonly (string | boolean)[] = [], problems: string[]): string[] {
  const texts = given.filter((value) => typeof value === 'string');
  for (const text of texts) {
    try {
      parseScenario(text, 0);
    } catch (error) {
      problems.push(`--scenario: ${(error as Error).message}`);
    }
  }
  return texts;
}

function duration(given: string, problems: string[]): number {
  const [, amount, unit] = /^(\d+)(s|m|h)$/.exec(given) ?? [];
  if (amount === undefined || Number(amount) === 0) {
    problems.push(`--for must be a time such as 60s, 5m or 1h, got "${given}"`);
    return 0;
  }
  return Number(amount) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}
