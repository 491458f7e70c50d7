import { parse } from 'yaml';
import { buildDashboards } from '../../dashboards';
import { renderDashboards } from '../../dashboards/render';
import { SOURCES } from '../../dashboards/lib/sources';
import { withSources } from '../../dashboards/lib/with-sources';
import { provisioningFiles } from '../../compose/grafana-files';
import { collectorFiles, lokiFiles } from '../../compose/log-files';
import { readManifests } from '../../compose/manifests';
import { PROFILES, profilesOf, type Profile } from '../../compose/profiles';
import { KUBERNETES_ALERTS, KUBERNETES_JOBS, prometheusFiles } from '../../compose/prometheus-files';
import { alertsOf, ruleGroups } from '../../rules';

const manifests = readManifests();
const DATASOURCES = 'provisioning/datasources/edtech.yaml';

const jobsWith = (profiles: readonly Profile[]): string[] =>
  (
    parse(prometheusFiles(manifests, profiles)['config/prometheus.yml']) as { scrape_configs: { job_name: string }[] }
  ).scrape_configs.map(({ job_name }) => job_name);

test('profiles are read as Compose writes them, and others are none of these', () => {
  expect(profilesOf(undefined)).toEqual([]);
  expect(profilesOf('debug')).toEqual([]);
  expect(profilesOf('logs, debug,metrics')).toEqual(['metrics', 'logs']);
});

test('Grafana is given the data sources that run, and no other', () => {
  const types = (profiles: readonly Profile[]): string[] =>
    (parse(provisioningFiles(manifests, profiles)[DATASOURCES]) as { datasources: { type: string }[] }).datasources.map(
      ({ type }) => type,
    );
  const database = SOURCES.educator.type;
  expect(types([])).toEqual([database, database, database, database]);
  expect(types(['metrics'])).toEqual([database, database, database, database, 'prometheus']);
  expect(types(PROFILES)).toEqual([database, database, database, database, 'prometheus', 'loki']);
});

test('without Prometheus and Loki no panel, annotation or link asks for them, and every other panel stays', () => {
  const isDatabase = (source: keyof typeof SOURCES): boolean => SOURCES[source].type === SOURCES.educator.type;
  const all = buildDashboards();
  const left = withSources(all, isDatabase);
  const keysOf = (dashboards: typeof left): string[] =>
    dashboards.flatMap(({ uid, panels }) =>
      panels.filter(({ source }) => source !== undefined && isDatabase(source)).map(({ key }) => `${uid}/${key}`),
    );
  expect(keysOf(left)).toEqual(keysOf(all));
  expect(left.map(({ uid }) => uid)).toEqual(
    all.map(({ uid }) => uid).filter((uid) => !['ops-slo', 'ops-logs', 'ops-errors'].includes(uid)),
  );
  const text = Object.values(renderDashboards(undefined, isDatabase)).join('');
  for (const absent of ['edtech-prometheus', 'edtech-loki', '/d/ops-slo', '/d/ops-logs', '/d/ops-errors']) {
    expect([absent, text.includes(absent)]).toEqual([absent, false]);
  }
  expect(withSources(all, () => true)).toEqual(all);
});

test('Prometheus asks everything that runs here, and nothing that only a cluster has', () => {
  const [metrics, both] = [jobsWith(['metrics']), jobsWith(PROFILES)];
  expect(both.filter((job) => !metrics.includes(job))).toEqual(['loki', 'log-collector']);
  const rendered = (
    parse(
      manifests.find(({ kind, data }) => kind === 'ConfigMap' && data?.['prometheus.yml'] !== undefined)?.data?.[
        'prometheus.yml'
      ] ?? '',
    ) as { scrape_configs: { job_name: string }[] }
  ).scrape_configs.map(({ job_name }) => job_name);
  expect([...both, ...KUBERNETES_JOBS].sort()).toEqual(rendered.sort());
  expect(prometheusFiles(manifests, PROFILES)['config/prometheus.yml']).not.toMatch(/kubernetes/);
});

test('every rule of the platform is evaluated, but for those that miss Patroni', () => {
  const rules = parse(prometheusFiles(manifests, PROFILES)['config/rules.yml']) as {
    groups: { rules: { alert?: string }[] }[];
  };
  const here = rules.groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? []));
  const all = alertsOf(ruleGroups()).map(({ alert }) => alert);
  expect([...here, ...KUBERNETES_ALERTS].sort()).toEqual(all.sort());
});

test('Loki tells Prometheus what it counts where there is one', () => {
  expect(lokiFiles(manifests, PROFILES)['config/loki.yaml']).toMatch(/remote_write:\n\s+enabled: true/);
  expect(lokiFiles(manifests, ['logs'])['config/loki.yaml']).toMatch(/remote_write:\n\s+enabled: false/);
});

test('the collector keeps what it does with a line, and asks no cluster', () => {
  const collector = collectorFiles(manifests)['config/collector.yaml'];
  expect(collector).not.toMatch(/k8s_attributes|k8s\./);
  expect(collector).toContain('transform/levels');
  expect(collector).toMatch(/ limit_mib: 102\n +spike_limit_mib: 25\n/);
  expect(collector).toContain('set(resource.attributes["app"], "postgres-reconciler")');
});
