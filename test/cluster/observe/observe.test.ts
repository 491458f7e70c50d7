import path from 'node:path';
import { buildDashboards } from '../../../dashboards';
import { metricsUsed } from '../../../dashboards/lib/metrics';
import { INHIBITIONS, ruleGroups } from '../../../rules';
import { validateRules } from '../../../rules/validate';
import { AGENTS_NAMESPACE, NAMESPACE, WORKLOAD } from '../../../src/names';
import { begin, end } from '../alerts/fault';
import { faultsOf } from '../alerts/faults';
import { runDailyAnalytics } from '../support/daily-run';
import { unboundedLabels } from '../../support/label-bounds';
import { get, kubectl } from '../support/cluster';
import { command } from '../../support/command';
import { eventually, sleep } from '../../support/eventually';
import { applyPlatform, untilSettled, type Variant } from '../support/platform';
import { untilDone } from '../support/job';
import { sql, untilWhole } from '../support/members';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';
import { AlertReceiver } from '../support/alert-receiver';
import { EXPECTED_ABSENT } from './expected-absent';
import { Loki } from './loki';
import { Prometheus } from '../support/prometheus';
import { burst, talk } from './talker';

const JOBS = [
  'alertmanager',
  'cadvisor',
  'exporter',
  'grafana',
  'kube-state-metrics',
  'kubelet',
  'log-collector',
  'loki',
  'node',
  'patroni',
  'postgres',
  'prometheus',
  'simulator',
];
/** Containers of metrics and logs, for the sum of their memory. */
const OBSERVERS =
  'prometheus|alertmanager|exporter|postgres-exporter|kube-state-metrics|node-exporter|loki|log-collector';
const AWAY_SECONDS = Number(process.env.EDTECH_LOKI_AWAY_SECONDS ?? 300);
const MEBI = 2 ** 20;
/** Of somebody: the schema, which the audit log shows, has the domain in a pattern. */
const STUDENT_ADDRESS = /[\w.-]@students[.]example[.]org/;
/** All but Loki itself, which may write down what a test asks it for. */
const OTHERS = '{namespace=~"edtech|edtech-node-agents", app!="loki"}';

const folder = new SuiteFolder('observe');
const receiver = new AlertReceiver();
let variant: Variant;
let prometheus: Prometheus;
let loki: Loki;

/** A moment's mark that no earlier run has written. */
const mark = `mark-${process.pid}-${Date.now()}`;
const linesOf = async (text: string): Promise<number> =>
  (await loki.counts(`sum(count_over_time({namespace="edtech", app="log-test"} |= "${text} line " [1h]))`))[0]?.count ??
  0;

beforeAll(async () => {
  await receiver.open();
  variant = await folder.render('development', path.join(__dirname, 'settings.ts'));
});

afterAll(async () => {
  prometheus?.close();
  loki?.close();
  receiver.close();
  await folder.remove();
});

test('the platform comes up with everything that watches it', async () => {
  await applyPlatform(variant);
  const seconds = await untilSettled(840);
  await eventually('agents on every node', 60, async () => {
    const { items } = JSON.parse(
      await command('kubectl', ['--namespace', AGENTS_NAMESPACE, 'get', 'daemonsets', '--output=json']),
    ) as { items: { status: { desiredNumberScheduled: number; numberReady?: number } }[] };
    const ready = items.every(({ status }) => status.numberReady === status.desiredNumberScheduled);
    return items.length === 2 && ready;
  });
  record('one apply to everything ready', { seconds: Math.round(seconds) });
  prometheus = await Prometheus.open();
  loki = await Loki.open();
});

test('every target is there and up', async () => {
  const targets = await eventually('all targets up', 180, async () => {
    const found = await prometheus.targets();
    const down = found.filter(({ health }) => health !== 'up');
    const missing = JOBS.filter((job) => !found.some((target) => target.job === job));
    if (down.length + missing.length > 0) throw new Error(JSON.stringify({ missing, down }));
    return found;
  });
  expect([...new Set(targets.map(({ job }) => job))].sort()).toEqual(JOBS);
  expect(
    targets
      .filter(({ job }) => job === 'postgres')
      .map(({ pod }) => pod)
      .sort(),
  ).toEqual(['edtech-postgres-0', 'edtech-postgres-1']);
});

test('every rule is evaluated without an error', async () => {
  const failed = await eventually('all rules evaluated', 420, async () => {
    const rules = await prometheus.failedRules();
    if (rules.length > 0) throw new Error(rules.join('; '));
    return rules;
  });
  expect(failed).toEqual([]);
});

test('a DAG run is seen in the figures that Airflow sends', async () => {
  const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  const run = await runDailyAnalytics(variant.config, day);
  console.log(`${day}: ${run.state} ${run.tasks}`);
  await eventually(
    'its duration',
    90,
    async () => (await prometheus.query('histogram_count(airflow_dagrun_duration_success)')).length > 0,
  );
});

