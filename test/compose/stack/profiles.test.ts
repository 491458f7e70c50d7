import { eventually } from '../../support/eventually';
import { unboundedLabels } from '../../support/label-bounds';
import { Grafana } from './support/grafana';
import { docker, Stack } from './support/stack';

/** The profiles `metrics` and `logs`: only with `npm run test:compose -- --full`. */
const checkout = process.env.EDTECH_CHECKOUT ?? '';
const stack = new Stack(checkout, `edtech-profiles-${process.pid}`);
const JOBS = ['alertmanager', 'exporter', 'grafana', 'log-collector', 'loki', 'postgres', 'prometheus', 'simulator'];
const MEMORY_LIMIT_MIB = 4096;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const choose = (profiles: string): void => void (stack.variables.COMPOSE_PROFILES = profiles);

/** What a page of Prometheus or Loki answers, asked within the container of Prometheus. */
async function ask<T>(url: string): Promise<T> {
  const text = await stack.compose(['exec', '-T', 'prometheus', 'wget', '-qO-', url]);
  return (JSON.parse(text) as { data: T }).data;
}
const series = async (host: string, query: string): Promise<{ metric: Record<string, string>; value: number }[]> =>
  (
    await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      `http://${host}/query?query=${encodeURIComponent(query)}`,
    )
  ).result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
const prometheus = (query: string): ReturnType<typeof series> => series('127.0.0.1:9090/api/v1', query);
const loki = (query: string): ReturnType<typeof series> => series('edtech-loki.edtech.svc:3100/loki/api/v1', query);

const grafana = async (): Promise<Grafana> => new Grafana('http://127.0.0.1:3000', (await stack.accounts()).Grafana);

beforeAll(async () => {
  await stack.remove();
  stack.variables.EDTECH_DOCKER_ROOT = (await docker(['info', '--format', '{{.DockerRootDir}}'])).trim();
});

afterAll(() => stack.remove());

test('the stack comes up with both profiles', async () => {
  choose('metrics,logs');
  say(`up and healthy after ${(await stack.up(1500)).toFixed(0)} s`);
});

test('every target is up and every rule is evaluated', async () => {
  await eventually('targets and rules', 420, async () => {
    const { activeTargets } = await ask<{
      activeTargets: { labels: { job: string }; health: string; lastError: string }[];
    }>('http://127.0.0.1:9090/api/v1/targets?state=active');
    const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>(
      'http://127.0.0.1:9090/api/v1/rules',
    );
    const down = activeTargets.filter(({ health }) => health !== 'up').map(({ lastError }) => lastError);
    const jobs = [...new Set(activeTargets.map(({ labels }) => labels.job))].sort();
    const rules = groups.flatMap((group) => group.rules).filter(({ health }) => health !== 'ok');
    if (down.length + rules.length > 0 || jobs.join() !== JOBS.join())
      throw new Error(JSON.stringify({ down, jobs, rules }));
    return true;
  });
});

test('Airflow sends its figures', async () => {
  const instances = await eventually('figures of the scheduler', 120, async () => {
    const found = await prometheus('count by (instance) ({__name__=~"airflow_.+"})');
    return found.some(({ metric }) => metric.instance === 'airflow-scheduler') ? found : undefined;
  });
  say(`Airflow: ${instances.map(({ metric, value }) => `${metric.instance} ${value}`).join(', ')}`);
});

test('no label of a figure has unbounded values', async () => {
  const values: Record<string, string[]> = {};
  for (const label of await ask<string[]>('http://127.0.0.1:9090/api/v1/labels'))
    values[label] = await ask<string[]>(`http://127.0.0.1:9090/api/v1/label/${label}/values`);
  expect(Object.keys(values).length).toBeGreaterThan(30);
  expect(unboundedLabels(values)).toEqual([]);
});

test('lines of every service are found by app, pod and level', async () => {
  const services = new Set((await stack.containers()).map(({ service }) => service));
  const silent: string[] = [];
  for (const service of services) {
    const said = await stack.compose(['logs', '--no-color', '--no-log-prefix', service]);
    if (said.trim() === '') silent.push(service);
  }
  say(`services that have written nothing: ${silent.join(', ') || 'none'}`);
  await eventually('lines of all services', 60, async () => {
    const found = await loki('sum by (app, pod, level) (count_over_time({namespace="edtech"} [1h]))');
    const apps = new Set(found.map(({ metric }) => metric.app.replace(/^postgres-reconciler$/, 'reconciler')));
    const missing = [...services].filter((service) => !silent.includes(service) && !apps.has(service));
    const unnamed = found.filter(({ metric }) => !metric.pod || !metric.level);
    if (missing.length + unnamed.length > 0) throw new Error(JSON.stringify({ missing, unnamed }));
    return true;
  });
});

test('every query of every dashboard works', async () => {
  const page = await grafana();
  const checked = await eventually('figures on the page of objectives', 120, async () => {
    const now = await page.check();
    return now.results.some(({ dashboard, rows }) => dashboard === 'ops-slo' && rows > 0) ? now : undefined;
  });
  expect(checked.results.filter(({ ok }) => !ok)).toEqual([]);
  expect([...new Set(checked.results.map(({ dashboard }) => dashboard))]).toEqual(
    expect.arrayContaining(['ops-slo', 'ops-logs', 'ops-errors', 'ops-pg', 'ops-airflow', 'ops-pipeline']),
  );
});

test('nobody would be paged', async () => {
  const firing = await prometheus('ALERTS{alertstate="firing", severity="critical"}');
  expect(firing.map(({ metric }) => metric.alertname)).toEqual([]);
});

test('the memory of all containers stays below 4 GiB', async () => {
  const running = (await stack.containers()).filter(({ running: is }) => is).map(({ name }) => name);
  const used = (await docker(['stats', '--no-stream', '--format', '{{.MemUsage}}', ...running]))
    .trim()
    .split('\n')
    .map((text) => {
      const found = /^([\d.]+)(MiB|GiB)/.exec(text);
      if (found === null) throw new Error(`${text} is no memory`);
      return Number(found[1]) * (found[2] === 'GiB' ? 1024 : 1);
    });
  const sum = used.reduce((total, value) => total + value, 0);
  say(`memory of ${running.length} containers: ${sum.toFixed(0)} MiB`);
  expect(sum).toBeLessThanOrEqual(MEMORY_LIMIT_MIB);
});

test('a profile that the other services do not see is refused, with what to write instead', async () => {
  choose('');
  const said = await stack
    .compose(['--profile', 'metrics', 'run', '--rm', '--no-deps', '--no-TTY', 'monitoring'])
    .catch((error: Error) => error.message);
  expect(said).toContain('COMPOSE_PROFILES=metrics,logs docker compose up -d');
});

test('without the profiles Grafana shows what is left, and it works', async () => {
  choose('');
  await stack.compose(['--profile', '*', 'down']);
  await stack.up();
  const checked = await (await grafana()).check();
  expect(checked).toMatchObject({ ok: true, failed: 0 });
  expect(checked.results.map(({ dashboard }) => dashboard)).not.toContain('ops-slo');
});
