import { loadavg } from 'node:os';
import { failuresOutsideGaps, gaps, longestGapSeconds, silentPages, waitedSeconds, type Around } from './analysis';
import { verify } from '../support/simulator';
import type { ArchiveCheck } from './archive';
import { ask, type AnsweredPages } from './answers';
import { acknowledgedLostSeconds, waysToLowerDurability } from './checks';
import { doDamage, lookAfter, type Damage } from './damage';
import { kubectl, type Machines } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import type { Fault, Scene } from './fault';
import type { Platform } from './platform';
import { members, switchOver, untilWhole, type Cluster } from '../support/members';
import type { PageProbe } from '../support/page-probe/page-probe';
import type { Probes } from './probes';
import type { Round } from './result';

export const MEMBERS = 3;
export const HEAL_SECONDS = 240;
/** Time before and after a fault in which rows must flow. */
const QUIET_SECONDS = 4;

export interface Stage {
  readonly machines: Machines;
  readonly platform: Platform;
  readonly probes: Probes;
  /** Undefined where the platform has no pages. */
  readonly pages: PageProbe | undefined;
  readonly archive: ArchiveCheck;
  readonly log: (text: string) => void;
}

/** The kubelet waits longer and longer before it starts a container again that ended within 10 minutes; a new pod begins anew. */
export async function renewRestartedPods(log: (text: string) => void): Promise<Cluster> {
  for (;;) {
    const cluster = await untilWhole(MEMBERS, HEAL_SECONDS);
    const worn = (await members()).filter(({ restarts }) => restarts > 0);
    if (worn.length === 0) return cluster;
    const replica = worn.find(({ name }) => name !== cluster.primary.name);
    if (replica !== undefined) {
      log(`renewing the pod of ${replica.name}`);
      await kubectl(['delete', 'pod', replica.name]);
    } else {
      await switchOver(cluster.primary, cluster.standbys[0]);
    }
    await sleep(2);
  }
}

/** Does one fault and returns what it showed. @throws Error when the cluster does not heal by itself */
export async function playRound(fault: Fault, stage: Stage): Promise<Round> {
  const { machines, platform, pages } = stage;
  const before = await renewRestartedPods(stage.log);
  const loadBefore = loadavg()[0];
  await sleep(QUIET_SECONDS);
  const notes: string[] = [];
  const nodes = [before.primary, ...before.standbys].map(({ node }) => node).sort();
  const scene: Scene = {
    ...before,
    machines,
    nodes,
    config: platform.config,
    pages,
    kept: { nodes: [], restarts: new Map() },
    applySettings: platform.applySettings,
    note: (text) => void notes.push(text),
    untilWhole: () => untilWhole(MEMBERS, HEAL_SECONDS),
  };

  const damage = await doDamage(fault, scene);
  return lookAfter(damage, () => figuresOf(fault, stage, { before, scene, damage, loadBefore, notes }));
}

/** What a round has seen until its damage was done and taken back. */
interface Done {
  readonly before: Cluster;
  readonly scene: Scene;
  readonly damage: Damage;
  readonly loadBefore: number;
  readonly notes: string[];
}

async function figuresOf(fault: Fault, stage: Stage, done: Done): Promise<Round> {
  const { probes, pages, archive } = stage;
  const { before, scene, damage, loadBefore, notes } = done;
  const { beganMs, actedMs, undoneFromMs, endMs: damageEndMs, problem } = damage;
  const after = await untilWhole(MEMBERS, HEAL_SECONDS);
  const healedMs = Math.max(after.sinceMs, damageEndMs);
  // A frozen postmaster counts as well until it is found: wait for rows over new connections, and a restart's end.
  await eventually('rows through both streams', HEAL_SECONDS, async () => {
    await probes.collect();
    const recent = Date.now() - QUIET_SECONDS * 1000;
    return probes.since(recent, 'rw').length > 10 && probes.since(recent, 'fresh').length > 1;
  });
  const whole = await untilWhole(MEMBERS, HEAL_SECONDS);
  const endMs = Date.now();

  // The comparison with the table comes after all that may fail without one: what it shows counts in this round only.
  await probes.collect();
  const from = beganMs - QUIET_SECONDS * 1000;
  const gap = (stream: string): number => longestGapSeconds(probes.since(from, stream), beganMs, endMs);
  const newConnectionGapSeconds = gap('fresh');
  const gapSeconds =
    fault.writesWait === true ? waitedSeconds(probes.since(from, 'rw'), scene.kept, damageEndMs, endMs) : gap('rw');
  const during =
    fault.writesWait === true
      ? probes.since(actedMs + 2000).filter(({ answeredMs }) => answeredMs < undoneFromMs - 2000)
      : [];
  const { ledger, ...answers } = await ask({
    ledger: () => probes.compareWithTable(whole.primary.name),
    durability: () => waysToLowerDurability(whole.primary.name),
    // A connection of the node that has just come back may still fail.
    verify: () => eventually('a result of verify', 60, () => verify()),
    lostSeconds: () => acknowledgedLostSeconds(),
    pages: () =>
      answeredPages(fault, pages, {
        around: { fromMs: from, beganMs, damageEndMs },
        endMs,
        rows: probes.since(from, 'rw'),
      }),
    // Last: after a lost node the repository has had the time of all the others to be there again.
    archive: () => archive.newHoles(whole.primary.name),
  });
  const broken = [
    ...(problem === undefined ? [] : [`the fault could not be done as meant: ${problem.message}`]),
    ...(during.length === 0 ? [] : [`${during.length} rows acknowledged while nobody could confirm them`]),
    ...answers.broken,
  ].slice(0, 20);
  return {
    fault: fault.name,
    begunAt: new Date(beganMs).toISOString(),
    from: scene.kept.movedTo ?? before.primary.name,
    to: after.primary.name,
    gapSeconds,
    newConnectionGapSeconds,
    actionSeconds: (actedMs - beganMs) / 1000,
    healedSeconds: (healedMs - damageEndMs) / 1000,
    acknowledged: ledger.acknowledged.length,
    missing: ledger.missing.length,
    doubled: ledger.doubled.length,
    unacknowledged: ledger.unacknowledged.length,
    stale: ledger.stale.length,
    verify: answers.verified,
    acknowledgedLostSeconds: answers.lostSeconds,
    mayLowerDurability: answers.allowed,
    load: [loadBefore, loadavg()[0]],
    pages: answers.pages,
    ...(problem !== undefined && { problem: problem.message }),
    notes,
    broken,
  };
}

async function answeredPages(
  { pagesGraceSeconds }: Fault,
  pages: PageProbe | undefined,
  round: { readonly around: Around; readonly endMs: number; readonly rows: Parameters<typeof gaps>[0] },
): Promise<AnsweredPages> {
  if (pages === undefined) return { figures: undefined, failed: [], silent: [] };
  const { around, endMs, rows } = round;
  await pages.collect();
  const requests = pages.since(around.beganMs);
  const figures = { requests: requests.length, failed: requests.filter(({ failure }) => failure !== undefined).length };
  if (pagesGraceSeconds === undefined) return { figures, failed: [], silent: [] };
  return {
    figures,
    failed: failuresOutsideGaps(requests, gaps(rows, around.beganMs, endMs), pagesGraceSeconds),
    silent: silentPages(pages.names, pages.since(around.fromMs), around),
  };
}
