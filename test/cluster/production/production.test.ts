import path from 'node:path';
import { secretRefs } from '../../../charts/05-secrets';
import { secretCatalogue, type SecretId } from '../../../src/secrets/catalogue';
import { PORT, WORKLOAD } from '../../../src/names';
import { ROOT } from '../../../src/root';
import type { Run } from '../support/airflow';
import { publishingLogs, runDailyAnalytics } from '../support/daily-run';
import { forwardPort, kubectl } from '../support/cluster';
import { eventually } from '../../support/eventually';
import { containerLogs, leaks, secretTexts } from '../support/container-logs';
import { dryRun, filesAfterPlatform } from '../support/dry-run';
import { pods, readyPods, sql, untilWhole, type Cluster } from '../support/members';
import {
  allPods,
  applyFile,
  applyPlatform,
  difference,
  renderVariant,
  tryToApply,
  untilSettled,
  type Variant,
} from '../support/platform';
import { untilDone } from '../support/job';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { fairlyShared, ownership } from '../support/shards';
import { EXACT, verify } from '../support/simulator';
import { beyondTheSite, differences } from '../support/variant-difference';

const MEMBERS = 3;
const SETTINGS = path.join(__dirname, 'settings.ts');
const folder = new SuiteFolder('production');

let variant: Variant;
let cluster: Cluster;
let run: Run;

beforeAll(async () => {
  variant = await folder.render('production', SETTINGS);
});

afterAll(async () => {
  await folder.remove();
});

test('what is applied differs from the committed production only in what belongs to a site', () => {
  const changes = differences(path.join(ROOT, 'dist/production'), variant.directory, ['05-secrets.k8s.yaml']);
  console.log(changes.map(({ where, committed, variant: now }) => `${where}: ${committed} → ${now}`).join('\n'));
  expect(changes.length).toBeGreaterThan(0);
  expect(beyondTheSite(changes)).toEqual([]);
});

test('after the namespaces a strict dry run of the rest has nothing to say, but would', async () => {
  await applyFile(path.join(variant.directory, '00-platform.k8s.yaml'));
  const rest = await dryRun(filesAfterPlatform(variant.directory));
  expect(rest.stderr).toBe('');
  expect(rest.code).toBe(0);
  expect(rest.stdout.trim().split('\n').length).toBeGreaterThan(50);

  const fixture = (name: string): string => path.join(__dirname, 'fixtures', `${name}.yaml`);
  const warned = await dryRun([fixture('breaks-restricted')]);
  expect(warned.stderr).toMatch(/Warning: would violate PodSecurity "restricted:v1\.\d+": privileged/);
  const refused = await dryRun([fixture('unknown-field')]);
  expect(refused.stderr).toContain('.spec.portz: field not declared in schema');
  expect(refused.code).not.toBe(0);
});

test('the platform comes up from one apply on an empty cluster', async () => {
  const begun = Date.now();
  await applyPlatform(variant);
  await untilSettled(840);
  cluster = await untilWhole(MEMBERS, 60);
  record('one apply on empty nodes, until all is ready', { seconds: Math.round((Date.now() - begun) / 1000) });
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
  await eventually('a later watermark', 60, async () => (await oldest()) > before);
});

test('a second apply changes nothing', async () => {
  expect(await difference(variant)).toBe('');
  const unchanged = await applyPlatform(variant);
  expect(unchanged.length).toBeGreaterThan(50);
  expect(await difference(variant)).toBe('');
});

test('the daily analytics of a past day run in Airflow and are published', async () => {
  const [day] = await sql(cluster.primary.name, "select (now() at time zone 'UTC')::date - 3;");
  run = await runDailyAnalytics(variant.config, day);
  console.log(`${day}: ${run.tasks}`);
  expect(run.state).toBe('success');
  const published = await sql(
    cluster.primary.name,
    `select count(*) from analytics.runs where day = '${day}' and status = 'published';`,
  );
  expect(Number(published[0])).toBeGreaterThan(0);
});

test('the page shows the logs of tasks that have ended, which are in the pod of the scheduler', async () => {
  const logs = await publishingLogs(variant.config, run);
  expect(logs.length).toBeGreaterThan(0);
  for (const log of logs) expect(log).toMatch(/^published run \d+, checksum \S+$/m);
});

test('a redirect of Airflow stays on TLS, which ends at the ingress', async () => {
  const page = await forwardPort(`deployment/${WORKLOAD.airflowApiServer}`, PORT.airflow);
  try {
    const address = `127.0.0.1:${page.port}/auth/login`;
    const { status, headers } = await fetch(`http://${address}`, {
      redirect: 'manual',
      headers: { 'X-Forwarded-Proto': 'https' },
      signal: AbortSignal.timeout(20_000),
    });
    expect([status, headers.get('location')]).toEqual([308, `https://${address}/`]);
  } finally {
    page.close();
  }
});

