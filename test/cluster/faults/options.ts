import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../../../local/usage-error';
import { FAULTS } from './faults';

export const USAGE = `usage: npm run test:faults -- [--full | --random N [--seed N] | [--missing] [--only NAME,...] [--rounds N]]
                              [--state calm|busy] [--keep] [--set FILE] [--whole] [--record]
       npm run test:faults -- --table
  by default one round each of primary-pod-deleted and primary-node-killed
  --full      every fault as often as its goal asks; a full measurement is two calls, this one and one with --random 50
  --missing   of those of --full with the present image (or one that present-image.ts says is alike) and loop of the database, what failover.json has not yet; of --only, where given
  --only      these faults: ${FAULTS.map(({ name }) => name).join(', ')}
  --rounds    rounds of each (default 1); --missing knows how many
  --random    draw so many faults at random instead
  --seed      of the draw (default: printed)
  --state     what is written down about the machine (default busy: somebody else may be using it)
  --keep      use the platform that is installed already
  --set       settings laid over config/production.ts (default test/cluster/faults/settings.ts)
  --whole     with Airflow and Grafana, whose pages are asked through each fault; faults that need them imply it
  --record    add the rounds to docs/measurements/failover.json and write the table anew
  --table     only write docs/measurements/failover.md from failover.json
ends with 1 when a round broke something or came to no figures, or a goal of time is missed: with --record the goal as it is, without it half as much again, for the machine may have other work
needs kubectl of a cluster with four nodes, EDTECH_SECRETS where its values are not in .secrets, and CLUSTER_TOOL: a program with the verbs node-kill, node-start, node-partition, node-heal, node-exec`;

/** What an option leaves no room for: one of the two would be passed over in silence. */
const EXCLUDES = {
  full: ['random', 'missing', 'only', 'rounds'],
  random: ['missing', 'only', 'rounds'],
  missing: ['rounds'],
  table: ['full', 'random', 'missing', 'only', 'rounds', 'record'],
} as const;

export type Options = ReturnType<typeof readOptions>;

/** @throws UsageError for values that say nothing, or two things at once */
export function readOptions(args: readonly string[]) {
  const values = parsed(args);
  for (const name of ['rounds', 'random', 'seed'] as const) {
    if (values[name] !== undefined && !/^\d+$/.test(values[name])) {
      throw new UsageError(`--${name} ${values[name]} is not a whole number`);
    }
  }
  const given = (name: keyof typeof values): boolean => values[name] !== undefined && values[name] !== false;
  for (const [one, others] of Object.entries(EXCLUDES)) {
    const other = given(one as keyof typeof EXCLUDES) ? others.find(given) : undefined;
    if (other !== undefined) throw new UsageError(`--${one} and --${other} in one call; allowed is one of them`);
  }
  if (given('seed') && !given('random'))
    throw new UsageError(`--seed ${values.seed} without --random: nothing is drawn`);
  if (!existsSync(values.set)) throw new UsageError(`--set ${values.set}: there is no such file`);
  if (!['calm', 'busy'].includes(values.state)) throw new UsageError(`--state ${values.state}; allowed calm, busy`);
  return { ...values, rounds: values.rounds ?? '1', seed: values.seed ?? `${Date.now() % 1_000_000}` };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        full: { type: 'boolean', default: false },
        missing: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        random: { type: 'string' },
        seed: { type: 'string' },
        state: { type: 'string', default: 'busy' },
        keep: { type: 'boolean', default: false },
        set: { type: 'string', default: path.join(__dirname, 'settings.ts') },
        whole: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        table: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
