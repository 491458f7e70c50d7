import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { secretRefs } from '../../../charts/05-secrets';
import { ROOT } from '../../../src/config/environments';
import { PORT, WORKLOAD } from '../../../src/names';
import { Airflow } from '../support/airflow';
import { forwardPort, kubectl } from '../support/cluster';
import { eventually } from '../support/command';
import { pods, sql, untilWhole, type Cluster } from '../support/members';
import {
  allPods,
  applyPlatform,
  difference,
  removePlatform,
  renderVariant,
  secretText,
  untilSettled,
  type Variant,
} from '../support/platform';
import { verify } from '../support/simulator';
import { differences } from '../support/variant-difference';

const MEMBERS = 3;
const work = mkdtempSync(path.join(tmpdir(), 'edtech-cluster-'));
/** Where values stay that the fault suite needs as well, if the platform is kept. */
const secretsDirectory = process.env.EDTECH_SECRETS ?? path.join(work, 'secrets');
const keep = process.env.EDTECH_KEEP === 'true';

let variant: Variant;
let cluster: Cluster;

beforeAll(async () => {
  variant = await renderVariant(
    'production',
    path.join(__dirname, 'settings.ts'),
    path.join(work, 'dist'),
    secretsDirectory,
  );
});

afterAll(async () => {
  if (!keep) await removePlatform();
  rmSync(work, { recursive: true, force: true });
});

test('the platform comes up from one apply on an empty cluster', async () => {
  const changes = differences(path.join(ROOT, 'dist/production'), variant.directory, ['05-secrets.k8s.yaml']);
  console.log(changes.map(({ where, committed, variant: now }) => `${where}: ${committed} → ${now}`).join('\n'));
  const begun = Date.now();
  await applyPlatform(variant);
  await untilSettled(840);
  cluster = await untilWhole(MEMBERS, 60);
  console.log(`ready after ${((Date.now() - begun) / 1000).toFixed(0)} s`);
});

test('three members stand on three nodes, and any of the standbys may acknowledge', async () => {
  expect(new Set([cluster.primary, ...cluster.standbys].map(({ node }) => node)).size).toBe(MEMBERS);
  const [standbys] = await sql(cluster.primary.name, 'show synchronous_standby_names;');
  expect(standbys).toMatch(/^ANY 1 \(/);
});

test('the simulators stand on different nodes', async () => {
  const nodes = (await pods(WORKLOAD.simulator)).map(({ spec }) => spec.nodeName);
  expect(nodes.length).toBeGreaterThanOrEqual(2);
  expect(new Set(nodes).size).toBeGreaterThanOrEqual(2);
});

test('events flow: the oldest watermark moves', async () => {
  const oldest = async (): Promise<number> =>
    Number((await sql(cluster.primary.name, 'select extract(epoch from min(watermark)) from ingest.shards;'))[0]);
  const before = await oldest();
  expect(before).toBeGreaterThan(0);
  await eventually('a later watermark', 60, async () => ((await oldest()) > before ? true : undefined));
});

test('a second apply changes nothing', async () => {
  expect(await difference(variant)).toBe('');
  const unchanged = await applyPlatform(variant);
  expect(unchanged.length).toBeGreaterThan(50);
  expect(await difference(variant)).toBe('');
});

test('the daily analytics of a past day run in Airflow and are published', async () => {
  const { airflowAdmin } = secretRefs(variant.config);
  const page = await forwardPort(`deployment/${WORKLOAD.airflowApiServer}`, PORT.airflow);
  const airflow = new Airflow(`http://127.0.0.1:${page.port}`, {
    username: await secretText(airflowAdmin.name, 'username'),
    password: await secretText(airflowAdmin.name, 'password'),
  });
  await airflow.logIn();
  const [day] = await sql(cluster.primary.name, "select (now() at time zone 'UTC')::date - 3;");
  const run = await airflow.run('daily_analytics', { day, cohorts: [] }, 420).finally(page.close);
  console.log(`${day}: ${run.tasks}`);
  expect(run.state).toBe('success');
  const published = await sql(
    cluster.primary.name,
    `select count(*) from analytics.runs where day = '${day}' and status = 'published';`,
  );
  expect(Number(published[0])).toBeGreaterThan(0);
});

test('every stored event is the one that the seed says', async () => {
  const verified = await verify();
  console.log(JSON.stringify(verified));
  expect(verified.compared).toBeGreaterThan(100_000);
  expect(verified).toMatchObject({ lost: 0, extra: 0, changed: 0 });
});

test('a deleted primary is replaced, nothing is lost, and an apply would change nothing', async () => {
  await kubectl(['delete', 'pod', cluster.primary.name, '--wait=false']);
  await eventually('another primary', 120, async () => {
    const leader = (await pods(WORKLOAD.postgres)).find(({ metadata }) => metadata.labels?.role === 'primary');
    return leader !== undefined && leader.metadata.name !== cluster.primary.name ? true : undefined;
  });
  cluster = await untilWhole(MEMBERS, 240);
  await untilSettled(240);
  expect(await verify()).toMatchObject({ lost: 0, extra: 0, changed: 0 });
  expect(await difference(variant)).toBe('');
});

test('no container was ended for want of memory', async () => {
  const ended = (await allPods()).flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? [])
      .filter(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled')
      .map(({ name }) => `${metadata.name}/${name}`),
  );
  expect(ended).toEqual([]);
});
