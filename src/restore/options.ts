import { parseArgs } from 'node:util';
import { LONGEST_PROOF_SECONDS } from '../../rules/transactions';
import { isDay } from '../../simulator/src/model/day';
import { environmentNames } from '../config/environments';

export const USAGE = `usage: npm run restore -- --env NAME (--to TIME | --latest) [--timeline N] [--backup LABEL] [--anew] [--yes] [--wait SECONDS]
  --env NAME     environment of the cluster of the current kubectl context
  --to TIME      the database as it was at TIME, for example 2026-03-02T10:15:00Z; what was committed later is given up
  --latest       the database as far as it is archived
  --timeline N   follow this one: each restore and each failover begins a new one (default: for --latest the newest; for --to the
                 newest if it holds TIME, else the one that an earlier restore left and that holds it)
  --backup LABEL begin with this backup (default: the newest that leads to the target)
  --anew         begin anew, also where an interrupted restore could go on
  --yes          do not ask before the database's volumes are deleted
  --wait SECONDS how long the restore, the clones of the members, the migrations and a load of history may take, each (default 7200);
                 the verification always has ${LONGEST_PROOF_SECONDS / 3600} hours, and longer where this is longer
Interrupted, the same call goes on where it was. Exit codes: 0 restored and verified, 1 failed, 2 nothing was done.`;

/** What the caller got wrong, every problem by name; nothing has been touched. */
export class InvalidCall extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** The instant to go back to, or everything that is archived. */
export type Target = { readonly at: Date } | 'latest';

export interface RestoreOptions {
  readonly environment: string;
  readonly target: Target;
  /** @default chosen */
  readonly timeline?: number;
  /** @default chosen */
  readonly backup?: string;
  readonly anew: boolean;
  readonly confirmed: boolean;
  readonly waitSeconds: number;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})$/;

const LABEL = /^\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?$/;

/** An instant with its zone: a time without one would mean another instant on another machine. */
function instant(text: string, now: Date, problems: string[]): Date | undefined {
  const at = new Date(text.replace(' ', 'T'));
  // Date takes the 30th of February for the 2nd of March.
  if (!INSTANT.test(text) || !isDay(text.slice(0, 10)) || Number.isNaN(at.getTime())) {
    problems.push(`--to is ${text}; allowed an instant with its zone, as 2026-03-02T10:15:00Z`);
    return undefined;
  }
  if (at > now) problems.push(`--to is ${text}, which is to come; now it is ${now.toISOString()}`);
  return at;
}

/** @throws InvalidCall with every problem */
export function parseOptions(args: readonly string[], now: Date): RestoreOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        env: { type: 'string' },
        to: { type: 'string' },
        latest: { type: 'boolean', default: false },
        timeline: { type: 'string' },
        backup: { type: 'string' },
        anew: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        wait: { type: 'string', default: '7200' },
      },
    }));
  } catch (error) {
    throw new InvalidCall([(error as Error).message]);
  }
  const problems: string[] = [];
  const known = environmentNames();
  if (values.env === undefined) problems.push(`--env is missing; allowed ${known.join(', ')}`);
  else if (!known.includes(values.env)) problems.push(`--env is ${values.env}; allowed ${known.join(', ')}`);
  if (values.to === undefined && !values.latest) problems.push('--to TIME or --latest is missing');
  if (values.to !== undefined && values.latest) problems.push('--to and --latest are given; allowed one of them');
  const at = values.to === undefined ? undefined : instant(values.to, now, problems);
  const { timeline, backup } = values;
  if (timeline !== undefined && !/^[1-9]\d*$/.test(timeline)) {
    problems.push(`--timeline is ${timeline}; allowed a number from 1`);
  }
  if (backup !== undefined && !LABEL.test(backup)) {
    problems.push(`--backup is ${backup}; allowed a label as 20260302-101500F`);
  }
  const waitSeconds = Number(values.wait);
  if (!(waitSeconds > 0)) problems.push(`--wait is ${values.wait}; allowed seconds above 0`);
  if (problems.length > 0) throw new InvalidCall(problems);
  return {
    environment: values.env as string,
    target: at === undefined ? 'latest' : { at },
    timeline: timeline === undefined ? undefined : Number(timeline),
    backup,
    anew: values.anew,
    confirmed: values.yes,
    waitSeconds,
  };
}

export const targetText = (target: Target): string => (target === 'latest' ? 'latest' : target.at.toISOString());
