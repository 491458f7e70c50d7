import { NAMESPACE, RESTORE_REQUEST, WORKLOAD } from '../names';
import { checkOrigin, checkReached, NotRestored, reachedBy, type Reached, restorePrimary } from './bringing-back';
import { primaryMember, PRIMARY_SECONDS } from './database';
import { find, until } from '../cluster/kubectl';
import { finishHistory } from './history';
import { alone } from './lock';
import { InvalidCall, parseOptions, targetText, USAGE, type RestoreOptions } from './options';
import { archiveTheRest } from './archiving';
import { checkEnvironment, checkTarget, confirm, wantedBy } from './preparation';
import { Progress } from './progress';
import { newestTimeline } from './moments';
import { planOf, type Plan, type Wanted } from './reachable';
import { repeatJob } from './repeated-job';
import { readStanza, type Stanza } from './repository';
import { deleteRequest, isFor, lostTimeline, readRequest, writeRequest, type Request } from './request';
import { deletePatroniState, deleteVolumes, stopMembers, stopSimulators, suspendBackups } from './taking-away';
import { startSimulators, untilMembersFollow, untilReconciled } from './starting-again';
import { verify } from './verify';

const START_SECONDS = 600;
const FULL_BACKUP = `kubectl -n ${NAMESPACE} create job --from=cronjob/${WORKLOAD.backupFull} backup-after-restore`;

const LEFT =
  'left as it is: backups and the drill suspended, simulators stopped, as far as no step above has resumed or started them. The same call goes on';

interface Scaled {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number; readonly minReplicas?: number };
}

/** What is running now and must run again, as far as an interrupted call has not written it down before. */
async function newRequest(
  { target }: RestoreOptions,
  { timeline, backup }: Plan,
  earlier: Request | undefined,
  isOurs: boolean,
): Promise<Request> {
  const [simulator, autoscaler, leader] = await Promise.all([
    find<Scaled>('deployment', WORKLOAD.simulator),
    find<Scaled>('horizontalpodautoscaler', WORKLOAD.simulator),
    find<Scaled>('configmap', `${WORKLOAD.postgres}-leader`),
  ]);
  return {
    target: targetText(target),
    timeline,
    backup: backup.label,
    phase: 'requested',
    simulators: earlier?.simulators ?? (simulator?.spec.replicas || (autoscaler?.spec.minReplicas ?? 1)),
    lastSeen:
      (earlier?.phase === 'restored' ? undefined : earlier?.lastSeen) ??
      (isOurs ? (leader?.metadata.annotations?.renewTime ?? '') : ''),
    beganAt: new Date().toISOString(),
    lost: lostTimeline(earlier),
    newestSegment: '',
  };
}

async function takeAway(request: Request, wanted: Wanted, progress: Progress): Promise<Request> {
  await progress.step('backups suspended', () => suspendBackups(true));
  await progress.step('simulators stopped', () => stopSimulators());
  if (wanted.target === 'latest' && request.lost === undefined) {
    await progress.step('what was committed meanwhile', () => archiveTheRest(wanted.target, progress));
  }
  await progress.step('members stopped', stopMembers);
  const claims = await progress.step('volumes deleted', deleteVolumes);
  progress.note(claims.length > 0 ? claims.join(', ') : 'there were none');
  await progress.step('state of the old cluster deleted', deletePatroniState);
  const { archive, status } = await readStanza();
  // Once more: a member that took over while they stopped has begun another timeline.
  const { timeline, backup, segment } = planOf(wanted, archive, status);
  return writeRequest({
    ...request,
    phase: 'emptied',
    timeline,
    backup: backup.label,
    lost: request.lost ?? newestTimeline(archive.timelines)?.id,
    newestSegment: wanted.target === 'latest' ? segment : '',
  });
}

/** @throws NotRestored if the new cluster is not what the repository holds: the same call begins anew, or it would find it again */
async function checkContinuation(primary: string, stanza: Stanza, request: Request): Promise<Reached> {
  try {
    await checkOrigin(primary, stanza);
    const reached = await reachedBy(primary);
    await checkReached(primary, reached, request);
    return reached;
  } catch (error) {
    if (error instanceof NotRestored) await writeRequest({ ...request, phase: 'requested' });
    throw error;
  }
}

