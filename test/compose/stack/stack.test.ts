import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Airflow } from '../../cluster/support/airflow';
import { command } from '../../support/command';
import { eventually, sleep } from '../../support/eventually';
import { Grafana } from './support/grafana';
import { randomNumbers, shuffled } from './support/random';
import { docker, Stack, type ContainerState } from './support/stack';

/** A clean clone that the suite may change. */
const checkout = process.env.EDTECH_CHECKOUT ?? '';
if (checkout === '') throw new Error('EDTECH_CHECKOUT is not set: run npm run test:compose');
const full = process.env.EDTECH_FULL === 'true';
const seed = Number(process.env.EDTECH_SEED ?? 1);
const RANDOM_STARTS = full ? 20 : 3;
/** On a machine that does much else; a quiet one needs a minute. */
const LONGEST_START_MS = 600_000;
const PROVEN = { lost: 0, extra: 0, changed: 0 };

const stack = new Stack(checkout, `edtech-test-${process.pid}`);
let grafana: Grafana;
let airflow: Airflow;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const count = async (text: string, database?: string): Promise<number> => Number((await stack.sql(text, database))[0]);

async function logIn(): Promise<void> {
  const accounts = await stack.accounts();
  grafana = new Grafana('http://127.0.0.1:3000', accounts.Grafana);
  airflow = new Airflow('http://127.0.0.1:8080', accounts.Airflow);
  await eventually('Airflow lets the administrator in', 60, async () => {
    await airflow.logIn();
    return true;
  });
}

beforeAll(() => stack.remove());
afterAll(() => stack.remove());

test('a clean clone comes up healthy from one command', async () => {
  const seconds = await stack.up(1500);
  say(`up and healthy after ${seconds.toFixed(0)} s (aim: 120 s on a quiet machine)`);
  expect(await stack.unwell()).toEqual([]);
  await logIn();
});

test('events flow: the oldest watermark moves', async () => {
  const oldest = (): Promise<number> => count('select extract(epoch from min(watermark)) from ingest.shards');
  const before = await oldest();
  expect(before).toBeGreaterThan(0);
  await eventually('a later watermark', 60, async () => (await oldest()) > before);
});

test('the newest day that is over is published by Airflow', async () => {
  // Yesterday, unless a cohort in the west has not reached its cut yet.
  const [day] = await stack.sql(
    `select max(day) from (
       select day, bool_and(analytics.first_cut(cohort_id, day, interval '4 hours') < now()) as over
       from edtech.school_days where day < (now() at time zone 'UTC')::date group by day) d where over`,
  );
  const run = await airflow.run('daily_analytics', { day, cohorts: [] }, 900);
  say(`daily_analytics of ${day}: ${run.state} ${run.tasks.replace(/\S+=success ?/g, '')}`);
  expect(run.state).toBe('success');
  const task = run.instances.find(({ task_id: id, state }) => id === 'cohort_day.publish' && state === 'success')!;
  expect(await airflow.log(run, task)).toMatch(/^published run \d+, checksum /m);
  expect(
    await count(`select count(*) from analytics.runs where day = '${day}' and status = 'published'`),
  ).toBeGreaterThan(0);
});

test('every query of every dashboard works', async () => {
  const checked = await grafana.check();
  expect(checked.results.filter(({ ok }) => !ok)).toEqual([]);
  const rows = (prefix: string): number =>
    checked.results.filter(({ dashboard }) => dashboard.startsWith(prefix)).reduce((sum, { rows: n }) => sum + n, 0);
  say(`dashboards: ${checked.queries} queries, rows of educators ${rows('edu-')}, of Airflow ${rows('ops-airflow')}`);
  for (const uid of [
    'edu-class',
    'edu-lesson',
    'edu-student',
    'edu-risk',
    'edu-cohort',
    'ops-airflow',
    'ops-pipeline',
  ]) {
    expect([uid, rows(uid) > 0]).toEqual([uid, true]);
  }
});

test('every stored event is the one that the seed says', async () => {
  const verified = await stack.verify();
  say(JSON.stringify(verified));
  expect(verified.compared).toBeGreaterThan(100_000);
  expect(verified).toMatchObject(PROVEN);
});

test('every published figure is the one that the seed says, within the memory of a replica', async () => {
  const answered = await stack.answerKey();
  say(JSON.stringify(answered));
  expect(answered.compared).toBeGreaterThan(100_000);
  expect(answered.different).toBe(0);
  expect(answered.runs).toBeGreaterThan(0);
});

