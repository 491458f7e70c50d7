import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { ROOT } from '../../../src/root';
import { inPod } from '../support/cluster';
import { outcome, type Outcome } from '../../support/command';
import { sleep } from '../../support/eventually';
import { members, sql } from '../support/members';

const PROGRAM = ['-r', `${ROOT}/local/register.js`, `${ROOT}/src/restore/main.ts`];

/** `npm run restore` as a process of its own. */
export async function restore(...args: readonly string[]): Promise<Outcome> {
  const done = await outcome('node', [...PROGRAM, ...args], { timeoutSeconds: 840 });
  console.log(`restore ${args.join(' ')}: exit ${done.code}\n${done.stdout}${done.stderr}`);
  return done;
}

/** Steps after which the command is killed, in their order. */
export const STEPS = [
  'backups suspended',
  'simulators stopped',
  'members stopped',
  'volumes deleted',
  'state of the old cluster deleted',
  'restored to latest',
  'members follow',
  'roles and passwords',
  'schema of this release',
  'simulators started',
  'backups resumed',
] as const;

/** The same, killed with SIGKILL as soon as it has said that a step is done. */
export async function restoreKilledAfter(step: string, ...args: readonly string[]): Promise<string> {
  const child = spawn('node', [...PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (part: Buffer): void => {
    said += part.toString();
    if (said.includes(`${step}: done`)) child.kill('SIGKILL');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  console.log(`restore ${args.join(' ')}: killed after ${step}\n${said}`);
  if (signal !== 'SIGKILL') throw new Error(`restore ended before it could be killed after ${step}:\n${said}`);
  return said;
}

/** Within a minute: where in the time between two segments a loss falls decides how much is missing. */
export async function atARandomSecond(): Promise<number> {
  const seconds = randomInt(5, 65);
  await sleep(seconds);
  return seconds;
}

/** Patroni may make its folder again at once; what counts is that the data is gone. */
const DESTROY = [
  'kill -KILL $(grep -lxE "postgres|pgbackrest" /proc/[0-9]*/comm | cut -d/ -f3)',
  'rm -rf /pgdata/pg17',
  '[ ! -e /pgdata/pg17/base ] && echo destroyed',
].join('; ');

/**
 * Kills every process of every server with SIGKILL and deletes its data, all members at once: nothing is archived any more.
 * @returns the moment before it began
 */
export async function destroyAllVolumes(): Promise<Date> {
  const all = await members();
  const at = new Date();
  const said = await Promise.all(all.map(({ name }) => inPod(name, 'postgres', ['bash', '-c', DESTROY])));
  if (said.some((text) => !text.includes('destroyed'))) throw new Error(`data is left: ${said.join(' ')}`);
  return at;
}

/** Seconds before a moment that the restored database's last commit of that time has: what of it is missing. */
export async function missingSeconds(primary: string, lostAt: Date): Promise<number> {
  const [seconds] = await sql(
    primary,
    `select extract(epoch from timestamptz '${lostAt.toISOString()}' - max(committed_at)) from ingest.batches
     where committed_at <= '${lostAt.toISOString()}';`,
  );
  return Math.round(10 * Number(seconds)) / 10;
}

/** The duration of a step as the command says it. */
export function secondsOf(output: string, step: string): number {
  const found = output.split('\n').find((line) => line.startsWith(step) && line.includes(': done after '));
  if (found === undefined) throw new Error(`the command does not tell the time of ${step}`);
  return Number(/done after ([\d.]+) s/.exec(found)?.[1]);
}
