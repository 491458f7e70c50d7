import { quantile } from './analysis';
import type { Fault } from './fault';
import { FAULTS } from './faults';
import { countsAsPresent } from './present-image';
import { hasFigures, isWell, showsFault, type Played, type Round } from './result';

export interface Report {
  readonly measuredAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rounds: readonly ReportedRound[];
}

/** What a round was played on. */
export interface Conditions {
  /** Processor, memory. */
  readonly machine: string;
  /** `calm`, or `busy` when other work ran beside it. */
  readonly machineState: string;
  /** Of the database's members. */
  readonly image: string;
  /** Patroni's `loop_wait` in s. */
  readonly loopSeconds: number;
  /** Of the draw, where the fault was drawn at random. */
  readonly seed?: string;
  /** When that draw was made; older records have none. */
  readonly series?: string;
  /** Faults of that draw, played or not; older records do not say. */
  readonly drawn?: number;
}

export type ReportedRound = Played & Conditions;

/** Below this many rounds a p95 is the maximum under another name. */
const ENOUGH_FOR_P95 = 20;

export interface Summary {
  readonly fault: Fault;
  /** Those included that were broken off or whose damage failed; the times below are of the others. */
  readonly rounds: number;
  /** Undefined when no round has one. */
  readonly gap?: {
    readonly median: number;
    readonly max: number;
    /** Undefined below 20 rounds. */
    readonly p95: number | undefined;
    /** What is compared with the goal. */
    readonly judged: number;
  };
  /** The same over new connections; undefined also where writes are meant to wait: it would be the damage's length. */
  readonly newConnections?: { readonly median: number; readonly max: number };
  /** Undefined also where the undo waits for longer than that. */
  readonly healed: number | undefined;
  readonly broken: number;
  readonly brokenOff: number;
}

const gapOf = (fault: Fault, round: Round): number | undefined =>
  fault.goal.newConnections === true ? round.newConnectionGapSeconds : round.gapSeconds;

function gapSummary({ goal }: Fault, gaps: readonly number[]): Summary['gap'] {
  if (gaps.length === 0) return undefined;
  const max = Math.max(...gaps);
  const p95 = gaps.length >= ENOUGH_FOR_P95 ? quantile(gaps, 0.95) : undefined;
  const judged = goal.share !== undefined && p95 !== undefined ? quantile(gaps, goal.share) : max;
  return { median: quantile(gaps, 0.5), max, p95, judged };
}

/** Figures of one fault, or undefined when it was not played. */
export function summarize(fault: Fault, all: readonly Played[]): Summary | undefined {
  const rounds = all.filter((round) => round.fault === fault.name);
  if (rounds.length === 0) return undefined;
  const finished = rounds.filter(hasFigures);
  const timed = rounds.filter(showsFault);
  const gaps = timed.flatMap((round) => gapOf(fault, round) ?? []);
  return {
    fault,
    rounds: rounds.length,
    gap: gapSummary(fault, gaps),
    newConnections:
      fault.writesWait === true
        ? undefined
        : gapSummary(
            fault,
            timed.map((round) => round.newConnectionGapSeconds),
          ),
    healed:
      fault.undoWaits === true || timed.length === 0
        ? undefined
        : Math.max(...timed.map(({ healedSeconds }) => healedSeconds)),
    broken: finished.filter((round) => !isWell(round)).length,
    brokenOff: rounds.length - finished.length,
  };
}

/**
 * Where nothing is recorded a goal may be exceeded by half: such a run shares its machine with anything, as in CI. It must tell a
 * failover that has become slow from one that other work held up; what a goal is met by is the record's to show.
 */
const UNRECORDED_ALLOWANCE = 1.5;

/** A fault whose writes paused for longer than a run allows. */
export interface Missed {
  readonly fault: string;
  readonly judgedSeconds: number;
  readonly allowedSeconds: number;
}

