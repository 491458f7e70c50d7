import { readFileSync } from 'node:fs';
import path from 'node:path';
import { folders, type Folder } from '../../compose/folders';
import { readManifests } from '../../compose/manifests';
import { PROFILES } from '../../compose/profiles';
import { ONLY_ON_KUBERNETES, OWN_SERVICES, TWINS, type Twin } from '../../compose/twins';
import { loadEnvironment } from '../../src/config/environments';
import { IMAGE } from '../../src/images';
import { WORKLOAD } from '../../src/names';
import { ROOT } from '../../src/root';
import { secretCatalogue } from '../../src/secrets/catalogue';
import { completeStore } from '../../src/secrets/generate';
import { composeSide, differencesOf, kubernetesSide, type Side } from './sides';
import { isOneShot, mebibytes, networksOf, readCompose, shortVolumes } from './support';

const compose = readCompose('compose.yaml');
const manifests = readManifests();
const services = Object.entries(compose.services);
let written: Folder[];

beforeAll(async () => {
  const { pages } = loadEnvironment('development');
  const store = await completeStore('development', secretCatalogue(pages), new Date());
  written = folders(TWINS, { manifests, store, pages, profiles: PROFILES });
});

const folderOf = (name: string): Folder => written.find((folder) => folder.name === name) as Folder;
const variablesOf = (folder: string): string[] =>
  [...(folderOf(folder).files.env ?? '').matchAll(/^(\w+)='[^']+'$/gm)].map(([, name]) => name);
const addedFor = (folder: string): Record<string, string> =>
  Object.fromEntries(
    [...(folderOf(folder).files['env-metrics'] ?? '').matchAll(/^(\w+)='([^']+)'$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
const sideOf = (twin: Twin): Side =>
  composeSide(compose.services[twin.service], variablesOf(twin.folder), addedFor(twin.folder));

test('every service is a twin or known as one that only this stack has, and every workload has its twin or is known to have none', () => {
  expect(services.map(([name]) => name).sort()).toEqual(
    [...TWINS.map(({ service }) => service), ...OWN_SERVICES].sort(),
  );
  expect([...TWINS.map(({ workload }) => workload), ...ONLY_ON_KUBERNETES].sort()).toEqual(
    Object.values(WORKLOAD).sort(),
  );
});

test.each(TWINS)('$service is as on Kubernetes, except for what is meant to differ', (twin) => {
  const found = differencesOf(kubernetesSide(manifests, twin), sideOf(twin));
  const meant = twin.differences.map(
    ({ what, kubernetes, compose: here }) => `${what}: ${kubernetes ?? 'absent'} → ${here ?? 'absent'}`,
  );
  expect(found.sort()).toEqual(meant.sort());
});

test('a twin that differs in any value is found', () => {
  const twin = TWINS.find(({ service }) => service === 'simulator') as (typeof TWINS)[number];
  const side = sideOf(twin);
  for (const [name, value] of Object.entries(side)) {
    const found = differencesOf(kubernetesSide(manifests, twin), { ...side, [name]: `${value}0` });
    expect(found.filter((difference) => difference.startsWith(`${name}:`))).toHaveLength(1);
  }
});

test('each twin mounts its own folder, and nobody else the store', () => {
  for (const { service, folder } of TWINS) {
    const mounted = shortVolumes(compose.services[service]).filter((volume) => volume.startsWith('secrets'));
    expect(mounted).toEqual([`secrets-${folder}:/etc/edtech:ro`]);
  }
  const holders = services.filter(([, service]) =>
    shortVolumes(service).some((volume) => volume.startsWith('secrets:')),
  );
  expect(holders.map(([name]) => name)).toEqual(['secrets', 'monitoring']);
});

test('each folder belongs to the account that reads it', () => {
  for (const { service, folder } of TWINS) {
    const { uid, gid } = folderOf(folder);
    expect(`${uid}:${gid}`).toBe(compose.services[service].user);
  }
});

test('a folder holds what its services may know, and nothing more', () => {
  expect(Object.keys(folderOf('simulator').files)).toEqual(['ca/ca.crt', 'env']);
  expect(variablesOf('simulator')).toEqual(['DATABASE_USER', 'DATABASE_PASSWORD']);
  expect(folderOf('simulator').files.env).not.toContain('edtech_owner');
  expect(folderOf('migrations').files.env).toContain("DATABASE_USER='edtech_owner'");
  expect(folderOf('exporter').files['certificates/edtech-postgres-tls.crt']).toContain('BEGIN CERTIFICATE');
  expect(JSON.stringify(folderOf('exporter').files)).not.toContain('PRIVATE KEY');
  expect(variablesOf('airflow')).not.toContain('ADMIN_PASSWORD');
  expect(variablesOf('postgres')).toEqual([]);
  expect(folderOf('airflow').files.env).toMatch(/^AIRFLOW_CONN_EDTECH='postgresql:\/\/edtech_analytics_a:\w{32}@/m);
});

test('the server has the parameters and the access of the cluster', () => {
  const { files } = folderOf('postgres');
  expect(files['postgres/postgresql.conf']).toMatch(/^shared_buffers = '153MB'$/m);
  expect(files['postgres/postgresql.conf']).toMatch(/^shared_preload_libraries = '.*edtech_commit_guard.*'$/m);
  expect(files['postgres/postgresql.conf']).toMatch(/^ssl = 'on'$/m);
  // Without a repository, archiving would fill the disk.
  expect(files['postgres/postgresql.conf']).toMatch(/^archive_mode = 'off'$/m);
  expect(files['postgres/pg_hba.conf'].trim().split('\n').slice(1)).not.toContainEqual(
    expect.not.stringMatching(/^(hostssl|local) /),
  );
});

test('only the two pages are published, and the database only for the profile debug, all on the loopback', () => {
  const published = services.flatMap(([name, { ports = [], profiles = [] }]) =>
    ports.map((port) => `${name} ${port} ${profiles.join()}`),
  );
  expect(published.sort()).toEqual([
    'airflow-api-server 127.0.0.1:8080:8080 ',
    'database-port 127.0.0.1:5432:5432 debug',
    'grafana 127.0.0.1:3000:3000 ',
  ]);
});

test('the networks of database and services have no way out', () => {
  expect(compose.networks).toEqual({ edge: {}, app: { internal: true }, data: { internal: true } });
  expect(services.filter(([, service]) => networksOf(service).includes('edge')).map(([name]) => name)).toEqual([
    'airflow-api-server',
    'grafana',
    'database-port',
  ]);
  for (const [name, service] of services)
    expect([name, networksOf(service).length > 0]).toEqual([name, service.network_mode !== 'none']);
});

/** Its image holds nothing that could ask it. */
const UNASKED = ['log-collector'];

test('what keeps running has a health check and starts again, and its root is read only', () => {
  for (const [name, service] of services) {
    expect([name, service.healthcheck !== undefined]).toEqual([name, !isOneShot(service) && !UNASKED.includes(name)]);
    // A refused choice of profiles is not tried again.
    const restarts = name === 'monitoring' ? ['no'] : ['unless-stopped', 'on-failure'];
    expect([name, restarts.includes(service.restart)]).toEqual([name, true]);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  }
});

test('services wait for health, and for the success of what runs once', () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const expected = isOneShot(compose.services[other]) ? 'service_completed_successfully' : 'service_healthy';
      expect([name, other, condition]).toEqual([name, other, expected]);
    }
  }
  // Otherwise `up --wait` would take the end of a one-shot for a failure.
  const waitedFor = new Set(services.flatMap(([, { depends_on = {} }]) => Object.keys(depends_on)));
  for (const [name, service] of services.filter(([, other]) => isOneShot(other))) {
    expect([name, waitedFor.has(name), isOneShot(service)]).toEqual([name, true, true]);
  }
});

