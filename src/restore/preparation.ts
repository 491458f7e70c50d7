import { answerTo, type Terminal } from '../answer';
import { loadEnvironment } from '../config/environments';
import { MEMBERS_ANNOTATION, NAMESPACE, WORKLOAD } from '../names';
import { heldContext } from '../cluster/kubectl';
import { NotThisCluster, runningDatabase } from '../cluster/running';
import { around, describe } from './moments';
import { InvalidCall, targetText, type RestoreOptions } from './options';
import type { Progress } from './progress';
import { OutOfReach, planOf, type Plan, type Wanted } from './reachable';
import { readStanza } from './repository';
import { IDLE_SECONDS } from './bringing-back';
import { lostTimeline, type Request } from './request';

/**
 * @returns how many members the cluster is to have. Not its replicas: a primary that was stopped first, as advised, leaves none.
 * @throws InvalidCall unless the cluster of the current context runs the environment that was named
 */
export async function checkEnvironment(environment: string): Promise<number> {
  const database = await runningDatabase(environment).catch((error: Error) => {
    throw error instanceof NotThisCluster ? new InvalidCall([error.message]) : error;
  });
  if (database === undefined) {
    throw new InvalidCall([
      `there is no StatefulSet ${WORKLOAD.postgres} in namespace ${NAMESPACE}: apply the platform first`,
    ]);
  }
  // What an earlier release has applied does not say it.
  return Number(database.metadata.annotations?.[MEMBERS_ANNOTATION] ?? loadEnvironment(environment).postgres.members);
}

/** @param same the restore that is gone on with; `earlier` is any that is under way */
export function wantedBy(options: RestoreOptions, earlier: Request | undefined, same: boolean): Wanted {
  const { target, timeline, backup } = options;
  const lost = lostTimeline(earlier);
  if (timeline !== undefined || lost === undefined) return { target, timeline, backup };
  const kept = same ? earlier?.timeline : target === 'latest' ? lost : undefined;
  return { target, timeline: kept, backup };
}

function noteIdle({ before, after }: ReturnType<typeof around>, progress: Progress): void {
  if (before === undefined || after === undefined || after.getTime() - before.getTime() < IDLE_SECONDS * 1000) return;
  progress.note(
    `nothing was archived between ${before.toISOString()} and ${after.toISOString()}: unless the repository was away, ` +
      'the database was idle then, and a time just after the first is the same',
  );
}

/** What will be restored. @throws InvalidCall if the target is not within reach, with what is */
export async function checkTarget(wanted: Wanted, progress: Progress): Promise<Plan> {
  const { archive, status } = await readStanza();
  try {
    const plan = planOf(wanted, archive, status);
    const timeline = archive.timelines.get(plan.timeline)!;
    progress.note(
      `target ${targetText(wanted.target)} from backup ${plan.backup.label} (${plan.backup.stopped.toISOString()}), ` +
        `on timeline ${describe(timeline, archive.timelines)}`,
    );
    if (wanted.target !== 'latest') noteIdle(around(timeline, wanted.target.at, archive.timelines), progress);
    return plan;
  } catch (error) {
    throw error instanceof OutOfReach ? new InvalidCall([error.message]) : error;
  }
}

export async function confirm(
  { environment, target, confirmed }: RestoreOptions,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<void> {
  if (confirmed) return;
  if (terminal.input.isTTY !== true)
    throw new InvalidCall(['nobody can be asked: --yes deletes the volumes without a question']);
  const question =
    `This deletes the volumes of the database of ${environment} (context ${(await heldContext()) ?? 'none'}) and restores ` +
    `${targetText(target)}. The environment's name, to go on: `;
  const answer = await answerTo(question, terminal).catch((error: Error) => {
    throw new InvalidCall([error.message]);
  });
  if (answer.trim() !== environment) throw new InvalidCall([`answered ${answer.trim()}: nothing was done`]);
}