/** The goals of time that the rounds of one run miss. @param recorded whether they are written down: then the goal itself is what is allowed */
export function missedGoals(rounds: readonly Played[], recorded: boolean): Missed[] {
  return FAULTS.flatMap((fault) => {
    const judgedSeconds = summarize(fault, rounds)?.gap?.judged;
    const allowedSeconds = fault.goal.gapSeconds * (recorded ? 1 : UNRECORDED_ALLOWANCE);
    return judgedSeconds === undefined || judgedSeconds <= allowedSeconds
      ? []
      : [{ fault: fault.name, judgedSeconds, allowedSeconds }];
  });
}

/** A goal is met by rounds with figures, and by none that has none. */
function met({ fault, gap, brokenOff }: Summary): string {
  if (brokenOff > 0 || (gap !== undefined && gap.judged > fault.goal.gapSeconds)) return 'no';
  return gap === undefined ? '–' : 'yes';
}

const seconds = (value: number | undefined): string => value?.toFixed(1) ?? '–';

/** One line per series that was drawn at random. */
function seriesLines(all: readonly ReportedRound[]): string[] {
  const id = ({ seed, series }: Conditions): string => `${seed}, ${series}`;
  const drawnAtRandom = all.filter(({ seed }) => seed !== undefined);
  return [...new Set(drawnAtRandom.map(id))].map((one) => {
    const rounds = drawnAtRandom.filter((round) => id(round) === one);
    const [{ seed, series, drawn }] = rounds;
    const finished = rounds.filter(hasFigures);
    const broken = finished.filter((round) => !isWell(round)).length;
    const begun = series === undefined ? '' : `, begun ${series.slice(0, 16).replace('T', ' ')} UTC`;
    const count = drawn === undefined || drawn === rounds.length ? '' : ` of ${drawn}`;
    return `Drawn at random with seed ${seed}${begun}, one after the other: ${rounds.length}${count} faults, of which ${broken} broke something and ${rounds.length - finished.length} ended without figures. They are among the rows above.`;
  });
}

/** One line per round without figures, with what ended it. */
function endedLines(all: readonly ReportedRound[]): string[] {
  return all.flatMap((round) => {
    if (hasFigures(round)) return [];
    const [why] = round.brokenOff.split('\n');
    const title = FAULTS.find(({ name }) => name === round.fault)?.title ?? round.fault;
    return `Without figures: ${title}, ${round.begunAt.slice(0, 16).replace('T', ' ')} UTC: ${why}.`;
  });
}

/** The machines, each with the number of its rounds. */
function machines(rounds: readonly ReportedRound[]): string {
  const names = [...new Set(rounds.map(({ machine }) => machine))];
  return names.map((name) => `${name} (${rounds.filter(({ machine }) => machine === name).length} rounds)`).join('; ');
}

const TABLE_HEAD = [
  '| fault | machine, loop | image | rounds | median | p95 | max | goal | met | new connections: median | new connections: max | healed after, at most | rounds that broke something | rounds without figures |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
];

const conditionsOf = ({ machineState, loopSeconds }: Conditions): string => `${machineState}, ${loopSeconds} s`;

/** The conditions of some rounds, each with their number where there are several. */
function conditionsTold(rounds: readonly ReportedRound[]): string {
  const all = rounds.map(conditionsOf);
  const each = [...new Set(all)].sort();
  return each.length === 1
    ? each[0]
    : each.map((one) => `${one} (${all.filter((condition) => condition === one).length})`).join('; ');
}

