import { existsSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../../simulator/src/random';
import { IMAGE } from '../../../src/images';
import { LOOP_SECONDS } from '../../../src/constructs/postgres-settings';
import { WORKLOAD } from '../../../src/names';
import { get, inPod, kubectl, Machines } from '../support/cluster';
import type { Fault } from './fault';
import { FAULTS, faultNamed } from './faults';
import { deployPageProbe, deployProbes, describePlatform, installPlatform, projectFile } from './platform';
import { FailoverRecord } from './record';
import { missesGoal, summarize, type Report } from './report';
import { hasFigures, isWell, type Played } from './result';
import { HEAL_SECONDS, MEMBERS, playRound } from './round';
import { playSeries } from './series';
import { sql, untilWhole } from '../support/members';

const USAGE = `usage: npm run test:faults -- [--full] [--missing] [--only NAME,...] [--rounds N] [--random N] [--seed N]
                              [--state calm|busy] [--keep] [--set FILE] [--whole] [--record] [--table]
  by default one round each of primary-pod-deleted and primary-node-killed
  --full      every fault as often as its goal asks
  --missing   of those of --full with the present image and loop of the database, what failover.json has not yet; of --only, where given
  --only      these faults: ${FAULTS.map(({ name }) => name).join(', ')}
  --rounds    rounds of each (default 1)
  --random    draw so many faults at random instead; a full measurement is --full and --random 50
  --seed      of the draw (default: printed)
  --state     what is written down about the machine (default busy: somebody else may be using it)
  --keep      use the platform that is installed already
  --set       settings laid over config/production.ts (default test/cluster/faults/settings.ts)
  --whole     with Airflow and Grafana, whose pages are asked through each fault; faults that need them imply it
  --record    add the rounds to docs/measurements/failover.json and write the table anew; a missed goal of time is a failure then
  --table     only write docs/measurements/failover.md from failover.json
needs kubectl of a cluster with four nodes, EDTECH_SECRETS where its values are not in .secrets, and CLUSTER_TOOL: a program with the verbs node-kill, node-start, node-partition, node-heal, node-exec`;

const RECORD = new FailoverRecord(projectFile('docs/measurements'));

class UsageError extends Error {}

function options() {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      missing: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      random: { type: 'string' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      state: { type: 'string', default: 'busy' },
      keep: { type: 'boolean', default: false },
      set: { type: 'string', default: path.join(__dirname, 'settings.ts') },
      whole: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
    },
  });
  for (const name of ['rounds', 'random', 'seed'] as const) {
    if (values[name] !== undefined && !/^\d+$/.test(values[name])) {
      throw new UsageError(`--${name} ${values[name]} is not a whole number`);
    }
  }
  if (!existsSync(values.set)) throw new UsageError(`--set ${values.set}: there is no such file`);
  if (!['calm', 'busy'].includes(values.state)) throw new UsageError(`--state ${values.state}; allowed calm, busy`);
  return values;
}

/** The faults to play, in order. */
function programme(values: ReturnType<typeof options>): Fault[] {
  const drawn = (count: number): Fault[] => {
    console.log(`${count} faults drawn with seed ${values.seed}`);
    const random = new Random(Number(values.seed));
    const candidates = FAULTS.filter(({ random: may }) => may);
    return Array.from({ length: count }, () => candidates[random.below(candidates.length)]);
  };
  if (values.full) return FAULTS.flatMap((fault) => Array<Fault>(fault.rounds).fill(fault));
  if (values.random !== undefined) return drawn(Number(values.random));
  const only = values.only?.split(',').map(faultNamed);
  if (values.missing) return (only ?? FAULTS).flatMap((fault) => Array<Fault>(missingRounds(fault)).fill(fault));
  const chosen = only ?? ['primary-pod-deleted', 'primary-node-killed'].map(faultNamed);
  return chosen.flatMap((fault) => Array<Fault>(Number(values.rounds)).fill(fault));
}

const PRESENT_IMAGE = `${IMAGE.postgres.repository}:${IMAGE.postgres.tag}`;

/** Rounds that a full run has of a fault and the record has not, with the present image and loop. */
function missingRounds({ name, rounds }: Fault): number {
  const played = RECORD.rounds().filter(
    ({ fault, image, loopSeconds }) => fault === name && image === PRESENT_IMAGE && loopSeconds === LOOP_SECONDS,
  );
  return Math.max(0, rounds - played.length);
}

