import { resolveConfig, ConfigurationError } from '../../src/config/resolve';
import type { EnvironmentSettings, Partially } from '../../src/config/types';
import { settings as production } from '../../config/production';
import { settings as development } from '../../config/development';

const behindIngress = (controllerCidrs: readonly string[]): Partially<EnvironmentSettings> => {
  const names = { className: 'nginx', controllerNamespace: 'ingress', tlsSecret: 'pages' };
  return { pages: { tls: 'ingress', exposure: { kind: 'Ingress', ...names, controllerCidrs } } };
};

function problemsOf(settings: EnvironmentSettings, changes: Partially<EnvironmentSettings>): readonly string[] {
  try {
    resolveConfig({ environment: 'test', settings, changes });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('both committed environments are free of problems', () => {
  expect(problemsOf(development, {})).toEqual([]);
  expect(problemsOf(production, {})).toEqual([]);
});

test.each<[string, Partially<EnvironmentSettings>, string]>([
  ['failover with one member', { postgres: { members: 1 } }, 'failover needs at least 2'],
  ['strict synchronous replication with two members', { postgres: { members: 2 } }, 'needs at least 3'],
  ['more standbys than other members', { postgres: { synchronousStandbys: 3 } }, 'allowed 1 to members − 1 = 2'],
  ['retention shorter than the time between full backups', { backup: { retentionDays: 6 } }, 'allowed 7 to 3650'],
  [
    'retention shorter than the longest of several intervals',
    { backup: { fullWeekdays: [6, 1], retentionDays: 4 } },
    'backup.retentionDays is 4 with up to 5 days between full backups',
  ],
  ['no day for a full backup', { backup: { fullWeekdays: [] } }, 'backup.fullWeekdays is []'],
  ['no day for an incremental one', { backup: { fullWeekdays: [0, 1, 2, 3, 4, 5, 6] } }, 'leaves none for incremental'],
  ['a day that no week has', { backup: { fullWeekdays: [7] } }, 'allowed one to six of 0 (Sunday) to 6'],
  ['a time that no day has', { backup: { at: '24:00' } }, 'backup.at is 24:00'],
  ['a repository without processes', { backup: { processes: 0 } }, 'backup.processes is 0; allowed 1 to 32'],
  [
    'more copying processes than the server beside a member has memory for',
    { backup: { processes: 6 } },
    'backup.member.memoryLimit is 512Mi with backup.processes 6; allowed from 542Mi: 32Mi and 85Mi for each process',
  ],
  [
    'a repository smaller than the database',
    { backup: { volume: { size: '100Gi' } } },
    'backup.volume.size is 100Gi for a database volume of 200Gi',
  ],
  ['a drill on no day', { backup: { drill: { weekday: 7 } } }, 'backup.drill.weekday is 7; allowed 0 (Sunday) to 6'],
  ['a drill at no time', { backup: { drill: { at: '3:30' } } }, 'backup.drill.at is 3:30; allowed 00:00 to 23:59'],
  [
    'a drill without room for the database',
    { backup: { drill: { scratch: { size: '10Gi' } } } },
    'backup.drill.scratch.size is 10Gi for a database volume of 200Gi',
  ],
  ['an NFS server without a path', { backup: { nfs: { server: 'nas' } } }, "server 'nas' and path ''; allowed both"],
  ['a path that is not absolute', { backup: { nfs: { server: 'nas', path: 'x' } } }, 'backup.nfs.path is x'],
  [
    'a database volume that its WAL would fill',
    { postgres: { volume: { size: '4Gi' } } },
    'postgres.volume.size is 4Gi with wal_keep_size 1GB and max_wal_size 2GB; allowed from 4864Mi: 1.25 × both and 1024Mi of data',
  ],
  [
    'more WAL kept than the database volume has room for',
    { postgres: { parameters: { wal_keep_size: '500GB' } } },
    'postgres.volume.size is 200Gi with wal_keep_size 500GB and max_wal_size 2GB; allowed from 643584Mi',
  ],
  [
    'more WAL between checkpoints than the database volume has room for, in the unit of the parameter',
    { postgres: { parameters: { max_wal_size: '200000' } } },
    'wal_keep_size 1GB and max_wal_size 200000; allowed from 252304Mi',
  ],
  ['NFS for the data directory', { postgres: { volume: { storageClass: 'nfs-fast' } } }, 'is NFS'],
  [
    'a server parameter that a promise rests on',
    { postgres: { parameters: { fsync: 'off' } } },
    "postgres.parameters.fsync is 'off': it is managed, since an acknowledged commit must survive a crash; leave it out",
  ],
  [
    'a server parameter that has an option of its own',
    { postgres: { parameters: { max_connections: '500' } } },
    'set postgres.maxConnections instead',
  ],
  [
    'more simulators than the database takes connections',
    { simulator: { maxReplicas: 40 } },
    'postgres.maxConnections is 200, but up to 227 are opened to the primary: simulator (simulator.maxReplicas 40 + 1) × 3 = 123, ',
  ],
  [
    'more pages than a replica takes connections',
    { grafana: { replicas: 6 } },
    'postgres.maxConnections is 200, but up to 224 are opened to the replica: data sources of Grafana 6 + 1 pods × 30 = 210, ',
  ],
  [
    'connections that are reserved for others',
    { postgres: { parameters: { superuser_reserved_connections: '20', reserved_connections: '60' } } },
    'reserved for superusers = 80',
  ],
  ['no number of connections', { postgres: { maxConnections: 99.5 } }, 'postgres.maxConnections is 99.5; allowed is a'],
  [
    'a quota without a unit',
    { quota: { memoryRequests: '32' } },
    'quota.memoryRequests 32 is not a quantity; allowed is a',
  ],
  ['a quota of memory that is cores', { quota: { memoryLimits: '64' } }, 'quota.memoryLimits 64 is not a quantity'],
  ['a quota of cores that is memory', { quota: { cpuRequests: '16Gi' } }, 'quota.cpuRequests 16Gi is not a quantity'],
  ['a quota of half a pod', { quota: { pods: 80.5 } }, 'quota.pods is 80.5; allowed is a whole number'],
  ['a server parameter without its text', { postgres: { parameters: { work_mem: 64 } } } as never, 'allowed is a text'],
  ['an image without a tag', { imageTags: { simulator: '' } }, "image simulator has tag ''"],
  ['the tag latest', { imageTags: { grafana: 'latest' } }, 'other than latest'],
  ['a limit below its request', { grafana: { resources: { memoryLimit: '100Mi' } } }, 'is below its request 384Mi'],
  ['a quantity without a unit', { airflow: { jobs: { memoryLimit: '900' } } }, 'memory limit 900 is not a quantity'],
  ['production without encryption', { encryptionAtRest: { by: 'nothing' } }, 'production needs storage-class'],
  ['production without a reason', { encryptionAtRest: { by: 'disks', reason: '' } }, 'without a reason'],
  ['production without allowed addresses', { pages: { allowedCidrs: [] } }, 'pages.allowedCidrs is empty'],
  [
    'production open to everybody',
    { pages: { allowedCidrs: ['0.0.0.0/0'] } },
    'pages.allowedCidrs has 0.0.0.0/0; production needs the networks of its people',
  ],
  ['everybody with two zeros', { pages: { allowedCidrs: ['0.0.0.0/00'] } }, 'pages.allowedCidrs has 0.0.0.0/00; prod'],
  ['everybody by another address', { pages: { allowedCidrs: ['10.0.0.0/0'] } }, 'pages.allowedCidrs has 10.0.0.0/0'],
  [
    'an API server anywhere',
    { apiServers: [{ cidr: '10.0.0.0/0', port: 6443 }] },
    'apiServers has 10.0.0.0/0; production needs the addresses of its API servers',
  ],
  [
    'nodes anywhere',
    { nodeCidrs: ['0.0.0.0/0'] },
    'nodeCidrs has 0.0.0.0/0; production needs the addresses of its nodes',
  ],
  ['name servers anywhere', { nameServers: ['0.0.0.0/0'] }, 'nameServers has 0.0.0.0/0; production needs the'],
  [
    'receivers of alerts anywhere',
    { alerting: { destinations: [{ cidr: '0.0.0.0/0', port: 443 }] } },
    'alerting.destinations has 0.0.0.0/0; production needs the addresses of its receivers',
  ],
  ['production without TLS', { pages: { tls: 'off' } }, 'pages.tls is off'],
  ['TLS of an ingress without an ingress', { pages: { tls: 'ingress' } }, 'allowed with Ingress only'],
  [
    'an ingress before pages that serve TLS themselves',
    {
      pages: { exposure: { kind: 'Ingress', className: 'nginx', controllerNamespace: 'ingress', tlsSecret: 'pages' } },
    },
    'pages.tls internal-ca with exposure Ingress',
  ],
  [
    'one host for both pages of an ingress',
    {
      pages: {
        grafanaHost: 'pages.example.org',
        airflowHost: 'pages.example.org',
        tls: 'ingress',
        exposure: { kind: 'Ingress', className: 'nginx', controllerNamespace: 'ingress', tlsSecret: 'pages' },
      },
    },
    'pages.grafanaHost and pages.airflowHost are both pages.example.org; allowed are two names',
  ],
  [
    'an ingress controller at no IPv4 network',
    behindIngress(['node-1']),
    'controllerCidrs: node-1 is not an IPv4 CIDR',
  ],
  ['a list of no addresses, which a policy takes for all', behindIngress([]), 'controllerCidrs is empty; tell'],
  ['an ingress controller anywhere', behindIngress(['0.0.0.0/0']), 'controllerCidrs has 0.0.0.0/0; production needs'],
  ['a controller anywhere, by another address', behindIngress(['10.0.0.0/0']), 'controllerCidrs has 10.0.0.0/0; prod'],
  ['no API server', { apiServers: [] }, 'apiServers is empty'],
  ['an address that is none', { apiServers: [{ cidr: '10.0.0.300/32', port: 6443 }] }, 'is not an IPv4 CIDR'],
  ['a single simulator', { simulator: { minReplicas: 1 } }, 'simulator.minReplicas is 1'],
  ['more replicas than shards', { simulator: { maxReplicas: 65 } }, 'one per shard'],
  ['a single page in production', { grafana: { replicas: 1 } }, 'production needs 2'],
  ['a proof at no time', { simulator: { verification: { at: '24:10' } } }, 'simulator.verification.at is 24:10'],
  [
    'a scenario that does not exist',
    {
      simulator: { stream: { scenarios: [{ name: 'meteor', start: '2026-03-02' }] } },
    } as unknown as Partially<EnvironmentSettings>,
    'simulator.stream, with the students: scenarios.0.name',
  ],
  [
    'students in two places',
    { simulator: { stream: { students: 5 } } } as unknown as Partially<EnvironmentSettings>,
    'they are told in simulator.students',
  ],
  ['a first day that is none', { analytics: { from: '2026-02-30' } }, 'analytics.from is 2026-02-30; allowed a day'],
  ['a cut that is late anyway', { analytics: { cutAllowanceHours: 7 } }, 'cutAllowanceHours is 7; allowed 0 to 6'],
  ['raw events for less than late ones take', { retention: { rawEventDays: 3 } }, 'rawEventDays is 3; allowed 4 to'],
  ['no history of Airflow', { retention: { airflowMetadataDays: 6 } }, 'airflowMetadataDays is 6; allowed 7 to'],
  ['a zone that does not exist', { timeZone: 'Mars/Olympus' }, 'timeZone Mars/Olympus is not an IANA zone; allowed is'],
  ['a city that no zone is named after', { timeZone: 'Europe/Atlantis' }, 'timeZone Europe/Atlantis is not an'],
  ['an abbreviation for a zone', { timeZone: 'EST' }, 'timeZone EST is not an IANA zone'],
  ['an offset for a zone', { timeZone: '+02:00' }, 'timeZone +02:00 is not an IANA zone'],
  ['a zone in another spelling than that of its file', { timeZone: 'Europe/BERLIN' }, 'timeZone Europe/BERLIN is not'],
  ['no addresses of nodes', { nodeCidrs: [] }, 'nodeCidrs is empty'],
  [
    'a name server without a prefix length',
    { nameServers: ['169.254.25.10'] },
    'nameServers: 169.254.25.10 is not an IPv4 CIDR',
  ],
  [
    'metrics that do not fit their volume',
    { metrics: { retentionSize: '30Gi' } },
    'metrics.retentionSize is 30Gi on a volume of 32Gi; allowed is 25.6Gi',
  ],
  ['a retention that is no number of days', { metrics: { retentionDays: 0.5 } }, 'metrics.retentionDays is 0.5'],
  [
    'logs of fewer days than new errors are told by',
    { logs: { retentionDays: 6 } },
    'logs.retentionDays is 6; allowed 7 to 3650 whole days',
  ],
  [
    'logs that do not fit their volume',
    { logs: { retentionDays: 90 } },
    'logs.retentionDays is 90 at 500Mi a day, which needs 43.9Gi of a volume of 24Gi; allowed is 19.2Gi',
  ],
  [
    'a receiver that does not exist',
    { alerting: { routes: { warning: 'nowhere' } } },
    "alerts of severity warning go to receiver 'nowhere'; allowed are nobody, oncall, tickets, dead-man",
  ],
  [
    'a webhook with a password in its address',
    { alerting: { receivers: { oncall: { kind: 'webhook', url: 'https://a:b@c.example.org/' } } } },
    'without credentials',
  ],
  [
    'receivers that the network does not reach',
    { alerting: { destinations: [] } },
    'alerting.destinations is empty; allowed with the address of oncall.example.org at port 443, where oncall is reached',
  ],
  [
    'a mail relay at another port than any destination',
    { alerting: { smtp: { smarthost: 'mail.example.org:25', from: 'alerts@edtech.example.org', requireTls: true } } },
    'alerting.destinations is 10.20.1.5/32 at port 443, 10.20.1.6/32 at port 587; allowed with the address of mail.example.org at port 25, where tickets is reached',
  ],
  [
    'a webhook at another port than any destination',
    { alerting: { receivers: { oncall: { kind: 'webhook', url: 'http://oncall.example.org/alerts' } } } },
    'allowed with the address of oncall.example.org at port 80, where oncall is reached',
  ],
  [
    'a destination that is a name',
    { alerting: { destinations: [{ cidr: 'mail.example.org', port: 25 }] } },
    'mail.example.org is not an IPv4 CIDR',
  ],
  [
    'production that pages nobody',
    { alerting: { routes: { critical: 'nobody' } } },
    'alerting.routes.critical is nobody, which tells nobody',
  ],
  [
    'production without a sign of life',
    { alerting: { routes: { none: 'nobody' } } },
    'production needs a dead-man receiver',
  ],
  [
    'one node port for both pages',
    { pages: { exposure: { kind: 'NodePort', grafanaPort: 30000, airflowPort: 30000 } } },
    'both node ports are 30000',
  ],
])('refuses %s', (_, changes, message) => {
  expect(problemsOf(production, changes)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
});

test.each([
  ...['UTC', 'Etc/UTC', 'Europe/Berlin', 'Asia/Singapore', 'America/Port-au-Prince'],
  ...['Asia/Kolkata', 'Europe/Kyiv', 'Asia/Ho_Chi_Minh', 'Asia/Kathmandu'],
  ...['America/Argentina/Buenos_Aires', 'America/Indiana/Indianapolis', 'America/North_Dakota/New_Salem'],
])('the pages may be in %s, by the name of today and also where it was another one', (timeZone) => {
  expect(problemsOf(production, { timeZone })).toEqual([]);
});

test('a receiver is reached at the port that its address tells, and one that tells nobody nowhere', () => {
  const at = (url: string, port: number): Partially<EnvironmentSettings> => ({
    alerting: {
      receivers: { pager: { kind: 'webhook', url }, quiet: { kind: 'none' } },
      routes: { critical: 'pager', warning: 'quiet', none: 'pager' },
      destinations: [{ cidr: '10.20.1.5/32', port }],
    },
  });
  expect(problemsOf(development, at('https://pager.example.org/', 443))).toEqual([]);
  expect(problemsOf(development, at('http://10.20.1.5:8080/', 8080))).toEqual([]);
  expect(problemsOf(development, at('http://10.20.1.5:8080/', 80))).toEqual([
    expect.stringContaining('at port 8080, where pager is reached'),
  ]);
});

test('an ingress controller may be on the network of its nodes', () => {
  expect(problemsOf(production, behindIngress(['10.20.0.0/24', '10.42.0.0/16']))).toEqual([]);
});

test('an option that does not exist is refused by its path', () => {
  const mistyped = { postgres: { member: 3 } } as unknown as Partially<EnvironmentSettings>;
  expect(problemsOf(production, mistyped)).toEqual([
    expect.stringMatching(/^postgres\.member is not an option; allowed are members, synchronousMode, /),
  ]);
});

test('what must be told is asked for by name', () => {
  const rest = { ...production, apiServers: undefined };
  expect(problemsOf(rest as unknown as EnvironmentSettings, {})).toEqual(['apiServers is not told; it has no default']);
});

test('all problems stand in one message', () => {
  const message = () =>
    resolveConfig({
      environment: 'site',
      settings: production,
      changes: { postgres: { members: 2 }, pages: { tls: 'off' }, timeZone: 'nowhere' },
    });
  expect(message).toThrow(/configuration of site has 3 problem\(s\):\n {2}- .*\n {2}- .*\n {2}- /);
});

test('a list is replaced as a whole, and so is a choice with its own fields', () => {
  const config = resolveConfig({
    environment: 'test',
    settings: production,
    changes: {
      pages: { allowedCidrs: ['10.1.0.0/16'], exposure: { kind: 'NodePort', grafanaPort: 30001, airflowPort: 30002 } },
    },
  });
  expect(config.pages.allowedCidrs).toEqual(['10.1.0.0/16']);
  expect(config.pages.exposure).toEqual({ kind: 'NodePort', grafanaPort: 30001, airflowPort: 30002 });
  expect(config.pages.grafanaHost).toBe(production.pages.grafanaHost);
});

test('a registry prefix stands before every image', () => {
  const { images } = resolveConfig({
    environment: 'test',
    settings: production,
    changes: { registryPrefix: 'r.example.org/m' },
  });
  expect(Object.values(images).every(({ reference }) => reference.startsWith('r.example.org/m/'))).toBe(true);
});