test('the nightly proof finds what it must, which is told as figures', async () => {
  await kubectl(['create', 'job', 'verification-test', `--from=cronjob/${WORKLOAD.verification}`]);
  await untilDone('verification-test', 240);
  await eventually(
    'its result',
    150,
    async () => (await prometheus.number('sum(edtech_verify_difference_events)')) === 0,
  );
});

test('every metric that a rule or a dashboard reads exists', async () => {
  const groups = ruleGroups();
  const read = new Set([
    ...metricsUsed(buildDashboards()).keys(),
    ...[...validateRules(groups, INHIBITIONS).values()].flatMap(({ metrics }) => metrics),
  ]);
  const wanted = [...read].filter((name) => EXPECTED_ABSENT[name] === undefined).sort();
  expect(wanted.length).toBeGreaterThan(60);
  // Some rules are evaluated every five minutes.
  await eventually('all metrics', 330, async () => {
    const there = new Set(await prometheus.labelValues('__name__'));
    const absent = wanted.filter((name) => !there.has(name));
    if (absent.length > 0) throw new Error(absent.join(', '));
    return true;
  });
});

test('lines of every container are found by namespace, app, pod and container, each with a level', async () => {
  const running = (
    await Promise.all(
      [NAMESPACE, AGENTS_NAMESPACE].map((namespace) =>
        command('kubectl', ['--namespace', namespace, 'get', 'pods', '--output=json']),
      ),
    )
  ).flatMap(
    (text) =>
      (
        JSON.parse(text) as {
          items: {
            metadata: { name: string; namespace: string; labels: Record<string, string> };
            spec: { containers: { name: string }[] };
          }[];
        }
      ).items,
  );
  const silent: string[] = [];
  const missing: string[] = [];
  for (const { metadata, spec } of running) {
    const app = metadata.labels['app.kubernetes.io/name'].replace(/^edtech-/, '');
    for (const { name } of spec.containers) {
      const where = `${metadata.namespace}/${metadata.name}/${name}`;
      const args = ['--namespace', metadata.namespace, 'logs', metadata.name, '--container', name, '--tail=5'];
      if ((await command('kubectl', args)).trim() === '') {
        silent.push(where);
        continue;
      }
      const stream = `{namespace="${metadata.namespace}", app="${app}", container="${name}"} | pod="${metadata.name}"`;
      const [entry] = await loki.entries(`${stream} | level=~"error|warn|info|debug"`, 1);
      if (entry === undefined) missing.push(where);
    }
  }
  console.log(`containers that have written nothing: ${silent.join(', ') || 'none'}`);
  expect(running.length - silent.length).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});

test('a line is found within 15 s', async () => {
  const line = JSON.stringify({ level: 'error', msg: `${mark} single` });
  await talk('edtech-log-test-line', `console.log(${JSON.stringify(line)}); setInterval(() => {}, 1000);`);
  const begun = Number(
    await eventually('the container runs', 60, async () => {
      const { status } = await get<{
        status: { containerStatuses?: { state: { running?: { startedAt: string } } }[] };
      }>(['pod', 'edtech-log-test-line']);
      const at = status.containerStatuses?.[0].state.running?.startedAt;
      return at === undefined ? undefined : Date.parse(at);
    }),
  );
  const query = `{namespace="edtech", app="log-test"} | pod="edtech-log-test-line" | level="error" |= "${mark} single"`;
  const entry = await eventually('the line', 30, async () => (await loki.entries(query, 1))[0]);
  const seconds = (Date.now() - begun) / 1000;
  record('line written to line found', { seconds: Math.round(seconds * 10) / 10 });
  expect(entry.labels.fingerprint).toMatch(/^[0-9a-f]{12}$/);
  expect(seconds).toBeLessThan(15);
});

test('a burst of 20000 lines arrives whole', async () => {
  await talk('edtech-log-test-burst', burst(`${mark} burst`, 20_000));
  const begun = Date.now();
  await eventually('20000 lines', 90, async () => (await linesOf(`${mark} burst`)) >= 20_000);
  record('burst of 20000 lines', { seconds: Math.round((Date.now() - begun) / 1000) });
  await sleep(5);
  expect(await linesOf(`${mark} burst`)).toBe(20_000);
});

test('what is written while Loki is away is there when it is back', async () => {
  loki.close();
  await kubectl(['scale', `statefulset/${WORKLOAD.loki}`, '--replicas=0']);
  await kubectl(['wait', '--for=delete', `pod/${WORKLOAD.loki}-0`, '--timeout=150s'], { timeoutSeconds: 160 });
  await talk('edtech-log-test-away', burst(`${mark} away`, 5000));
  await sleep(AWAY_SECONDS);
  await kubectl(['scale', `statefulset/${WORKLOAD.loki}`, '--replicas=1']);
  await untilSettled(180);
  loki = await Loki.open();
  await eventually('5000 lines', 120, async () => (await linesOf(`${mark} away`)) >= 5000);
  await sleep(5);
  expect(await linesOf(`${mark} away`)).toBe(5000);
  record('Loki away', { seconds: AWAY_SECONDS, lines: 5000, lost: 0 });
});