async function context(): Promise<Omit<Report, 'rounds'>> {
  const { primary } = await untilWhole(3, 120);
  const shown = ['wal_sender_timeout', 'wal_receiver_timeout', 'synchronous_standby_names'];
  const settings = await Promise.all(shown.map(async (name) => [name, (await sql(primary.name, `show ${name};`))[0]]));
  const { metadata } = await get<{ metadata: { annotations: { config: string } } }>([
    'configmap',
    `${WORKLOAD.postgres}-config`,
  ]);
  const dynamic = JSON.parse(metadata.annotations.config) as Record<string, unknown> & {
    readonly postgresql: { readonly parameters: Readonly<Record<string, string>> };
  };
  const { ttl, loop_wait, retry_timeout, synchronous_mode } = dynamic;
  // The server shows the value of the session's own socket, which is none of TCP here.
  const { tcp_user_timeout } = dynamic.postgresql.parameters;
  const patroni = await inPod(primary.name, 'postgres', ['patroni', '--version']);
  const server = JSON.parse(await kubectl(['version', '--output=json'])) as { serverVersion: { gitVersion: string } };
  return {
    measuredAt: new Date().toISOString(),
    machine: `${cpus().length} cores ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: {
      Kubernetes: server.serverVersion.gitVersion,
      PostgreSQL: (await sql(primary.name, 'show server_version;'))[0],
      Patroni: patroni.trim().replace(/^\D*/, ''),
    },
    settings: { ttl, loop_wait, retry_timeout, synchronous_mode, tcp_user_timeout, ...Object.fromEntries(settings) },
  };
}

function describe(round: Played): string {
  if (!hasFigures(round)) return `${round.fault}: BROKEN OFF ${round.brokenOff}`;
  const { fault, from, to, verify } = round;
  const figures = `gap ${round.gapSeconds?.toFixed(2)} s, new connections ${round.newConnectionGapSeconds.toFixed(2)} s, healed ${round.healedSeconds.toFixed(0)} s`;
  const rows = `acknowledged ${round.acknowledged}, missing ${round.missing}, doubled ${round.doubled}, stale ${round.stale}`;
  const pages =
    round.pages === undefined ? '' : `; pages: ${round.pages.failed} of ${round.pages.requests} requests failed`;
  return `${fault}: ${from} → ${to}; ${figures}${pages}; ${rows}; verify ${verify.lost}/${verify.extra}/${verify.changed} of ${verify.compared}; load ${round.load.map((n) => n.toFixed(1)).join(' → ')}${[...round.notes, ...round.broken.map((what) => `BROKEN ${what}`)].map((line) => `\n    ${line}`).join('')}`;
}

/** Of the cluster that kubectl reaches now. */
const clusterUid = async (): Promise<string> =>
  (await get<{ metadata: { uid: string } }>(['namespace', 'kube-system'])).metadata.uid;

async function main(): Promise<number> {
  const values = options();
  if (values.table) {
    RECORD.writeTable();
    return 0;
  }
  const tool = process.env.CLUSTER_TOOL;
  if (tool === undefined) throw new UsageError('CLUSTER_TOOL is not set');
  const faults = programme(values);
  const machines = new Machines(tool);
  const whole = values.whole || faults.some(({ wholePlatform }) => wholePlatform === true);
  const where = {
    settingsFile: path.resolve(values.set),
    whole,
    secretsDirectory: process.env.EDTECH_SECRETS ?? projectFile('.secrets'),
    directory: path.join(tmpdir(), 'edtech-faults'),
  };
  const uid = await clusterUid();
  if (!values.keep) await installPlatform(where);
  const platform = describePlatform(where);
  const probes = await deployProbes(platform);
  const pages = whole ? await deployPageProbe(platform) : undefined;
  const about = await context();
  const conditions = {
    machineState: values.state,
    image: PRESENT_IMAGE,
    loopSeconds: Number(about.settings.loop_wait),
    ...(values.random !== undefined && { seed: values.seed }),
  };
  const rounds = await playSeries(faults, {
    // A context that has come to mean another cluster: its pods and nodes are not ours to hurt.
    mayPlay: async () => {
      if ((await clusterUid()) !== uid)
        throw new Error('kubectl reaches another cluster than at the start: nothing is done to it');
    },
    play: (fault) => playRound(fault, { machines, platform, probes, pages, log: console.log }),
    heals: () =>
      untilWhole(MEMBERS, HEAL_SECONDS).then(
        () => true,
        () => false,
      ),
    played: (round) => {
      console.log(describe(round));
      if (values.record) RECORD.add(round, conditions, about);
    },
  });
  const missed = values.record
    ? FAULTS.flatMap((fault) => summarize(fault, rounds) ?? []).filter((summary) => missesGoal(summary))
    : [];
  for (const { fault, gap } of missed) {
    console.log(`${fault.name}: ${gap?.judged.toFixed(1)} s, allowed ${fault.goal.gapSeconds} s`);
  }
  return rounds.every(isWell) && missed.length === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
