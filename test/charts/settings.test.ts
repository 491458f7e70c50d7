import { parse } from 'yaml';
import { prometheusFiles } from '../../charts/60-metrics';
import { verificationSchedule } from '../../charts/verification';
import { loadEnvironment } from '../../src/config/environments';
import type { PlatformConfig } from '../../src/config/types';
import { WORKLOAD } from '../../src/names';
import { at, ofKind, platformObjects, templateOf } from '../policy/support/objects';

const production = loadEnvironment('production');

function variablesOf(workload: string, change?: () => PlatformConfig): Record<string, unknown> {
  const object = platformObjects('production', change).find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === workload,
  );
  const env = (templateOf(object!)?.spec.containers[0].env ?? []) as { name: string; value?: string }[];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

test('each database gets the SQL that is meant for it', () => {
  const settings = ofKind(platformObjects('production'), 'ConfigMap').find(
    ({ metadata }) => metadata.name === 'edtech-postgres-settings',
  );
  const { bootstrap } = JSON.parse(at<string>(settings!, 'data', 'settings.json')!) as { bootstrap: object };
  expect(bootstrap).toEqual({
    postgres: ['01_roles.sql'],
    edtech: ['02_database.sql', '03_every_database.sql'],
    airflow: ['03_every_database.sql'],
    grafana: ['03_every_database.sql'],
  });
});

test('the DAGs read what the configuration says', () => {
  expect(variablesOf(WORKLOAD.airflowScheduler)).toMatchObject({
    EDTECH_CUT_ALLOWANCE_HOURS: '4',
    EDTECH_RETENTION_DAYS: '400',
    EDTECH_RETENTION_DRY_RUN: 'true',
    EDTECH_AIRFLOW_HISTORY_DAYS: '90',
  });
  expect(variablesOf(WORKLOAD.airflowScheduler)).not.toHaveProperty('EDTECH_ANALYTICS_FROM');
  const changed = variablesOf(WORKLOAD.airflowScheduler, () => ({
    ...production,
    analytics: { from: '2026-03-02', cutAllowanceHours: 2 },
    retention: { rawEventDays: 30, dropRawEvents: true, airflowMetadataDays: 14 },
  }));
  expect(changed).toMatchObject({
    EDTECH_ANALYTICS_FROM: '2026-03-02',
    EDTECH_CUT_ALLOWANCE_HOURS: '2',
    EDTECH_RETENTION_DAYS: '30',
    EDTECH_RETENTION_DRY_RUN: 'false',
    EDTECH_AIRFLOW_HISTORY_DAYS: '14',
  });
});

test('error budgets are those of the days that samples are kept', () => {
  const rules = (retentionDays: number): string =>
    prometheusFiles({ ...production, metrics: { ...production.metrics, retentionDays } })['rules.yml'];
  expect(rules(45)).toContain('slo:bad{slo=~"availability|freshness"}[30d]');
  expect(rules(15)).toContain('slo:bad{slo=~"availability|freshness"}[15d]');
});

test('replicas are told the scenarios of the stream', () => {
  expect(variablesOf(WORKLOAD.simulator)).not.toHaveProperty('STREAM_CONFIG');
  const scenarios = [{ name: 'exam-week', start: '2026-03-02' }] as const;
  const { simulator } = production;
  const told = variablesOf(WORKLOAD.simulator, () => ({
    ...production,
    simulator: { ...simulator, stream: { scenarios: [...scenarios] } },
  }));
  expect(JSON.parse(String(told.STREAM_CONFIG))).toEqual({ scenarios });
});

test('what is stored is proven once a night, one run at a time', () => {
  expect(verificationSchedule(production)).toBe('40 0 * * *');
  const cronJob = ofKind(platformObjects('production'), 'CronJob').find(
    ({ metadata }) => metadata.name === WORKLOAD.verification,
  )!;
  expect(at(cronJob.spec, 'concurrencyPolicy')).toBe('Forbid');
  expect(templateOf(cronJob)?.spec.containers[0].args).toEqual(['verify', '--due', '--record']);
});

const jobsOf = (change?: (config: PlatformConfig) => PlatformConfig): string[] =>
  ofKind(platformObjects('production', change), 'Job')
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith(WORKLOAD.airflowMigrations) || name.startsWith(WORKLOAD.airflowUsers));

test('Jobs of Airflow run again for another image, and not for what only the DAGs, the page or its certificate changes', () => {
  const before = jobsOf();
  expect(before).toHaveLength(2);
  const exposure = { kind: 'Ingress', className: 'c', controllerNamespace: 'ingress', tlsSecret: 't' } as const;
  const unchanged: ((config: PlatformConfig) => PlatformConfig)[] = [
    (config) => ({ ...config, analytics: { from: '2026-03-02', cutAllowanceHours: 2 } }),
    (config) => ({ ...config, retention: { rawEventDays: 30, dropRawEvents: true, airflowMetadataDays: 14 } }),
    (config) => ({ ...config, timeZone: 'Asia/Tokyo', airflow: { ...config.airflow, parallelism: 8 } }),
    (config) => ({ ...config, pages: { ...config.pages, exposure, tls: 'ingress' } }),
    (config) => ({
      ...config,
      revisions: { ...config.revisions, 'edtech-pages-tls': 7, 'edtech-analytics-database': 7 },
    }),
  ];
  for (const change of unchanged) expect(jobsOf(change)).toEqual(before);
  const { airflow: image } = production.images;
  const upgraded = jobsOf((config) => ({
    ...config,
    images: { ...config.images, airflow: { ...image, reference: `${image.reference}-other` } },
  }));
  expect(upgraded).toHaveLength(2);
  expect(upgraded.filter((name) => before.includes(name))).toEqual([]);
});

