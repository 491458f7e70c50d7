import type { Request } from '../support/page-probe/page-probe';
import { isExact, type Verified } from '../support/simulator';
import type { Ledger } from './analysis';
import type { Round } from './result';

/** What is asked after a fault, each on its own. */
export interface Questions {
  readonly ledger: () => Promise<Ledger>;
  /** Ways to lower `synchronous_commit` that are open. */
  readonly durability: () => Promise<readonly string[]>;
  readonly verify: () => Promise<Verified>;
  readonly lostSeconds: () => Promise<number>;
  readonly pages: () => Promise<AnsweredPages>;
  /** Holes in the archive of WAL. */
  readonly archive: () => Promise<readonly string[]>;
}

/** What became of the requests to the pages. */
export interface AnsweredPages {
  readonly figures: Round['pages'];
  /** Those that must not fail. */
  readonly failed: readonly Request[];
  /** Pages that did not answer when they must, see `silentPages`. */
  readonly silent: readonly string[];
}

/** A figure is undefined where its question failed; `broken` says so then. */
export interface Answers {
  readonly ledger: Ledger;
  readonly allowed: readonly string[] | undefined;
  readonly verified: Verified | undefined;
  readonly lostSeconds: number | undefined;
  readonly pages: Round['pages'];
  readonly broken: readonly string[];
}

/**
 * Asks one after the other. A row counts in the round whose comparison shows it first: once there is one, no later question
 * that fails may take it along.
 * @throws Error when there is no comparison: the next round shows its rows
 */
export async function ask(questions: Questions): Promise<Answers> {
  const ledger = await questions.ledger();
  const broken: string[] = [];
  const answer = async <T>(
    what: string,
    question: () => Promise<T>,
    wrong: (answered: T) => readonly string[],
  ): Promise<T | undefined> => {
    try {
      const answered = await question();
      broken.push(...wrong(answered));
      return answered;
    } catch (error) {
      broken.push(`${what}: no answer: ${(error as Error).message}`);
      return undefined;
    }
  };
  const allowed = await answer('who may lower synchronous_commit', questions.durability, (ways) =>
    ways.map((way) => `synchronous_commit may be lowered: ${way}`),
  );
  const verified = await answer('verify', questions.verify, (figures) => [
    ...(figures.compared > 0 ? [] : ['verify compared nothing']),
    ...(isExact(figures) ? [] : [`verify: ${JSON.stringify(figures)}`]),
  ]);
  const lostSeconds = await answer('what the simulator lost', questions.lostSeconds, (seconds) =>
    seconds === 0 ? [] : [`the simulator lost ${seconds} acknowledged seconds`],
  );
  const pages = await answer('requests to the pages', questions.pages, ({ failed, silent }) => [
    ...silent,
    ...failed.map(
      ({ page, sentMs, failure }) => `${page} failed outside a gap at ${new Date(sentMs).toISOString()}: ${failure}`,
    ),
  ]);
  await answer('the archive', questions.archive, (holes) => holes.map((hole) => `a hole in the archive: ${hole}`));
  return {
    ledger,
    allowed,
    verified,
    lostSeconds,
    pages: pages?.figures,
    broken: [
      ...ledger.missing.map((row) => `acknowledged and missing: ${row}`),
      ...ledger.doubled.map((row) => `doubled: ${row}`),
      ...ledger.stale.map((row) => `acknowledged by an old primary: ${row}`),
      ...broken,
    ],
  };
}
