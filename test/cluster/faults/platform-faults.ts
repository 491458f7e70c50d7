import { WORKLOAD } from '../../../src/names';
import { runDailyAnalytics } from '../support/daily-run';
import { get, kubectl } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import { members, pods, sql } from '../support/members';
import { allPods, unsettled, untilSettled } from '../support/platform';
import { longestGapSeconds } from './analysis';
import { primaryNow, walArchived, walWaits } from './archive';
import type { Fault, Scene } from './fault';
import { PARAMETER_VALUES, RESTARTED_PARAMETER } from './variants';

/** Between the end of an outage of the database and the moment when everything must be as before. */
const RECOVERY_SECONDS = 60;
/** Containers that may end once while the database is away; all others must not. */
const MAY_RESTART_ONCE: readonly string[] = [WORKLOAD.airflowScheduler, WORKLOAD.airflowDagProcessor];
const MUST_STAY: readonly string[] = [WORKLOAD.simulator, WORKLOAD.grafana, WORKLOAD.airflowApiServer];

/** Workloads of one replica that may stand on any node. */
const SINGLE_COPIES: readonly string[] = [
  WORKLOAD.airflowScheduler,
  WORKLOAD.airflowDagProcessor,
  WORKLOAD.postgresReconciler,
];
const SINGLE_COPY_AWAY_SECONDS = 120;
/** Dashboards and ingest, while the node of the single copies is away. */
const MAY_PAUSE_SECONDS = 30;

const NAME_LABEL = 'app.kubernetes.io/name';

/** Restarts so far, by workload and pod. */
async function restarts(): Promise<Map<string, number>> {
  const counted = [...MAY_RESTART_ONCE, ...MUST_STAY];
  const counts = new Map<string, number>();
  for (const { metadata, status } of await allPods()) {
    const workload = metadata.labels?.[NAME_LABEL] ?? '';
    if (!counted.includes(workload)) continue;
    const sum = (status.containerStatuses ?? []).reduce((n, { restartCount }) => n + restartCount, 0);
    counts.set(`${workload} ${metadata.name}`, sum);
  }
  return counts;
}

function tooManyRestarts(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after].flatMap(([key, count]) => {
    const [workload] = key.split(' ');
    if (!before.has(key)) return [`${key} is a new pod`];
    const more = count - (before.get(key) as number);
    return more > (MAY_RESTART_ONCE.includes(workload) ? 1 : 0) ? [`${key} restarted ${more} times`] : [];
  });
}

async function runsDaily(scene: Scene): Promise<string> {
  const [primary] = (await members()).filter(({ role }) => role === 'primary');
  const [day] = await sql(primary.name, "select (now() at time zone 'UTC')::date - 2;");
  return (await runDailyAnalytics(scene.config, day)).state;
}

/** The value that each member runs with, once none waits for a restart. */
async function runningValue(expected: string): Promise<void> {
  await eventually(`${RESTARTED_PARAMETER} = ${expected} on every member`, 300, async () => {
    const all = await members();
    for (const { name } of all) {
      const [value] = await sql(name, `show ${RESTARTED_PARAMETER};`);
      if (value !== expected) throw new Error(`${name} runs with ${value}`);
    }
    return all.length === 3;
  });
}

/** Applies the platform's settings or the changed ones and waits for them. @throws Error when the former primary was not the last to restart */
async function changeSetting(scene: Scene, to: 'now' | 'changed'): Promise<void> {
  const former = (await members()).find(({ role }) => role === 'primary');
  await scene.applySettings(to);
  await runningValue(PARAMETER_VALUES[to]);
  const started = await Promise.all(
    (await members()).map(async ({ name }) => ({
      name,
      at: Number((await sql(name, 'select extract(epoch from pg_postmaster_start_time());'))[0]),
    })),
  );
  const order = started.sort((a, b) => a.at - b.at).map(({ name }) => name);
  scene.note(`restarted in order ${order.join(', ')}; primary before: ${former?.name}`);
  if (order.at(-1) !== former?.name)
    throw new Error(`the primary ${former?.name} was not the last: ${order.join(', ')}`);
}

/** Brings what has one copy and may stand anywhere to the node of what has one copy and may not. Returns the node. */
async function gatherSingleCopies(): Promise<string> {
  const [repository] = await pods(WORKLOAD.backupRepository);
  const node = repository.spec.nodeName as string;
  const others = (
    await get<{ items: { metadata: { name: string }; spec: { unschedulable?: boolean } }[] }>(['nodes'])
  ).items
    .filter(({ metadata, spec }) => metadata.name !== node && spec.unschedulable !== true)
    .map(({ metadata }) => metadata.name);
  await kubectl(['cordon', ...others]);
  try {
    for (const workload of SINGLE_COPIES) {
      await kubectl(['delete', 'pod', `--selector=${NAME_LABEL}=${workload}`], { timeoutSeconds: 120 });
    }
    await untilSettled(300);
  } finally {
    await kubectl(['uncordon', ...others]);
  }
  for (const workload of SINGLE_COPIES) {
    const at = (await pods(workload)).map(({ spec }) => spec.nodeName);
    if (at.length !== 1 || at[0] !== node) throw new Error(`${workload} stands on ${at.join(', ')} instead of ${node}`);
  }
  return node;
}