/** The row of a fault, if it was played. */
function rowOf(fault: Fault, all: readonly ReportedRound[]): string[] {
  const s = summarize(fault, all);
  if (s === undefined) return [];
  const rounds = all.filter(({ fault: name }) => name === fault.name);
  const tags = new Set(rounds.map(({ image }) => image.replace(/^.*:/, '')));
  const wanted = `${fault.goal.share === undefined ? 'max' : 'p95'} ≤ ${fault.goal.gapSeconds}`;
  const cells = [
    ...[fault.title, conditionsTold(rounds), [...tags].join(', '), s.rounds],
    ...[seconds(s.gap?.median), seconds(s.gap?.p95), seconds(s.gap?.max), wanted, met(s)],
    ...[seconds(s.newConnections?.median), seconds(s.newConnections?.max), seconds(s.healed), s.broken, s.brokenOff],
  ];
  return [`| ${cells.join(' | ')} |`];
}

/** Each fault with rounds of the same conditions only. */
function rowsApart(all: readonly ReportedRound[]): string[] {
  const conditions = [...new Set(all.map(conditionsOf))].sort();
  return FAULTS.flatMap((fault) =>
    conditions.flatMap((condition) =>
      rowOf(
        fault,
        all.filter((round) => conditionsOf(round) === condition),
      ),
    ),
  );
}

/** The tables of the documentation. */
export function reportMarkdown(report: Report): string {
  const isPresent = (round: ReportedRound): boolean => countsAsPresent(round.fault, round);
  const present = report.rounds.filter(isPresent);
  const earlier = report.rounds.filter((round) => !isPresent(round));
  const finished = report.rounds.filter(hasFigures);
  const sum = (figure: (round: Round) => number): number => finished.reduce((n, round) => n + figure(round), 0);
  return [
    '<!-- generated by `npm run test:faults -- --table`; edit test/cluster/faults/report.ts -->',
    '# Failover, measured',
    '',
    `${machines(report.rounds)}. ${Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    `Settings: ${Object.entries(report.settings)
      .map(([name, value]) => `\`${name} ${String(value)}\``)
      .join(', ')}.`,
    '',
    'Gap: longest time between two acknowledged commits of a client that keeps its connection and commits one row every 100 ms through `-rw`, in seconds; the goal is judged on it. Beside it the same of a client that makes a connection for each row, twice a second. For a frozen postmaster the gap and its goal are those of new connections.',
    'Where writes are meant to wait the gap counts from the end of the damage, in newer rounds later pauses too; for all members away that is when the database takes connections again. p95 only from 20 rounds on; below, the maximum is compared with the goal. –: no round tells it; for the time to heal also where the repair itself waits for longer, for example for the archive. *busy*: other work ran on the same two cores; loop: `loop_wait` of Patroni. Versions and settings are those of the latest rounds.',
    'A round breaks something when a row is lost, doubled or stale, the fault could not be done as meant (no time of such a round counts), or anything else that must hold did not or could not be asked; in newer rounds also when a segment that is closed after it is not archived within two minutes (one, before 17.12-23), or the archive has a new hole. It has no figures when the cluster did not heal within four minutes or its rows could not be compared with the table, in older rounds also when verify gave no answer; its goal is not met then, and the next round shows its rows.',
    '',
    '## With the members as they are',
    'With their present image, or an earlier one that goes through the fault in the same way (`present-image.ts` says why), and the loop that is shipped.',
    '',
    ...TABLE_HEAD,
    ...FAULTS.flatMap((fault) => rowOf(fault, present)),
    '',
    '## With earlier members',
    '',
    ...TABLE_HEAD,
    ...rowsApart(earlier),
    '',
    `Over all ${finished.length} rounds with figures: of ${sum(({ acknowledged }) => acknowledged)} acknowledged rows ${sum(({ missing }) => missing)} missing, ${sum(({ doubled }) => doubled)} doubled, ${sum(({ stale }) => stale)} acknowledged by an old primary after the new one's first. This client sends each row once; whether one that is sent again is stored twice is shown by the simulator's verify after each round.`,
    'No person has a hand in a series. The suite has: before each fault it deletes pods whose database container had restarted, and switches over first where that is the primary. The kubelet would wait longer and longer before it starts such a container again.',
    ...seriesLines(report.rounds),
    ...endedLines(report.rounds),
    '',
  ].join('\n');
}
