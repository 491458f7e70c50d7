import type { DatabaseConfig } from '../database/session';
import type { Day } from '../model/day';
import { answerDays, type AnswerContext } from './answers/answer-pass';
import { Findings, type TableCount, type TableDifference } from './answers/comparison';
import { publishOutcomes, RiskOutcomes, type RiskOutcome } from './answers/outcome';
import { erasureDays, PendingBatches, publishedRuns, snapshotRuns } from './answers/published';
import { requireOrder } from './day-range';
import { kept } from './kept';
import type { OnProgress } from './progress';
import { wholeRange, withSnapshot, type Snapshot } from './snapshot';

/**
 * Days of one pass: what is gathered by day and lesson or minute is in memory for so many days, and the smallest container that
 * runs this has 256 MiB. A pass makes all earlier events of each student again, which costs less than gathering.
 */
export const DAYS_PER_PASS = 5;

export interface AnswerKeyOptions {
  /** With the simulator's login. */
  readonly database: DatabaseConfig;
  /** First and last day, inclusive: local days of the daily tables, UTC days of the live roll-ups. @default all */
  readonly from?: Day;
  readonly to?: Day;
  /** Writes how often the at-risk rule was right, by cohort and day. @default false */
  readonly publish?: boolean;
  /** Differences that are listed; all are counted. @default 100 */
  readonly maxListed?: number;
  readonly onProgress?: OnProgress;
  /** Called with the result before anything is kept of it: what was found out is told also if it cannot be kept. */
  readonly onResult?: (result: AnswerKeyResult) => void;
}

export interface AnswerKeyResult {
  /** Rows compared, and rows with any difference; a row is compared column by column. */
  readonly compared: number;
  readonly different: number;
  /** Published runs (cohort and day) whose tables were compared. */
  readonly runs: number;
  /** Published days of cohorts that an erasure has yet to make again: their daily tables are not compared. */
  readonly notMadeAgain: number;
  readonly tables: Readonly<Record<string, TableCount>>;
  readonly differences: readonly TableDifference[];
  /** Hits and misses of the at-risk rule over all runs: counts, no students. */
  readonly risk: Omit<RiskOutcome, 'cohortId' | 'day'>;
}

/**
 * Computes the analytics again, straight from the stream and without SQL, and compares every row and column of the daily tables
 * as of each published run, and of the live roll-ups as of the ledger.
 * @throws DaysRefused if `from` is after `to`; StoredStreamError if the database holds no stream
 */
export async function runAnswerKey(options: AnswerKeyOptions): Promise<AnswerKeyResult> {
  const { result, outcomes, erased } = await withSnapshot(options.database, (snapshot) => answer(snapshot, options));
  options.onResult?.(result);
  if (options.publish === true) await kept('published', publishOutcomes(options.database, outcomes, erased));
  return result;
}

/** 0 if something was compared and nothing differs, otherwise 1. */
export const answerKeyExitCode = ({ compared, different }: AnswerKeyResult): 0 | 1 =>
  compared > 0 && different === 0 ? 0 : 1;

async function answer(
  snapshot: Snapshot,
  options: AnswerKeyOptions,
): Promise<{ result: AnswerKeyResult; outcomes: RiskOutcome[]; erased: number[] }> {
  const whole = wholeRange(snapshot);
  const from = options.from ?? whole.from;
  const to = options.to ?? whole.to + 1;
  requireOrder('answer key', from, to);
  const findings = new Findings(options.maxListed ?? 100);
  const outcomes = new RiskOutcomes();
  const within = ({ day }: { readonly day: Day }): boolean => day >= from && day <= to;
  const left = await erasureDays(snapshot.client);
  const context: AnswerContext = {
    snapshot,
    runs: await publishedRuns(snapshot.client),
    snapshotRuns: await snapshotRuns(snapshot.client),
    pending: await PendingBatches.read(snapshot.client),
    findings,
    outcomes,
  };
  for (let first = from; first <= to; first += DAYS_PER_PASS) {
    const last = Math.min(to, first + DAYS_PER_PASS - 1);
    await answerDays(context, first, last, options.onProgress ?? (() => undefined));
  }
  const result: AnswerKeyResult = {
    compared: findings.total('compared'),
    different: findings.total('different'),
    runs: context.runs.filter(within).length,
    notMadeAgain: left.filter(within).length,
    tables: findings.tables,
    differences: findings.differences,
    risk: sumOutcomes(outcomes.all()),
  };
  return { result, outcomes: outcomes.all(), erased: [...snapshot.forgotten.keys()] };
}

function sumOutcomes(outcomes: readonly RiskOutcome[]): AnswerKeyResult['risk'] {
  const sum = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  for (const outcome of outcomes) {
    sum.truePositives += outcome.truePositives;
    sum.falsePositives += outcome.falsePositives;
    sum.trueNegatives += outcome.trueNegatives;
    sum.falseNegatives += outcome.falseNegatives;
  }
  return sum;
}
