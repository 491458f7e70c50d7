import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { COLLECTOR_STATE } from '../../charts/collector-config';
import { errorsByKind, HAS_HISTORY, newErrors } from '../../rules/errors';
import { LOG_GROUPS } from '../../rules/logs';
import { PORT, WORKLOAD } from '../../src/names';
import { ENVIRONMENTS, platformObjects } from '../policy/support/objects';
import { eventually } from '../support/eventually';
import { containerdLines, CRIO_CONTAINER, crioFiles, ENTRIES, fileOf, podFiles } from './log-samples';
import { renderedContainer, type Rendered } from './rendered';
import { RenderedContainers } from './rendered-containers';

const CONFIG = '/etc/edtech/config';
const containers = new RenderedContainers();
const rendered = Object.fromEntries(ENVIRONMENTS.map((environment) => [environment, platformObjects(environment)]));

const STARTED = [
  [WORKLOAD.prometheus, PORT.prometheus, '/-/ready'],
  [WORKLOAD.alertmanager, PORT.alertmanager, '/-/ready'],
  [WORKLOAD.loki, PORT.loki, '/ready'],
  [WORKLOAD.logCollector, PORT.logCollectorHealth, '/'],
  [WORKLOAD.postgresExporter, PORT.postgresExporter, '/'],
  [WORKLOAD.nodeExporter, PORT.nodeExporter, '/'],
] as const;

/** That of `development` is the Loki of the lines below as well. */
const aliasOf = (environment: string, name: string): string =>
  environment === 'development' && name === WORKLOAD.loki ? 'loki' : `${environment}-${name}`;
/** Ids by alias. */
const started: Record<string, string> = {};

// All at once, before anything is asked: Loki is ready 15 s after its start and not sooner.
beforeAll(() => {
  for (const environment of ENVIRONMENTS) {
    for (const [name, port] of STARTED) {
      const container =
        name === WORKLOAD.logCollector
          ? collectorWithoutKubernetes(environment)
          : renderedContainer(rendered[environment], name);
      const alias = aliasOf(environment, name);
      started[alias] = containers.start(alias, container, port);
    }
  }
});

afterAll(() => containers.close());

describe.each(ENVIRONMENTS)('%s', (environment) => {
  test('Prometheus, Alertmanager, Loki and the collector accept their rendered configuration', () => {
    const expectContent = (name: string, program: string, args: readonly string[], said = ''): void =>
      expect(containers.check(renderedContainer(rendered[environment], name), program, args)).toEqual({
        ok: true,
        output: expect.stringContaining(said),
      });
    const promtool = ['check', 'config', `${CONFIG}/prometheus.yml`];
    expectContent(WORKLOAD.prometheus, 'promtool', promtool, 'prometheus.yml is valid');
    expectContent(WORKLOAD.alertmanager, 'amtool', ['check-config', `${CONFIG}/alertmanager.yml`], 'SUCCESS');
    expectContent(WORKLOAD.loki, '/usr/bin/loki', [`-config.file=${CONFIG}/loki.yaml`, '-verify-config']);
    expectContent(WORKLOAD.logCollector, '/otelcol-contrib', ['validate', `--config=${CONFIG}/collector.yaml`]);
  });
});

test('a configuration with a key that does not exist is refused', () => {
  const loki = renderedContainer(rendered.development, WORKLOAD.loki);
  const file = `${CONFIG}/loki.yaml`;
  const files = { ...loki.files, [file]: `${loki.files[file]}\nretention: 1d\n` };
  const { ok } = containers.check({ ...loki, files }, '/usr/bin/loki', [`-config.file=${file}`, '-verify-config']);
  expect(ok).toBe(false);
});

test.each(ENVIRONMENTS)(
  '%s: all start as they are rendered, with a read-only root, and become ready',
  async (environment) => {
    for (const [name, port, path] of STARTED) {
      await containers.untilReady(started[aliasOf(environment, name)], port, path, 60);
    }
  },
  120_000,
);

