import { buildDashboards } from '../../dashboards';
import { SOURCES, type SourceName } from '../../dashboards/lib/sources';
import { resolveRange } from '../../local/page/data/time-range';
import { environmentNames, loadEnvironment } from '../../src/config/environments';
import { secretCatalogue } from '../../src/secrets/catalogue';
import { completeStore } from '../../src/secrets/generate';
import type { SecretStore } from '../../src/secrets/store';
import { NOW } from '../dashboards/support/filled-database';
import { Containers } from '../support/containers';
import { grafanaContainer, type GrafanaContainer } from './support/deployment';
import { Grafana } from './support/grafana';
import { startPlatform } from './support/platform';

/** Panels of SQL that a healthy stream leaves empty, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'ops-pipeline/failures': 'no check fails',
  'edu-class/network': 'has a range of its own, which ends now: after the data',
  'edu-class/usual': 'has a range of its own, too',
  'edu-lesson/time': 'no lesson of so small a stream is completed by ten students on one day',
  'edu-student/risk': 'the first student of the first class gives no reason for concern',
};

/** The stand-in serves HTTP only; where the manifest says HTTPS, this one setting is changed. */
const plain = (container: GrafanaContainer): GrafanaContainer => ({
  ...container,
  env: { ...container.env, GF_SERVER_PROTOCOL: 'http' },
});

const containers = new Containers();
let store: SecretStore;
beforeAll(async () => {
  store = await completeStore('check', secretCatalogue(loadEnvironment('development').pages), new Date());
  await startPlatform(containers, store);
}, 900_000);
afterAll(() => containers.close());

describe.each(environmentNames())('what Grafana is given in %s', (environment) => {
  let grafana: Grafana;
  beforeAll(async () => {
    grafana = Grafana.start(containers, plain(grafanaContainer(environment, store)));
    await grafana.ready();
  }, 120_000);
  afterAll(() => grafana?.remove());

  test('is read without an error and without a warning', async () => {
    expect(await grafana.ask('/check/findings')).toEqual([]);
    expect(await grafana.ask('/api/health')).toMatchObject({
      database: 'ok',
      provisioning: { errors: 0, warnings: 0 },
    });
  });

  test('is every data source, and each connects', async () => {
    const known = await grafana.ask<{ uid: string; type: string; readOnly: boolean }[]>('/api/datasources');
    expect(known.map(({ uid, type, readOnly }) => ({ uid, type, readOnly }))).toEqual(
      expect.arrayContaining(Object.values(SOURCES).map(({ uid, type }) => ({ uid, type, readOnly: true }))),
    );
    expect(known).toHaveLength(Object.keys(SOURCES).length);
    for (const { uid } of known)
      expect(await grafana.ask(`/api/datasources/uid/${uid}/health`)).toMatchObject({ status: 'OK' });
  });

  test('is every dashboard, in its folder', async () => {
    const found = await grafana.ask<{ uid: string; folderTitle: string }[]>('/api/search?type=dash-db');
    const folder = (audience: string) => (audience === 'educators' ? 'educators' : 'operations');
    expect(found.map(({ uid, folderTitle }) => `${folderTitle}/${uid}`).sort()).toEqual(
      buildDashboards()
        .map(({ uid, audience }) => `${folder(audience)}/${uid}`)
        .sort(),
    );
  });

  test('has no query that fails with the ranges and values that the dashboards open with', async () => {
    const results = await grafana.queries();
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(new Set(results.map(({ dashboard }) => dashboard)).size).toBe(buildDashboards().length);
  }, 120_000);
});

describe('the SQL of the dashboards through the provisioned data sources', () => {
  const isSql = (source: SourceName | undefined): boolean =>
    source !== undefined && SOURCES[source].type === 'grafana-postgresql-datasource';
  const withSql = buildDashboards().filter(({ panels }) => panels.some(({ source }) => isSql(source)));
  let grafana: Grafana;
  beforeAll(async () => {
    grafana = Grafana.start(containers, plain(grafanaContainer('production', store)));
    await grafana.ready();
  }, 120_000);
  afterAll(() => grafana?.remove());

  test.each(withSql.map((dashboard) => [dashboard.uid, dashboard] as const))(
    'brings rows in every panel and variable of %s at the end of the data',
    async (uid, { range, panels, variables }) => {
      // Restatements come up to three days after a day.
      const from = uid === 'ops-pipeline' ? 'now-14d' : range.from;
      // The data ends at a fixed time; Airflow's one run has just been.
      const now = uid === 'ops-airflow' ? new Date() : NOW;
      const { from: start, to: end } = resolveRange(from, range.to, now, 'America/Los_Angeles');
      const results = await grafana.queries({ dashboard: uid, from: start.toISOString(), to: end.toISOString() });
      const rows = new Map(results.map((result) => [`${result.kind} ${result.panel}`, result.rows]));
      const wanted = [
        ...variables.map(({ name }) => ({ key: name, found: rows.get(`variable variable:${name}`) })),
        ...panels
          .filter(({ source }) => isSql(source))
          .map(({ key, title }) => ({ key, found: rows.get(`panel ${title}`) })),
      ];
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
      expect(wanted.filter(({ found }) => found === undefined)).toEqual([]);
      expect(wanted.filter(({ key, found }) => (found === 0) !== `${uid}/${key}` in EMPTY)).toEqual([]);
    },
    120_000,
  );
});

describe('the check itself', () => {
  const started = async (change: (text: string) => string): Promise<{ code: number; log: string }> => {
    const container = plain(grafanaContainer('production', store));
    const folders = container.folders.map(({ path, files }) =>
      files === undefined
        ? { path }
        : { path, files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, change(text)])) },
    );
    const grafana = Grafana.start(containers, { ...container, folders });
    try {
      return { code: await grafana.ended(), log: grafana.log() };
    } finally {
      grafana.remove();
    }
  };

  test('ends for a data source that is not provisioned', async () => {
    const { code, log } = await started((text) => text.replace('uid: edtech-loki', 'uid: edtech-logs'));
    expect(log).toContain('there is no data source with uid edtech-loki');
    expect(code).toBe(1);
  }, 180_000);

  test('ends for a variable that a dashboard does not have', async () => {
    const { code, log } = await started((text) => text.replaceAll('${classroom:sqlstring}', '${class:sqlstring}'));
    expect(log).toContain('variable $class is not defined');
    expect(code).toBe(1);
  }, 180_000);
});
