import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../../../local/usage-error';
import { get, Machines } from '../support/cluster';
import { ArchiveCheck } from './archive';
import { context } from './context';
import { readOptions, USAGE } from './options';
import { deployPageProbe, deployProbes, describePlatform, installPlatform, projectFile } from './platform';
import { countsAsPresent } from './present-image';
import { programme } from './programme';
import { FailoverRecord } from './record';
import { missedGoals, type Conditions } from './report';
import { hasFigures, isWell, type Played } from './result';
import { HEAL_SECONDS, MEMBERS, playRound } from './round';
import { playSeries } from './series';
import { untilWhole } from '../support/members';

const RECORD = new FailoverRecord(projectFile('docs/measurements'));

/** Marks the rounds of one draw: another one with the same seed is another series. */
const newSeries = (seed: string, drawn: number): Pick<Conditions, 'seed' | 'series' | 'drawn'> => ({
  seed,
  series: new Date().toISOString(),
  drawn,
});

function describe(round: Played): string {
  if (!hasFigures(round)) return `${round.fault}: BROKEN OFF ${round.brokenOff}`;
  const { fault, from, to, verify } = round;
  const figures = `gap ${round.gapSeconds?.toFixed(2)} s, new connections ${round.newConnectionGapSeconds.toFixed(2)} s, healed ${round.healedSeconds.toFixed(0)} s`;
  const rows = `acknowledged ${round.acknowledged}, missing ${round.missing}, doubled ${round.doubled}, stale ${round.stale}`;
  const proof =
    verify === undefined ? 'gave no answer' : `${verify.lost}/${verify.extra}/${verify.changed} of ${verify.compared}`;
  const pages =
    round.pages === undefined ? '' : `; pages: ${round.pages.failed} of ${round.pages.requests} requests failed`;
  return `${fault}: ${from} → ${to}; ${figures}${pages}; ${rows}; verify ${proof}; load ${round.load.map((n) => n.toFixed(1)).join(' → ')}${[...round.notes, ...round.broken.map((what) => `BROKEN ${what}`)].map((line) => `\n    ${line}`).join('')}`;
}

/** Of the cluster that kubectl reaches now. */
const clusterUid = async (): Promise<string> =>
  (await get<{ metadata: { uid: string } }>(['namespace', 'kube-system'])).metadata.uid;

async function main(): Promise<number> {
  const values = readOptions(process.argv.slice(2));
  if (values.table) {
    RECORD.writeTable();
    return 0;
  }
  const tool = process.env.CLUSTER_TOOL;
  if (tool === undefined) throw new UsageError('CLUSTER_TOOL is not set');
  const series = values.random === undefined ? undefined : newSeries(values.seed, Number(values.random));
  if (series !== undefined) console.log(`${series.drawn} faults drawn with seed ${series.seed}`);
  const faults = programme(values, () => RECORD.rounds());
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
  const { about, machine, image, loopSeconds } = await context();
  if (values.missing && faults.some(({ name }) => !countsAsPresent(name, { image, loopSeconds })))
    throw new Error(
      `--missing counts rounds of this checkout's image and loop; the members run ${image}, ${loopSeconds} s`,
    );
  const conditions = { machine, machineState: values.state, image, loopSeconds, ...series };
  const archive = new ArchiveCheck();
  const rounds = await playSeries(faults, {
    // A context that has come to mean another cluster: its pods and nodes are not ours to hurt.
    mayPlay: async () => {
      if ((await clusterUid()) !== uid)
        throw new Error('kubectl reaches another cluster than at the start: nothing is done to it');
    },
    play: (fault) => playRound(fault, { machines, platform, probes, pages, archive, log: console.log }),
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
  const missed = missedGoals(rounds, values.record);
  for (const { fault, judgedSeconds, allowedSeconds } of missed) {
    console.log(`${fault}: ${judgedSeconds.toFixed(1)} s, allowed ${allowedSeconds.toFixed(1)} s`);
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