test('the nightly proof finds every stored event as the seed says it, and retention may rely on it', async () => {
  await kubectl(['create', 'job', 'verification-test', `--from=cronjob/${WORKLOAD.verification}`]);
  await untilDone('verification-test', 240);
  const recorded = await sql(
    cluster.primary.name,
    'select compared, lost, extra, changed from ops.verify_results order by verify_id desc limit 1;',
  );
  const [compared, lost, extra, changed] = recorded[0].split('|').map(Number);
  record('verify', { compared, lost, extra, changed });
  expect(compared).toBeGreaterThan(100_000);
  expect({ lost, extra, changed }).toEqual({ lost: 0, extra: 0, changed: 0 });
  const proven = await sql(cluster.primary.name, 'select count(*) from ops.verifications where ok;');
  expect(Number(proven[0])).toBeGreaterThan(variant.config.simulator.historyDays);
});

test('another clone, with secrets of its own, is refused and harms nothing', async () => {
  const clone = path.join(folder.path, 'clone');
  const other = await renderVariant('production', SETTINGS, path.join(clone, 'dist'), path.join(clone, 'secrets'));
  const state = async (): Promise<string[]> =>
    (await allPods()).map(({ metadata, status }) =>
      [metadata.name, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount)].join(' '),
    );
  const before = await state();
  const { code, stderr } = await tryToApply(other);
  expect(code).not.toBe(0);
  const refs = secretRefs(variant.config);
  const used = Object.entries(secretCatalogue(variant.config.pages)).filter(([, { unused }]) => unused !== true);
  const names = used.map(([id]) => refs[id as SecretId].name);
  const said = stderr.split('\n').filter((line) => line !== '');
  expect(
    said.filter(
      (line) =>
        !/^Error from server \(Invalid\): Secret "\S+" is invalid: data: Forbidden: field is immutable/.test(line),
    ),
  ).toEqual([]);
  expect(said.map((line) => line.split('"')[1]).sort()).toEqual([...names].sort());
  // The autoscaler may have added replicas.
  expect(await state()).toEqual(expect.arrayContaining(before));
  expect(await difference(variant)).toBe('');
});

test('the autoscaler sees the load', async () => {
  const shown = await eventually('a figure', 120, async () => {
    const text = await kubectl(['get', 'hpa', WORKLOAD.simulator, '--no-headers']);
    return text.includes('<unknown>') ? undefined : text;
  });
  console.log(shown);
  expect(shown).toMatch(/cpu: \d+%\/70%/);
});

test('2 → 8 → 2 replicas by hand: each time all shards are held and every event is right; an apply leaves the number alone', async () => {
  const replicas = async (): Promise<number> =>
    Number(await kubectl(['get', 'deployment', WORKLOAD.simulator, '--output=jsonpath={.spec.replicas}']));
  const scale = async (count: number): Promise<void> => {
    const begun = Date.now();
    // It would go by the load, of which verify in a replica's pod makes the most.
    await kubectl(['delete', 'hpa', WORKLOAD.simulator, '--ignore-not-found']);
    await kubectl(['scale', 'deployment', WORKLOAD.simulator, `--replicas=${count}`]);
    await eventually(`${count} replicas that share all shards`, 180, async () => {
      const running = await pods(WORKLOAD.simulator);
      const ready = await readyPods(WORKLOAD.simulator);
      const held = await ownership(cluster.primary.name);
      return running.length === count && ready.length === count && fairlyShared(held, count);
    });
    const seconds = Math.round((Date.now() - begun) / 1000);
    const verified = await verify();
    record(`scaled by hand to ${count}`, { seconds, ...verified });
    expect(verified).toMatchObject(EXACT);
    expect(await replicas()).toBe(count);
  };
  await scale(2);
  await scale(8);
  await applyPlatform(variant);
  expect(await replicas()).toBe(8);
  await scale(2);
  await applyPlatform(variant);
});

test('a deleted primary is replaced, nothing is lost, and an apply would change nothing', async () => {
  await kubectl(['delete', 'pod', cluster.primary.name, '--wait=false']);
  await eventually('another primary', 120, async () => {
    const leader = (await pods(WORKLOAD.postgres)).find(({ metadata }) => metadata.labels?.role === 'primary');
    return leader !== undefined && leader.metadata.name !== cluster.primary.name;
  });
  cluster = await untilWhole(MEMBERS, 240);
  await untilSettled(240);
  expect(await verify()).toMatchObject(EXACT);
  expect(await difference(variant)).toBe('');
});

test('no value of a Secret is in the log of any container', async () => {
  const [logs, secrets] = [await containerLogs(), await secretTexts()];
  expect(logs.length).toBeGreaterThan(20);
  expect(secrets.size).toBeGreaterThan(20);
  expect(leaks(logs, secrets)).toEqual([]);
  // A login's name is in the log of connections: what is not secret is found.
  expect(leaks(logs, new Map([['name', ['edtech_simulator_a']]]))).not.toEqual([]);
});

test('no container was ended for want of memory', async () => {
  const ended = (await allPods()).flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? [])
      .filter(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled')
      .map(({ name }) => `${metadata.name}/${name}`),
  );
  expect(ended).toEqual([]);
});
