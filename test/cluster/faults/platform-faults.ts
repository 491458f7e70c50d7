import { WORKLOAD } from '../../../src/names';
import { runDailyAnalytics } from '../support/daily-run';
import { kubectl } from '../support/cluster';
import { eventually, sleep } from '../support/command';
import { members, pods, sql } from '../support/members';
import { allPods, unsettled } from '../support/platform';
import { longestGapSeconds } from './analysis';
import type { Fault, Scene } from './fault';
import { PARAMETER_VALUES, RESTARTED_PARAMETER } from './variants';

/** Between the end of an outage of the database and the moment when everything must be as before. */
const RECOVERY_SECONDS = 60;
/** Containers that may end once while the database is away; all others must not. */
const MAY_RESTART_ONCE: readonly string[] = [WORKLOAD.airflowScheduler, WORKLOAD.airflowDagProcessor];
const MUST_STAY: readonly string[] = [WORKLOAD.simulator, WORKLOAD.grafana, WORKLOAD.airflowApiServer];

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
    return all.length === 3 ? true : undefined;
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

/** Faults that are about the services around the database as much as about the database. */
export const PLATFORM_FAULTS: readonly Fault[] = [
  {
    name: 'setting-changed',
    title: 'a server parameter that needs a restart changed, and changed back after 60 s',
    inject: (scene) => changeSetting(scene, 'changed'),
    undo: { afterSeconds: 60, run: (scene) => changeSetting(scene, 'now') },
    goal: { gapSeconds: 4 },
    pagesGraceSeconds: 5,
    wholePlatform: true,
    rounds: 5,
    random: false,
  },
  {
    name: 'single-copy-node-killed',
    title: 'node of Airflow’s scheduler, of which there is one, without power for 120 s',
    inject: async (scene) => {
      const begun = Date.now();
      const [scheduler] = await pods(WORKLOAD.airflowScheduler);
      const node = scheduler.spec.nodeName as string;
      scene.note(`${node} has the scheduler${node === scene.primary.node ? ' and the primary' : ''}`);
      scene.kept.nodes.push(node);
      await scene.machines.kill(node);
      await sleep(110);
      const { pages } = scene;
      if (pages === undefined) throw new Error('the pages are not asked');
      await pages.collect();
      const good = pages.since(begun - 5000).filter(({ page, failure }) => page === 'grafana' && failure === undefined);
      const pause = longestGapSeconds(good, begun, Date.now());
      const [lag] = await sql(
        (await members()).find(({ role, node: at }) => role === 'primary' && at !== node)?.name ?? scene.primary.name,
        'select extract(epoch from now() - min(watermark)) from ingest.shards;',
      );
      scene.note(`dashboards: at most ${pause.toFixed(1)} s without an answer; oldest watermark ${lag} s behind`);
      if (pause > 30) throw new Error(`the dashboards' page gave no answer for ${pause.toFixed(1)} s`);
      if (Number(lag) > 30) throw new Error(`a shard is ${lag} s behind`);
    },
    undo: {
      afterSeconds: 120,
      run: async ({ machines, kept }) => {
        for (const node of kept.nodes) await machines.start(node);
      },
    },
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
    },
    undo: {
      afterSeconds: 600,
      run: async (scene) => {
        await kubectl(['scale', 'statefulset', WORKLOAD.postgres, '--replicas=3']);
        await eventually('the database takes connections', 180, async () => {
          const [primary] = (await members()).filter(({ role, ready }) => role === 'primary' && ready);
          return primary && (await sql(primary.name, 'select 1;')).length === 1 ? true : undefined;
        });
        const begun = Date.now();
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
    writesWait: true,
    goal: { gapSeconds: 60 },
    wholePlatform: true,
    rounds: 1,
    random: false,
  },
];
