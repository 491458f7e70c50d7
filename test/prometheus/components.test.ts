import { parse, stringify } from 'yaml';
import { PORT, WORKLOAD } from '../../src/names';
import { ENVIRONMENTS, platformObjects } from '../policy/support/objects';
import { ENTRIES, podFiles } from './log-samples';
import { Containers, renderedContainer, untilReady, type Rendered } from './rendered';

const CONFIG = '/etc/edtech/config';
const containers = new Containers();
const rendered = Object.fromEntries(ENVIRONMENTS.map((environment) => [environment, platformObjects(environment)]));

afterAll(() => containers.close());

describe.each(ENVIRONMENTS)('%s', (environment) => {
  test('Prometheus, Alertmanager, Loki and the collector accept their rendered configuration', () => {
    const of = (name: string): Rendered => renderedContainer(rendered[environment], name);
    const check = (alias: string, name: string, program: string, ...args: string[]): string =>
      containers.run(`${environment}-${alias}`, of(name), program, args);
    expect(check('prometheus', WORKLOAD.prometheus, 'promtool', 'check', 'config', `${CONFIG}/prometheus.yml`)).toMatch(
      /SUCCESS: .*prometheus.yml is valid/,
    );
    expect(
      check('alertmanager', WORKLOAD.alertmanager, 'amtool', 'check-config', `${CONFIG}/alertmanager.yml`),
    ).toContain('SUCCESS');
    check('loki', WORKLOAD.loki, '/usr/bin/loki', `-config.file=${CONFIG}/loki.yaml`, '-verify-config');
    check('collector', WORKLOAD.logCollector, '/otelcol-contrib', 'validate', `--config=${CONFIG}/collector.yaml`);
  });
});

test('a configuration with a key that does not exist is refused', () => {
  const loki = renderedContainer(rendered.development, WORKLOAD.loki);
  const file = `${CONFIG}/loki.yaml`;
  const files = { ...loki.files, [file]: `${loki.files[file]}\nretention: 1d\n` };
  const verify = (): string =>
    containers.run('broken', { ...loki, files }, '/usr/bin/loki', [`-config.file=${file}`, '-verify-config']);
  expect(verify).toThrow();
});

test.each([
  [WORKLOAD.prometheus, PORT.prometheus, '/-/ready'],
  [WORKLOAD.alertmanager, PORT.alertmanager, '/-/ready'],
  [WORKLOAD.postgresExporter, PORT.postgresExporter, '/'],
  [WORKLOAD.nodeExporter, PORT.nodeExporter, '/'],
])('%s starts as it is rendered, with a read-only root', async (name, port, path) => {
  const container = renderedContainer(rendered.development, name);
  const url = containers.start(name, container, port);
  await untilReady(`${url}${path}`, 30, () => containers.logs(name));
});

interface Entry {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

/** The rendered collector, except that it knows no Kubernetes and sends to the Loki of this test. */
function collectorWithoutKubernetes(): Rendered {
  const collector = renderedContainer(rendered.development, WORKLOAD.logCollector);
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
  /** Texts with their level, of one container. */
  const of = (container: string): [string, string][] =>
    entries
      .filter(({ stream }) => stream.container === container)
      .flatMap(({ stream, values }) => values.map(([at, text]) => [at, text, stream.level] as const))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text, level]) => [level, text]);

  beforeAll(async () => {
    const loki = containers.start('loki', renderedContainer(rendered.development, WORKLOAD.loki), PORT.loki);
    await untilReady(`${loki}/ready`, 60, () => containers.logs('loki'));
    const folder = containers.place(podFiles(Date.now()));
    containers.start('collector', collectorWithoutKubernetes(), PORT.logCollector, [
      '--volume',
      `${folder}:/var/log/pods:ro`,
    ]);
    for (let tries = 0; tries < 120; tries++) {
      const query = new URLSearchParams({ query: '{namespace="edtech"}', limit: '500' });
      const answer = await fetch(`${loki}/loki/api/v1/query_range?${query}`);
      entries = ((await answer.json()) as { data: { result: Entry[] } }).data.result;
      if (entries.reduce((sum, { values }) => sum + values.length, 0) >= ENTRIES) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }, 120_000);

  test('PostgreSQL’s detail and statement stay with their error, and Patroni’s traceback with its own', () => {
    expect(of('postgres').map(([level, text]) => [level, text.split('\n').length])).toEqual([
      ['info', 1],
      ['error', 4],
      ['error', 1],
      ['info', 1],
      ['warn', 1],
      ['error', 5],
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

  test('errors of one kind have one fingerprint, whatever their numbers are', () => {
    const prints = entries
      .filter(({ stream }) => stream.level === 'error')
      .map(({ stream }) => [stream.fingerprint, stream.error]);
    expect(prints.every(([print]) => /^[0-9a-f]{12}$/.test(print))).toBe(true);
    expect(prints.map(([, error]) => error)).toContain('lost # rows of "…" at #.#.#.#');
  });
});