test('no password, key or student’s address is in a log line or in a label', async () => {
  const { items } = await get<{ items: { metadata: { name: string }; data?: Record<string, string> }[] }>(['secrets']);
  const values = items.flatMap(({ metadata, data = {} }) =>
    Object.entries(data)
      .filter(([key]) => !['username', 'tls.crt', 'ca.crt'].includes(key))
      .map(([key, value]) => [`${metadata.name} ${key}`, Buffer.from(value, 'base64').toString()] as const)
      // Of a key in PEM one line of its body is enough.
      .map(([name, value]) => [name, value.includes('\n') ? value.split('\n')[2] : value] as const),
  );
  expect(values.length).toBeGreaterThan(30);
  const labels = new Set<string>();
  for (const label of await prometheus.labels())
    for (const value of await prometheus.labelValues(label)) labels.add(value);
  expect(labels.size).toBeGreaterThan(500);
  // A statement that is slow enough for the log, with an address among its values.
  await sql(
    (await untilWhole(variant.config.postgres.members, 120)).primary.name,
    "select pg_sleep(2.5), $1::text as slow_with_address \\bind 'slow@students.example.org' \\g\n",
  );
  await eventually(
    'the slow statement in the log',
    60,
    async () => (await loki.entries(`${OTHERS} |= "duration: " |= "slow_with_address"`, 1)).length > 0,
  );
  const told: string[] = [];
  for (const [name, value] of values) {
    const quoted = JSON.stringify(value);
    if ((await loki.entries(`${OTHERS} |= ${quoted}`, 1)).length > 0) told.push(name);
    if ([...labels].some((label) => label.includes(value))) told.push(`${name} in a label`);
  }
  expect(told).toEqual([]);
  expect([...labels].filter((label) => STUDENT_ADDRESS.test(label))).toEqual([]);
  expect(await loki.entries(`${OTHERS} |~ ${JSON.stringify(STUDENT_ADDRESS.source)}`, 1)).toEqual([]);
  const [address] = await sql(
    (await untilWhole(variant.config.postgres.members, 120)).primary.name,
    'select email from edtech.students limit 1;',
  );
  expect(address).toMatch(STUDENT_ADDRESS);
});

test('series and values of each label are bounded', async () => {
  const series = await prometheus.number('prometheus_tsdb_head_series');
  const labels = (await prometheus.query('count by (__name__)({job=~".+"})'))
    .sort((a, b) => b.value - a.value)
    .slice(0, 10)
    .map(({ metric, value }) => `${metric.__name__} ${value}`);
  console.log(`largest: ${labels.join(', ')}`);
  record('series', { series });
  expect(series).toBeLessThan(30_000);
  const values: Record<string, string[]> = {};
  for (const label of await prometheus.labels()) values[label] = await prometheus.labelValues(label);
  expect(Object.keys(values).length).toBeGreaterThan(40);
  expect(unboundedLabels(values)).toEqual([]);
});

test('metrics and logs take less than 900 MiB, the whole platform less than 4 GiB', async () => {
  const used =
    'max by (namespace, pod, container) (container_memory_working_set_bytes{container!="", container!="POD"})';
  const byContainer = await prometheus.query(`sum by (container) (${used})`);
  const figures = Object.fromEntries(
    byContainer.map(({ metric, value }) => [`${metric.container} MiB`, Math.round(value / MEBI)]),
  );
  const observers = await prometheus.number(
    `sum(max by (namespace, pod, container) (container_memory_working_set_bytes{container=~"${OBSERVERS}"}))`,
  );
  const all = await prometheus.number(`sum(${used})`);
  record('memory', {
    ...figures,
    'metrics and logs MiB': Math.round(observers / MEBI),
    'all MiB': Math.round(all / MEBI),
  });
  expect(observers / MEBI).toBeLessThan(900);
  expect(all / MEBI).toBeLessThan(4096);
});

test('a simulator scaled to 0 pages somebody, and its return is told too', async () => {
  await end(receiver, await begin(faultsOf(variant).simulatorStopped));
}, 1_000_000);

test('a stopped Prometheus gives no sign of life any more', async () => {
  await eventually('a sign of life', 90, async () => receiver.about('Watchdog', 'firing', Date.now() - 60_000));
  prometheus.close();
  await kubectl(['scale', `statefulset/${WORKLOAD.prometheus}`, '--replicas=0']);
  await kubectl(['wait', '--for=delete', `pod/${WORKLOAD.prometheus}-0`, '--timeout=150s'], { timeoutSeconds: 160 });
  const stopped = Date.now();
  // Alertmanager forgets what is not told again for five minutes; then the sign of life ends.
  await sleep(420);
  const late = receiver.told.filter(
    ({ alert, status, atMs }) => alert === 'Watchdog' && status === 'firing' && atMs > stopped + 360_000,
  );
  expect(late).toEqual([]);
  await kubectl(['scale', `statefulset/${WORKLOAD.prometheus}`, '--replicas=1']);
  const back = Date.now();
  await eventually('a sign of life', 240, async () => receiver.about('Watchdog', 'firing', back));
});