/** Dashboards answer and events are ingested although a node is away. @throws Error when one of them stood still */
async function othersGoOn({ pages, kept, note }: Scene, killedMs: number): Promise<void> {
  if (pages === undefined) throw new Error('the pages are not asked');
  await pages.collect();
  const good = pages.since(killedMs - 5000).filter(({ page, failure }) => page === 'grafana' && failure === undefined);
  const pause = longestGapSeconds(good, killedMs, Date.now());
  const primary = await primaryNow(kept.nodes);
  const [lag] = await sql(primary, 'select extract(epoch from now() - min(watermark)) from ingest.shards;');
  note(`dashboards: at most ${pause.toFixed(1)} s without an answer; oldest watermark ${lag} s behind`);
  if (pause > MAY_PAUSE_SECONDS) throw new Error(`the dashboards' page gave no answer for ${pause.toFixed(1)} s`);
  if (Number(lag) > MAY_PAUSE_SECONDS) throw new Error(`a shard is ${lag} s behind`);
}

/** Faults that are about the services around the database as much as about the database. */
export const PLATFORM_FAULTS: readonly Fault[] = [
  {
    name: 'setting-changed',
    title: 'a server parameter that needs a restart changed, and changed back after 60 s',
    inject: (scene) => changeSetting(scene, 'changed'),
    undo: { afterSeconds: 60, run: (scene) => changeSetting(scene, 'now') },
    undoWaits: true,
    goal: { gapSeconds: 4 },
    pagesGraceSeconds: 5,
    wholePlatform: true,
    rounds: 5,
    random: false,
  },
  {
    name: 'single-copy-node-killed',
    title:
      'node of everything that there is one of (backup repository, scheduler, dag-processor, reconciler) without power for 120 s',
    inject: async (scene) => {
      const node = await gatherSingleCopies();
      scene.note(`${node} has them${node === scene.primary.node ? ', and the primary' : ''}`);
      const killed = Date.now();
      scene.kept.nodes.push(node);
      await scene.machines.kill(node);
      await sleep(SINGLE_COPY_AWAY_SECONDS);
      await walWaits(scene.kept.nodes, scene.note);
      await othersGoOn(scene, killed);
    },
    undo: {
      afterSeconds: SINGLE_COPY_AWAY_SECONDS,
      run: async ({ machines, kept, note }) => {
        for (const node of kept.nodes) await machines.start(node);
        await walArchived(kept.nodes[0], note);
      },
    },
    undoWaits: true,
    goal: { gapSeconds: 25 },
    wholePlatform: true,
    rounds: 5,
    random: false,
  },
  {
    name: 'database-away',
    title: 'every member away for 10 minutes',
    inject: async ({ kept }) => {
      kept.restarts = await restarts();
      await kubectl(['scale', 'statefulset', WORKLOAD.postgres, '--replicas=0']);
      await eventually('no member is left', 180, async () => (await pods(WORKLOAD.postgres)).length === 0);
    },
    undo: {
      afterSeconds: 600,
      run: async (scene) => {
        await kubectl(['scale', 'statefulset', WORKLOAD.postgres, '--replicas=3']);
        await eventually('the database takes connections', 180, async () => {
          const [primary] = (await members()).filter(({ role, ready }) => role === 'primary' && ready);
          return primary && (await sql(primary.name, 'select 1;')).length === 1;
        });
        const begun = Date.now();
        scene.kept.takesConnectionsMs = begun;
        await sleep(RECOVERY_SECONDS);
        const open = await unsettled();
        if (open.length > 0) throw new Error(`not ready ${RECOVERY_SECONDS} s after the return: ${open.join('; ')}`);
        const wrong = tooManyRestarts(scene.kept.restarts, await restarts());
        if (wrong.length > 0) throw new Error(wrong.join('; '));
        scene.note(`restarts: ${[...(await restarts())].map(([key, n]) => `${key} ${n}`).join(', ')}`);
        const state = await runsDaily(scene);
        scene.note(
          `DAG run ${RECOVERY_SECONDS} s after the return: ${state}, ${((Date.now() - begun) / 1000).toFixed(0)} s after it`,
        );
        if (state !== 'success') throw new Error(`the DAG run after the return ended as ${state}`);
      },
    },
    undoWaits: true,
    writesWait: true,
    goal: { gapSeconds: 60 },
    wholePlatform: true,
    rounds: 1,
    random: false,
  },
];