test('one whose configuration is refused does not become ready', async () => {
  const prometheus = renderedContainer(rendered.development, WORKLOAD.prometheus);
  const file = `${CONFIG}/prometheus.yml`;
  const files = { ...prometheus.files, [file]: `${prometheus.files[file]}\nretention: 1d\n` };
  const refused = containers.start('refused', { ...prometheus, files }, PORT.prometheus);
  await expect(containers.untilReady(refused, PORT.prometheus, '/-/ready', 3)).rejects.toThrow();
  expect(containers.logs(refused)).toMatch(/field retention not found/);
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let loki = '';

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Time, and the figure as text. */
  readonly value: readonly [number, string];
}

/** What a query of the moment answers with. */
async function lokiSeries(query: string): Promise<readonly Series[]> {
  const answer = await fetch(`${loki}/loki/api/v1/query?${new URLSearchParams({ query })}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${query}: ${text}`);
  return (JSON.parse(text) as { data: { result: readonly Series[] } }).data.result;
}

/** Fingerprints of the series that a query of the moment answers with. */
const lokiCounts = async (query: string): Promise<(string | undefined)[]> =>
  (await lokiSeries(query)).map(({ metric }) => metric.fingerprint);

/** An entry as the collector sends it, of a moment in the past. */
async function write(
  app: string,
  text: string,
  attributes: Readonly<Record<string, string>>,
  atMs: number,
  pod = `edtech-${app}-0`,
): Promise<void> {
  const named = ([key, stringValue]: [string, string]): object => ({ key, value: { stringValue } });
  const resourceLogs = [
    {
      resource: { attributes: Object.entries({ namespace: 'edtech', app, pod, container: app }).map(named) },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: `${atMs}000000`,
              body: { stringValue: text },
              attributes: Object.entries(attributes).map(named),
            },
          ],
        },
      ],
    },
  ];
  const answer = await fetch(`${loki}/otlp/v1/logs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ resourceLogs }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

interface Entry {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

const writeError = (fingerprint: string, atMs: number): Promise<void> =>
  write('x', 'failed', { level: 'error', fingerprint, error: 'failed' }, atMs);

/** The rendered collector, except that it asks no Kubernetes, without which it does not start, and sends to the Loki of this test. */
function collectorWithoutKubernetes(environment: (typeof ENVIRONMENTS)[number]): Rendered {
  const collector = renderedContainer(rendered[environment], WORKLOAD.logCollector);
  const file = `${CONFIG}/collector.yaml`;
  const config = parse(collector.files[file]) as {
    exporters: { otlp_http: { endpoint: string } };
    service: { pipelines: { logs: { processors: string[] } } };
  };
  config.exporters.otlp_http.endpoint = 'http://loki:3100/otlp';
  const { logs } = config.service.pipelines;
  logs.processors = logs.processors.filter((processor) => !processor.startsWith('k8s_attributes'));
  return { ...collector, files: { ...collector.files, [file]: stringify(config) } };
}

describe('lines that the collector reads and Loki keeps', () => {
  let entries: Entry[] = [];
  /** Texts of the entries of the last hours. */
  const textsOf = async (query: string, hours = 3): Promise<string[]> => {
    const range = new URLSearchParams({ query, start: `${Date.now() - hours * HOUR_MS}000000`, limit: '500' });
    const answer = await fetch(`${loki}/loki/api/v1/query_range?${range}`);
    const { data } = (await answer.json()) as { data: { result: Entry[] } };
    return data.result.flatMap(({ values }) => values.map(([, text]) => text));
  };
  /** Texts with their level, of one container. */
  const of = (container: string): [string, string][] =>
    entries
      .filter(({ stream }) => stream.container === container)
      .flatMap(({ stream, values }) => values.map(([at, text]) => [at, text, stream.level] as const))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text, level]) => [level, text]);

  beforeAll(async () => {
    loki = containers.url(started.loki, PORT.loki);
    // One for the files of each runtime: a node has one.
    const files = { collector: podFiles(Date.now()), 'collector-crio': crioFiles(Date.now()) };
    for (const [alias, content] of Object.entries(files)) {
      const volume = `${containers.folderOf(content)}:/var/log/pods:ro`;
      const collector = collectorWithoutKubernetes('development');
      containers.start(alias, collector, PORT.logCollector, ['--volume', volume]);
    }
    await eventually(`${ENTRIES} entries`, 60, async () => {
      const query = new URLSearchParams({ query: '{namespace="edtech"}', limit: '500' });
      const answer = await fetch(`${loki}/loki/api/v1/query_range?${query}`);
      entries = ((await answer.json()) as { data: { result: Entry[] } }).data.result;
      const found = entries.reduce((sum, { values }) => sum + values.length, 0);
      if (found < ENTRIES) throw new Error(`${found} entries`);
      return true;
    });
  }, 120_000);

  test('PostgreSQL’s detail and statement stay with their error, and so do Patroni’s traceback and pgBackRest’s repository', () => {
    expect(of('postgres').map(([level, text]) => [level, text.split('\n').length])).toEqual([
      ['info', 1],
      ['error', 4],
      ['error', 1],
      ['info', 1],
      ['warn', 1],
      ['error', 5],
      ['warn', 1],
      ['error', 2],
    ]);
  });

  test('a Python traceback with its cause is one entry of level error', () => {
    const [info, error, access, task] = of('scheduler');
    expect([info[0], access[0], task[0]]).toEqual(['info', 'info', 'warn']);
    expect(error[0]).toBe('error');
    expect(error[1]).toMatch(/^\S+ \[error +\] Something broke[^]*RuntimeError: bad$/);
  });

  test('our own JSON lines have their level, and plain text of exporters has one as well', () => {
    expect(of('simulator').map(([level]) => level)).toEqual(['info', 'error', 'warn']);
    expect(of('kube-state-metrics').map(([level]) => level)).toEqual(['info', 'error', 'warn', 'error', 'info']);
  });

  test('that Loki deletes no lines is no news, and other errors of its own are', () => {
    expect(of('loki').map(([level, text]) => [level, (JSON.parse(text) as { msg: string }).msg])).toEqual([
      ['error', 'error getting ingester clients'],
    ]);
  });

  test('lines of CRI-O are read as those of containerd are, whatever the zone of the node', () => {
    expect(of(CRIO_CONTAINER)).toEqual([
      ['warn', 'level=warn msg=first'],
      ['error', 'level=error msg=second'],
    ]);
  });

  test('errors of one kind have one fingerprint, whatever their numbers are', () => {
    const prints = entries
      .filter(({ stream }) => stream.level === 'error')
      .map(({ stream }) => [stream.fingerprint, stream.error]);
    expect(prints.every(([print]) => /^[0-9a-f]{12}$/.test(print))).toBe(true);
    expect(prints.map(([, error]) => error)).toContain('lost # rows of "…" at #.#.#.#');
  });

  test('lines are found by their pod, as a label of the stream and behind it', async () => {
    const found = entries.filter(({ stream }) => stream.pod === 'edtech-simulator-0').flatMap(({ values }) => values);
    expect(found).toHaveLength(3);
    expect(await textsOf('{pod="edtech-simulator-0"}')).toHaveLength(3);
    expect(await textsOf('{namespace="edtech"} | pod="edtech-simulator-0"')).toHaveLength(3);
  });

  test('what one node kept back for hours is taken after younger lines of the same workload on another node', async () => {
    const now = Date.now();
    await write('kept-back', 'young', { level: 'info' }, now, 'edtech-kept-back-a');
    await write('kept-back', 'old', { level: 'info' }, now - 2 * HOUR_MS, 'edtech-kept-back-b');
    expect((await textsOf('{namespace="edtech", app="kept-back"}')).sort()).toEqual(['old', 'young']);
    // Of one pod it is refused: else this would prove nothing.
    const again = write('kept-back', 'older', { level: 'info' }, now - 2 * HOUR_MS, 'edtech-kept-back-a');
    await expect(again).rejects.toThrow(/400 .*too far behind/s);
  });

  test('a file that the kubelet rotated while the collector was away is read on from where it was, each line once', async () => {
    const now = Date.now();
    const some = (word: string): string[] => Array.from({ length: 50 }, (_, index) => `${word} line ${index}`);
    const name = fileOf('rotated', 8);
    const folder = containers.folderOf({ [name]: containerdLines(some('read'), now) });
    const file = path.join(folder, name);
    const volume = containers.volume();
    const rendered = collectorWithoutKubernetes('development');
    const writable = rendered.writable.filter((target) => target !== COLLECTOR_STATE);
    const start = (alias: string): string =>
      containers.start(alias, { ...rendered, writable }, PORT.logCollector, [
        ...['--volume', `${folder}:/var/log/pods:ro`],
        ...['--volume', `${volume}:${COLLECTOR_STATE}`],
      ]);
    const until = (count: number): Promise<string[]> =>
      eventually(`${count} lines`, 60, async () => {
        const texts = await textsOf('{app="rotated"}');
        if (texts.length < count) throw new Error(`${texts.length} lines`);
        return texts;
      });
    const first = start('before-rotation');
    expect(await until(50)).toHaveLength(50);
    containers.stop(first);

    appendFileSync(file, containerdLines(some('unread'), now + 100));
    renameSync(file, `${file}.20260302-071500`);
    writeFileSync(`${file}.20260302-061500.gz`, 'compressed');
    writeFileSync(`${file}.20260302-061500.tmp`, containerdLines(['being compressed'], now));
    writeFileSync(file, containerdLines(some('new'), now + 200));
    const second = start('after-rotation');
    const texts = await until(150);
    expect([...texts].sort()).toEqual([...some('read'), ...some('unread'), ...some('new')].sort());
    // Loki shows a line that came twice once only, so the collector is asked.
    const figures = await (await fetch(`${containers.url(second, PORT.logCollector)}/metrics`)).text();
    const accepted = [...figures.matchAll(/^otelcol_receiver_accepted_log_records_total\{.*\} (\d+)$/gm)];
    expect(accepted.map(([, count]) => Number(count))).toEqual([100]);
  }, 180_000);

  test('lines cannot be deleted by who reaches Loki', async () => {
    const query = new URLSearchParams({ query: '{namespace="edtech"}', start: '0' });
    const answer = await fetch(`${loki}/loki/api/v1/delete?${query}`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('deletion is not available')]);
  });

  test('every figure that Loki’s rules record can be computed', async () => {
    const figures = LOG_GROUPS.flatMap(({ recordings = [] }) => recordings);
    expect(figures.length).toBeGreaterThan(3);
    for (const { expr } of figures) expect(await lokiCounts(expr)).toBeInstanceOf(Array);
  });

  test('failures of pipelines are counted by their DAG, whether a task, its run or the time limit says so', async () => {
    const now = Date.now();
    const run = (state: string): string =>
      `Marking run <DagRun retention @ 2026-03-02 02:20:00+00:00: scheduled__2026-03-02T02:20:00+00:00, state:running, queued_at: 2026-03-02 02:20:00+00:00. run_type: scheduled> ${state} [airflow.models.dagrun.DagRun] loc=dagrun.py:1223`;
    const lines = [
      '[error    ] {"event": "pipeline_failed", "dag_id": "daily_analytics", "run_id": "manual", "task_id": "list_cohorts", "reason": "one of 4"} [edtech.pipelines] loc=edtech_defaults.py:20',
      `[info     ] ${run('failed')}`,
      '[info     ] Run scheduled__2026-03-02T02:05:00+00:00 of retention has timed-out [airflow.jobs.scheduler_job_runner] loc=x.py:2874',
      `[info     ] ${run('successful')}`,
      '[info     ] Run manual of retention has begun',
    ];
    for (const [index, line] of lines.entries()) {
      await write('airflow-scheduler', `2026-03-02T02:21:00.000000Z ${line}`, { level: 'info' }, now - index);
    }
    // Somebody else's mention of one is none.
    await write('simulator', lines[0], { level: 'info' }, now);
    const { expr } = LOG_GROUPS.flatMap(({ recordings = [] }) => recordings).find(
      ({ record }) => record === 'edtech:pipeline_failures:2h',
    )!;
    const counted = (await lokiSeries(expr)).map(({ metric, value }) => [metric.dag_id, Number(value[1])]);
    expect(Object.fromEntries(counted)).toEqual({ daily_analytics: 1, retention: 2 });
  });

  test('new errors are those that the days before did not have, and a day without a past has none', async () => {
    expect(await lokiCounts(HAS_HISTORY)).toEqual([]);
    const [old, recent, known, fresh] = [3 * DAY_MS, HOUR_MS, '0000000000aa', '0000000000bb'];
    await writeError(known, Date.now() - old);
    // What is older than a few hours is looked for on disk only, where it would be after a day.
    await fetch(`${loki}/flush`, { method: 'POST' });
    await writeError(known, Date.now() - recent);
    await writeError(fresh, Date.now() - recent);
    const kinds = await lokiCounts(errorsByKind());
    expect(kinds).toEqual(expect.arrayContaining([known, fresh]));
    const withoutKnown = await eventually('an error of three days ago no longer counted as new', 30, async () => {
      const news = await lokiCounts(newErrors);
      return !news.includes(known) && news;
    });
    expect(withoutKnown).toContain(fresh);
  });
});