test('the scheduler calls itself by an address that the api-server can ask for logs', () => {
  const callable = 'AIRFLOW__CORE__HOSTNAME_CALLABLE';
  expect(variablesOf(WORKLOAD.airflowScheduler)[callable]).toBe('airflow.utils.net.get_host_ip_address');
  // Its probe looks for the name of its pod.
  expect(variablesOf(WORKLOAD.airflowDagProcessor)).not.toHaveProperty([callable]);
});

test('a session of Grafana is sent over TLS only, whoever ends it, but where there is none', () => {
  const exposure = { kind: 'Ingress', className: 'c', controllerNamespace: 'ingress', tlsSecret: 't' } as const;
  const secure = (pages: Partial<PlatformConfig['pages']>): unknown =>
    variablesOf(WORKLOAD.grafana, () => ({ ...production, pages: { ...production.pages, ...pages } }))
      .GF_SECURITY_COOKIE_SECURE;
  expect(secure({ tls: 'internal-ca' })).toBe('true');
  expect(secure({ tls: 'ingress', exposure })).toBe('true');
  expect(secure({ tls: 'off' })).toBeUndefined();
});

test('nothing of Grafana is read without a login', () => {
  expect(variablesOf(WORKLOAD.grafana)).toMatchObject({
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_SNAPSHOTS_ENABLED: 'false',
    GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
    GF_PUBLIC_DASHBOARDS_ENABLED: 'false',
  });
});

test('Airflow believes what an ingress says of a request, and nobody else', () => {
  const behind = (change?: (config: PlatformConfig) => PlatformConfig): [boolean, unknown] => {
    const object = platformObjects('production', change).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === WORKLOAD.airflowApiServer,
    )!;
    const { args, env } = templateOf(object)!.spec.containers[0];
    return [
      /exec airflow api-server --proxy-headers$/.test(args!.at(-1)!),
      env!.find(({ name }) => name === 'FORWARDED_ALLOW_IPS')?.value,
    ];
  };
  expect(behind()).toEqual([false, undefined]);
  const exposure = { kind: 'Ingress', className: 'c', controllerNamespace: 'ingress', tlsSecret: 't' } as const;
  expect(behind((config) => ({ ...config, pages: { ...config.pages, exposure, tls: 'ingress' } }))).toEqual([
    true,
    '*',
  ]);
});

test('one query of the logs reaches every line that is kept, and the last 30 days where fewer are', () => {
  const longest = (retentionDays: number): unknown => {
    const objects = platformObjects('production', () => ({
      ...production,
      logs: { ...production.logs, retentionDays },
    }));
    const map = ofKind(objects, 'ConfigMap').find(({ data }) => data?.['loki.yaml'] !== undefined);
    return at(parse(map!.data!['loki.yaml']) as object, 'limits_config', 'max_query_length');
  };
  expect(longest(90)).toBe(`${91 * 24}h`);
  expect(longest(30)).toBe(`${31 * 24}h`);
  expect(longest(7)).toBe(`${31 * 24}h`);
});

test('nobody can have lines of the logs deleted, and what is too old goes all the same', () => {
  const map = ofKind(platformObjects('production'), 'ConfigMap').find(({ data }) => data?.['loki.yaml'] !== undefined);
  expect(parse(map!.data!['loki.yaml'])).toMatchObject({
    compactor: { retention_enabled: true },
    limits_config: { deletion_mode: 'disabled', retention_period: `${production.logs.retentionDays * 24}h` },
  });
});

test('the exporter has every certificate in use to tell its end, and none of the keys', () => {
  const filesOf = (tls: PlatformConfig['pages']['tls']): string[] => {
    const changed = { ...production, pages: { ...production.pages, tls } };
    const exporter = platformObjects('production', () => changed).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === WORKLOAD.exporter,
    );
    const { volumes, containers } = templateOf(exporter!)!.spec;
    const sources = volumes!.find(({ name }) => name === 'certificates')!.projected!.sources;
    expect(containers[0].env).toContainEqual({ name: 'CERTIFICATES_DIRECTORY', value: '/etc/edtech/certificates' });
    return sources.flatMap(({ secret }) => secret!.items.map(({ key }) => `${secret!.name} ${key}`));
  };
  const always = [
    'edtech-ca-r1 ca.crt',
    'edtech-postgres-tls-r1 tls.crt',
    'edtech-postgres-operator-tls-r1 tls.crt',
    'edtech-postgres-backup-tls-r1 tls.crt',
    'edtech-backup-repository-tls-r1 tls.crt',
  ];
  expect(filesOf('internal-ca')).toEqual([...always, 'edtech-pages-tls-r1 tls.crt']);
  expect(filesOf('off')).toEqual(always);
});
