import { createInterface } from 'node:readline/promises';
import { loadEnvironment } from '../config/environments';
import { WORKLOAD } from '../names';
import {
  checkOrigin,
  checkReached,
  NotRestored,
  reachedBy,
  restorePrimary,
  startSimulators,
  untilMembersFollow,
  untilReconciled,
} from './bringing-back';
import { find } from '../kubectl';
import { migrateAgain } from './migrations';
import { InvalidCall, parseOptions, targetText, USAGE, type RestoreOptions } from './options';
import { archiveTheRest, checkEnvironment, checkTarget } from './preparation';
import { Progress } from './progress';
import { newestSegment } from './reachable';
import { readStanza, type Stanza } from './repository';
import { deleteRequest, isFor, readRequest, writeRequest, type Request } from './request';
import { deletePatroniState, deleteVolumes, stopMembers, stopSimulators, suspendBackups } from './taking-away';
import { verify } from './verify';

const START_SECONDS = 600;
const VERIFY_SECONDS = 3600;

interface Scaled {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number; readonly minReplicas?: number };
}

/** What is running now and must run again, as far as an interrupted call has not written it down before. */
async function newRequest(options: RestoreOptions, earlier: Request | undefined, isOurs: boolean): Promise<Request> {
  const [simulator, autoscaler, leader] = await Promise.all([
    find<Scaled>('deployment', WORKLOAD.simulator),
    find<Scaled>('horizontalpodautoscaler', WORKLOAD.simulator),
    find<Scaled>('configmap', `${WORKLOAD.postgres}-leader`),
  ]);
  return {
    target: targetText(options.target),
    phase: 'requested',
    simulators: earlier?.simulators ?? (simulator?.spec.replicas || (autoscaler?.spec.minReplicas ?? 1)),
    lastSeen: earlier?.lastSeen ?? (isOurs ? (leader?.metadata.annotations?.renewTime ?? '') : ''),
    beganAt: new Date().toISOString(),
    newestSegment: '',
  };
}

async function confirm(options: RestoreOptions): Promise<void> {
  if (options.confirmed) return;
  const question = `This deletes the volumes of the database of ${options.environment}. Its name, to go on: `;
  if (!process.stdin.isTTY)
    throw new InvalidCall(['nobody can be asked: --yes deletes the volumes without a question']);
  const dialog = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await dialog.question(question);
  dialog.close();
  if (answer.trim() !== options.environment) throw new InvalidCall([`answered ${answer.trim()}: nothing was done`]);
}

async function takeAway(request: Request, progress: Progress): Promise<Request> {
  await progress.step('backups suspended', () => suspendBackups(true));
  await progress.step('simulators stopped', stopSimulators);
  await progress.step('members stopped', stopMembers);
  const claims = await progress.step('volumes deleted', deleteVolumes);
  progress.note(claims.length > 0 ? claims.join(', ') : 'there were none');
  await progress.step('state of the old cluster deleted', deletePatroniState);
  const { info } = await readStanza();
  return writeRequest({ ...request, phase: 'emptied', newestSegment: newestSegment(info)?.name ?? '' });
}

/** @throws NotRestored if the new cluster is not what the repository holds: the same call begins anew, or it would find it again */
async function checkContinuation(primary: string, stanza: Stanza, request: Request): Promise<void> {
  try {
    await checkOrigin(primary, stanza);
    if (request.target === 'latest' && request.newestSegment !== '') {
      await checkReached(primary, request.newestSegment);
    }
  } catch (error) {
    if (error instanceof NotRestored) await writeRequest({ ...request, phase: 'requested' });
    throw error;
  }
}

async function bringBack(request: Request, options: RestoreOptions, progress: Progress): Promise<Request> {
  const { waitSeconds } = options;
  // Not from the cluster: a primary that was stopped first, as advised, leaves a StatefulSet without members.
  const { members } = loadEnvironment(options.environment).postgres;
  const stanza = await readStanza();
  const primary = await progress.step(`restored to ${request.target}`, () =>
    restorePrimary(members, waitSeconds, progress),
  );
  await checkContinuation(primary, stanza, request);
  const { at, timeline } = await reachedBy(primary);
  progress.note(`${primary} leads on timeline ${timeline}; its last commit is of ${at || 'before the backup'}`);
  if (request.target !== 'latest') progress.note(`given up as asked: what was committed after ${request.target}`);
  else if (request.lastSeen !== '' && at !== '') {
    const seconds = Math.max(0, (Date.parse(request.lastSeen) - Date.parse(at)) / 1000);
    progress.note(`missing time: at most ${seconds.toFixed(1)} s (last sign of life ${request.lastSeen})`);
  }
  await progress.step('members follow', () => untilMembersFollow(members, waitSeconds));
  return writeRequest({ ...request, phase: 'restored' });
}

/** @returns whether the database holds exactly what it should */
async function startAgain(request: Request, progress: Progress): Promise<boolean> {
  await progress.step('roles and passwords', () => untilReconciled(START_SECONDS));
  await progress.step('schema of this release', () => migrateAgain(START_SECONDS));
  await progress.step(`${request.simulators} simulators started`, () =>
    startSimulators(request.simulators, START_SECONDS),
  );
  await progress.step('backups resumed', () => suspendBackups(false));
  const { counts, exact } = await progress.step('verified', () => verify(VERIFY_SECONDS));
  progress.note(JSON.stringify(counts));
  await deleteRequest();
  return exact;
}

/** @returns the exit code */
export async function restore(options: RestoreOptions, progress: Progress): Promise<number> {
  await checkEnvironment(options.environment);
  const earlier = await readRequest();
  let request = earlier !== undefined && isFor(earlier, options.target) ? earlier : undefined;
  if (request !== undefined) progress.note(`going on with the restore that began at ${request.beganAt}`);
  if (request === undefined || request.phase === 'requested') {
    const isOurs = await progress.step('what is not archived yet', () => archiveTheRest(options, progress));
    await progress.step('target within reach', () => checkTarget(options, progress));
    await confirm(options);
    request = await takeAway(await writeRequest(await newRequest(options, earlier, isOurs)), progress);
  }
  if (request.phase === 'emptied') request = await bringBack(request, options, progress);
  const exact = await startAgain(request, progress);
  progress.summary();
  console.log(exact ? 'restored and verified' : 'restored, but the database is not what it should be');
  return exact ? 0 : 1;
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