async function bringBack(request: Request, members: number, waitSeconds: number, progress: Progress): Promise<Request> {
  const stanza = await readStanza();
  const primary = await progress.step(`restored to ${request.target}`, () =>
    restorePrimary(members, waitSeconds, progress),
  );
  const { at, timeline } = await checkContinuation(primary, stanza, request);
  progress.note(
    `${primary} leads on timeline ${timeline}; its last commit is of ${at || 'before the backup, or it was started again'}`,
  );
  if (request.target !== 'latest') progress.note(`given up as asked: what was committed after ${request.target}`);
  else if (request.lastSeen !== '' && at !== '') {
    const seconds = Math.max(0, (Date.parse(request.lastSeen) - Date.parse(at)) / 1000);
    progress.note(`missing time: at most ${seconds.toFixed(1)} s (last sign of life ${request.lastSeen})`);
  }
  await progress.step('members follow', () => untilMembersFollow(members, waitSeconds, progress));
  return writeRequest({ ...request, phase: 'restored' });
}

/** @returns whether the database holds exactly what it should */
async function startAgain(request: Request, waitSeconds: number, progress: Progress): Promise<boolean> {
  await progress.step('roles and passwords', () => untilReconciled(START_SECONDS));
  // What was restored may be older than the release.
  await progress.step('schema of this release', () => repeatJob(WORKLOAD.migrations, waitSeconds));
  await finishHistory(waitSeconds, progress);
  await progress.step(`${request.simulators} simulators started`, () =>
    startSimulators(request.simulators, START_SECONDS),
  );
  await progress.step('backups resumed', () => suspendBackups(false));
  const { counts, exact } = await progress.step('verified', () => verify(waitSeconds));
  progress.note(JSON.stringify(counts));
  await deleteRequest();
  return exact;
}

/** @throws Error where what an interrupted restore brought back was lost before its last steps */
const checkStillThere = ({ beganAt }: Request): Promise<string> =>
  until(
    `a primary of the restore that began at ${beganAt} and had brought the database back; --anew restores it once more`,
    PRIMARY_SECONDS,
    primaryMember,
  );

/** @returns the exit code */
async function restoreAlone(options: RestoreOptions, members: number, progress: Progress): Promise<number> {
  const earlier = await readRequest();
  const same = earlier !== undefined && isFor(earlier, options);
  let request = same && !options.anew ? earlier : undefined;
  if (request !== undefined) progress.note(`going on with the restore that began at ${request.beganAt}`);
  const wanted = wantedBy(options, earlier, same);
  if (request?.phase === 'restored') await checkStillThere(request);
  if (request === undefined || request.phase === 'requested') {
    const lost = lostTimeline(earlier);
    if (earlier !== undefined && lost !== undefined) {
      progress.note(
        `the members hold at most an attempt of the restore that began at ${earlier.beganAt}: what was lost then is on timeline ${lost}. ` +
          `To keep what they hold, delete the ConfigMap ${RESTORE_REQUEST} first`,
      );
    }
    const isOurs =
      lost !== undefined ||
      (await progress.step('what is not archived yet', () => archiveTheRest(options.target, progress)));
    const plan = await progress.step('target within reach', () => checkTarget(wanted, progress));
    await confirm(options);
    request = await writeRequest(await newRequest(options, plan, earlier, isOurs));
  }
  try {
    return await complete(request, wanted, members, options.waitSeconds, progress);
  } catch (error) {
    progress.note(LEFT);
    throw error;
  }
}

/** From where a restore is to its end. @returns the exit code */
async function complete(
  begun: Request,
  wanted: Wanted,
  members: number,
  waitSeconds: number,
  progress: Progress,
): Promise<number> {
  let request = begun.phase === 'requested' ? await takeAway(begun, wanted, progress) : begun;
  if (request.phase === 'emptied') request = await bringBack(request, members, waitSeconds, progress);
  const exact = await startAgain(request, waitSeconds, progress);
  progress.summary();
  console.log(`a full backup shortens the next restore: ${FULL_BACKUP}`);
  console.log(exact ? 'restored and verified' : 'restored, but the database is not what it should be');
  return exact ? 0 : 1;
}

/** @returns the exit code */
export async function restore(options: RestoreOptions, progress: Progress): Promise<number> {
  const members = await checkEnvironment(options.environment);
  return alone(progress, () => restoreAlone(options, members, progress));
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  return restore(parseOptions(args, new Date()), new Progress());
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => (process.exitCode = code),
    (error: Error) => {
      console.error(
        error instanceof InvalidCall ? error.problems.map((problem) => `- ${problem}`).join('\n') : error.message,
      );
      process.exitCode = error instanceof InvalidCall ? 2 : 1;
    },
  );
}