/** Seconds until a change of a file is seen. */
async function seenAfter(what: string, change: () => void, seen: () => Promise<boolean>): Promise<number> {
  const begun = Date.now();
  change();
  await eventually(what, 300, seen, 0.25);
  const seconds = (Date.now() - begun) / 1000;
  say(`${what} after ${seconds.toFixed(1)} s`);
  return seconds;
}

test('changed sources are picked up', async () => {
  const dag = path.join(checkout, 'dags/zz_picked_up.py');
  const source = 'from airflow.sdk import dag\n\n\n@dag(schedule=None)\ndef picked_up():\n    pass\n\n\npicked_up()\n';
  await seenAfter(
    'a new DAG is known',
    () => writeFileSync(dag, source),
    async () => (await count("select count(*) from public.dag where dag_id = 'picked_up'", 'airflow')) > 0,
  );
  const texts = path.join(checkout, 'dashboards/texts/class.ts');
  await seenAfter(
    'a changed dashboard is shown',
    () =>
      writeFileSync(texts, readFileSync(texts, 'utf8').replace("title: 'Class overview'", "title: 'Class at work'")),
    async () => (await grafana.title('edu-class')) === 'Class at work',
  );
  const [simulator] = (await stack.containers()).filter(({ service }) => service === 'simulator');
  await seenAfter(
    'a changed simulator is started again',
    () => appendFileSync(path.join(checkout, 'simulator/src/main.ts'), '// changed\n'),
    async () => (await command('bash', ['-c', 'docker logs "$0" 2>&1', simulator.name])).includes('starts again'),
  );
  await stack.untilWell(600);
});

const isLive = ({ oneShot }: ContainerState): boolean => !oneShot;

test('each container whose process is killed comes back by itself', async () => {
  for (const { name, service, pid, restarts } of (await stack.containers()).filter(isLive)) {
    const begun = Date.now();
    // From outside, as the kernel does when memory is short.
    process.kill(pid, 'SIGKILL');
    await eventually(`${name} running again`, 300, async () => {
      const now = (await stack.containers()).find((container) => container.name === name);
      return now !== undefined && now.running && now.restarts > restarts;
    });
    say(`${service}: started again after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  await stack.untilWell(600);
  expect(await stack.verify()).toMatchObject(PROVEN);
});

test('what a person stops with docker kill stays down until the next up, which brings it back', async () => {
  const live = (await stack.containers()).filter(isLive);
  await docker(['kill', ...live.map(({ name }) => name)]);
  await sleep(5);
  expect((await stack.containers()).filter(({ running }) => running)).toEqual([]);
  say(`all killed: healthy again ${(await stack.up()).toFixed(0)} s after up`);
});

test(
  `${RANDOM_STARTS} starts in random order with containers killed in between converge`,
  async () => {
    say(`seed ${seed}`);
    const random = randomNumbers(seed);
    for (let round = 1; round <= RANDOM_STARTS; round++) {
      const all = shuffled(await stack.containers(), random);
      await docker(['kill', ...all.filter(({ running }) => running).map(({ name }) => name)]);
      for (const [index, { name }] of all.entries()) {
        await docker(['start', name]);
        await sleep(random() * 1.5);
        // Some of those that were started before; one that has ended in the meantime is refused.
        const victim = all[Math.floor(random() * (index + 1))];
        if (random() < 0.4)
          await docker(['kill', victim.name]).catch((error: Error) => expect(error.message).toMatch(/is not running/));
      }
      const seconds = await stack.up();
      expect(await stack.unwell()).toEqual([]);
      say(`random start ${round}: healthy ${seconds.toFixed(0)} s after up`);
      if (round % 5 === 0 || round === RANDOM_STARTS) expect(await stack.verify()).toMatchObject(PROVEN);
    }
  },
  RANDOM_STARTS * LONGEST_START_MS,
);

test('down and up keep the data, and accounts stay', async () => {
  const batches = await count('select count(*) from ingest.batches');
  const accounts = await stack.accounts();
  await stack.compose(['down']);
  await stack.up();
  expect(await count('select count(*) from ingest.batches')).toBeGreaterThanOrEqual(batches);
  expect(await stack.accounts()).toEqual(accounts);
});

test('down -v removes everything', async () => {
  await stack.compose(['down', '--volumes']);
  expect(await stack.remains()).toEqual([]);
});