/** Sources of the checkout that one brings along, itself included. */
function sourcesOf(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, imported] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gms)) {
    sourcesOf(path.resolve(path.dirname(file), imported.endsWith('.json') ? imported : `${imported}.ts`), known);
  }
  return known;
}

test('what runs in a container imports only what is mounted there', () => {
  for (const [service, program] of [
    ['secrets', 'compose/secrets.ts'],
    ['dashboards', 'compose/render-dashboards.ts'],
  ]) {
    const mounted = shortVolumes(compose.services[service]).map((volume) => path.join(ROOT, volume.split(':')[0]));
    const outside = [...sourcesOf(path.join(ROOT, program))].filter(
      (file) => !mounted.some((folder) => file.startsWith(`${folder}/`)),
    );
    expect([service, outside]).toEqual([service, []]);
  }
});

/** Services that cannot start before another one has ended. */
function waitingFor(name: string): Set<string> {
  const direct = services.filter(([, { depends_on = {} }]) => name in depends_on).map(([other]) => other);
  return new Set([...direct, ...direct.flatMap((other) => [...waitingFor(other)])]);
}

test('the memory limits of all that can run at the same time in a first start sum to 4 GiB at most', () => {
  const live = readCompose('compose.override.yaml').services;
  const limit = (name: string): number =>
    mebibytes(live[name]?.mem_limit ?? compose.services[name].mem_limit) * (compose.services[name].scale ?? 1);
  const running = services.filter(([, service]) => !isOneShot(service)).map(([name]) => name);
  const oneShots = services.filter(([, service]) => isOneShot(service)).map(([name]) => name);
  const sums = [...Array(2 ** oneShots.length).keys()].map((bits) => {
    const now = oneShots.filter((_, index) => (bits >> index) & 1);
    if (now.some((name) => now.some((other) => waitingFor(name).has(other)))) return 0;
    const beside = running.filter((name) => !now.some((other) => waitingFor(other).has(name)));
    return [...now, ...beside].reduce((sum, name) => sum + limit(name), 0);
  });
  expect(Math.max(...sums)).toBeLessThanOrEqual(4096);
  console.log(`memory limits: ${Math.max(...sums)} MiB at most`);
});

test('images are pinned, and no value in the file is a secret', () => {
  const pinned = Object.values(IMAGE).map(({ repository, tag }) => `${repository}:${tag}`);
  for (const [, { image, environment = {} }] of services) {
    expect(pinned).toContain(image);
    expect(Object.keys(environment).filter((name) => /PASSWORD|SECRET_KEY|FERNET|JWT|AIRFLOW_CONN/.test(name))).toEqual(
      [],
    );
  }
});
