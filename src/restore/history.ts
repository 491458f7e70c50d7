import { HISTORY_LOADED } from '../../charts/wait-for';
import { DATABASE, WORKLOAD } from '../names';
import { until } from '../cluster/kubectl';
import { isOver } from '../cluster/settled';
import { primaryMember, PRIMARY_SECONDS, trySql } from './database';
import type { Progress } from './progress';
import { deleteRepeated, releaseJobs, repeatJob } from './repeated-job';

/** In words: the row of a null is an empty line, as is no answer. */
export const QUESTION = `select case (${HISTORY_LOADED}) when true then 'loaded' when false then 'unfinished' else 'not begun' end;`;
const ANSWERS = ['loaded', 'unfinished', 'not begun'];

/** Whether history is loaded, as the simulators ask before they start. */
async function isLoaded(seconds: number): Promise<boolean> {
  const said = await until('an answer of the primary whether history is loaded', seconds, async () => {
    const primary = await primaryMember();
    const rows = primary === undefined ? undefined : await trySql(primary, QUESTION, DATABASE.edtech);
    return ANSWERS.find((answer) => answer === rows?.[0]);
  });
  return said === 'loaded';
}

/** A release's own Job that has not ended goes on by itself: beside a second one neither would get all shards. */
async function untilReleaseIsOver(seconds: number): Promise<void> {
  let left = '';
  await until(
    'Jobs of the release that load history over',
    seconds,
    async () => {
      const atWork = (await releaseJobs(WORKLOAD.backfill)).filter((job) => !isOver(job));
      left = atWork.map(({ metadata }) => metadata.name).join(', ');
      return atWork.length === 0 ? true : undefined;
    },
    () => `at work: ${left}`,
  );
}

/**
 * Loads the rest of a history that was being loaded at the moment that was restored: only a backfill can go on with it, and no simulator
 * starts before. The release's Job may have ended after that moment.
 * @param answerSeconds so long the primary may leave the question without an answer
 */
export async function finishHistory(
  seconds: number,
  progress: Progress,
  answerSeconds = PRIMARY_SECONDS,
): Promise<void> {
  if (await isLoaded(answerSeconds)) {
    // An interrupted call may have left one that has done its work.
    await deleteRepeated(WORKLOAD.backfill);
    return;
  }
  await progress.step('history loaded', async () => {
    await untilReleaseIsOver(seconds);
    if (!(await isLoaded(answerSeconds))) await repeatJob(WORKLOAD.backfill, seconds);
  });
}
