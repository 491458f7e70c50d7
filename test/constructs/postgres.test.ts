import { parse } from 'yaml';
import { PostgresCluster, type PostgresClusterProps } from '../../src/constructs/postgres-cluster';
import { keptRunning } from '../../src/constructs/kept-running';
import { dynamicSettings, type DynamicSettingsProps } from '../../src/constructs/postgres-settings';
import { at, templateOf, type KubeObject } from '../policy/support/objects';
import { find, RESOURCES, testChart } from './support';

const SETTINGS: Required<DynamicSettingsProps> = {
  synchronousMode: 'quorum',
  synchronousStrict: true,
  synchronousStandbys: 1,
  maxConnections: 50,
  memoryMebibytes: 1000,
  replicationLogins: ['standby_a', 'standby_b'],
  rewindLogins: ['rewind_a', 'rewind_b'],
  clients: { books: ['reader', 'writer'] },
  operatorCommonName: 'keeper',
  tlsDirectory: '/tls',
  archiveCommand: 'store %p',
  restoreCommand: 'fetch %f %p',
  parameters: { work_mem: '64MB' },
};

const login = (name: string) => ({ name, keys: ['username', 'password'] });
const PROPS: Required<PostgresClusterProps> = {
  name: 'books-db',
  image: 'library/postgres:17',
  version: '17',
  members: 3,
  onePerNode: true,
  resources: RESOURCES,
  volumeSize: '10Gi',
  storageClass: 'fast',
  dynamic: dynamicSettings(SETTINGS),
  tls: { name: 'books-tls-r1', keys: ['tls.crt', 'tls.key', 'ca.crt'] },
  replication: login('standby-r1'),
  rewind: login('rewind-r1'),
  patroniApi: login('api-r1'),
  priorityClassName: 'library-database',
  backup: {
    stanza: 'books',
    restoreRequest: 'books-restore',
    settings: '[global]\n',
    tls: { name: 'books-backup-r1', keys: ['tls.crt', 'tls.key', 'ca.crt'] },
    resources: RESOURCES,
  },
};

function rendered(props: PostgresClusterProps = PROPS) {
  const chart = testChart();
  return { chart, cluster: new PostgresCluster(chart, 'db', props) };
}

const postgresql = (props: DynamicSettingsProps) => at<Record<string, unknown>>(dynamicSettings(props), 'postgresql');

test('the next member is restarted three loops of the primary or more after the one before came back', () => {
  const { chart } = rendered();
  const { loop_wait: loop } = dynamicSettings(SETTINGS) as { loop_wait: number };
  expect(at(find(chart, 'StatefulSet', 'books-db').spec, 'minReadySeconds')).toBeGreaterThanOrEqual(3 * loop);
});

test('a cluster tells where its primary, its replicas and its members are', () => {
  const { cluster } = rendered();
  expect(cluster.primary).toEqual({ host: 'books-db-rw.library.svc', nearHost: 'books-db-rw', port: 5432 });
  expect(cluster.replicas).toEqual({ host: 'books-db-ro.library.svc', nearHost: 'books-db-ro', port: 5432 });
  expect(cluster.members).toEqual(['books-db-0', 'books-db-1', 'books-db-2']);
  expect(cluster.memberDomain).toBe('books-db-headless.library.svc');
});

test('a member changes the state of its own cluster, the labels of its members and where writes go, and nothing else', () => {
  const { chart, cluster } = rendered();
  const core = { apiGroups: [''] };
  expect(find(chart, 'Role').rules).toEqual([
    { ...core, resources: ['configmaps'], verbs: ['create', 'list', 'watch'] },
    {
      ...core,
      resources: ['configmaps'],
      resourceNames: ['books-db-config', 'books-db-leader', 'books-db-failover', 'books-db-sync'],
      verbs: ['get', 'patch'],
    },
    { ...core, resources: ['pods'], verbs: ['list', 'watch'] },
    { ...core, resources: ['pods'], resourceNames: ['books-db-0', 'books-db-1', 'books-db-2'], verbs: ['patch'] },
    { ...core, resources: ['services'], resourceNames: ['books-db-rw'], verbs: ['get', 'patch'] },
  ]);
  expect(cluster.members).toHaveLength(PROPS.members);
});

test('where writes go is left to the primary, reads go to the pods that hold the role, members find each other before they are ready', () => {
  const { chart } = rendered();
  expect(find(chart, 'Service', 'books-db-rw').spec).not.toHaveProperty('selector');
  expect(at(find(chart, 'Service', 'books-db-ro').spec, 'selector', 'role')).toBe('replica');
  expect(find(chart, 'Service', 'books-db-headless').spec).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
  });
});

test('each member has a volume of its own on the given class and may keep off the nodes of the others', () => {
  const set = find(rendered().chart, 'StatefulSet');
  expect(at(set.spec, 'volumeClaimTemplates', 0, 'spec')).toMatchObject({
    storageClassName: 'fast',
    resources: { requests: { storage: '10Gi' } },
  });
  // A spread that must not be broken allows two members on a node while another one is cordoned, lost or missing.
  expect(at(templateOf(set), 'spec', 'affinity', 'podAntiAffinity')).toEqual({
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: at(set.spec, 'selector', 'matchLabels') },
      },
    ],
  });
  const anywhere = find(rendered({ ...PROPS, storageClass: '', onePerNode: false }).chart, 'StatefulSet');
  expect(at(anywhere.spec, 'volumeClaimTemplates', 0, 'spec', 'storageClassName')).toBeUndefined();
  expect(at(templateOf(anywhere), 'spec', 'affinity')).toBeUndefined();
  expect(at(templateOf(anywhere), 'spec', 'topologySpreadConstraints', 0)).toMatchObject({
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
  });
});

test('a member is alive while Patroni is and a new connection is answered, asked within its own pod', () => {
  const [member] = at<Record<string, Record<string, unknown>>[]>(
    templateOf(find(rendered().chart, 'StatefulSet')),
    'spec',
    'containers',
  ) as Record<string, Record<string, unknown>>[];
  expect(member.livenessProbe).toMatchObject({ exec: { command: ['edtech-alive'] }, terminationGracePeriodSeconds: 5 });
  // Found within 30 s and replaced within 60: a period, two more tries, the answer's own limit.
  const { periodSeconds, failureThreshold, timeoutSeconds } = member.livenessProbe as Record<string, number>;
  expect(periodSeconds * failureThreshold + timeoutSeconds).toBeLessThanOrEqual(40);
});

test('a changed dynamic setting changes neither the pods nor what they roll by', () => {
  const other = { ...PROPS, dynamic: dynamicSettings({ ...SETTINGS, maxConnections: 60 }) };
  expect(find(rendered(other).chart, 'StatefulSet')).toEqual(find(rendered().chart, 'StatefulSet'));
});

test('settings of the member share no YAML anchor: Patroni changes what it reads', () => {
  const maps = (rendered().chart.toJson() as KubeObject[]).filter(({ kind }) => kind === 'ConfigMap');
  const texts = maps.flatMap(({ data = {} }) => Object.values(data));
  const yaml = texts.filter((text) => !text.startsWith('[global]'));
  expect(yaml).toHaveLength(2);
  for (const text of yaml) {
    expect(text).not.toMatch(/[:\s][&*]\w+$/m);
    expect(parse(text)).toEqual(expect.any(Object));
  }
});

test('the lock timings keep Patroni’s rule that one loop and two retries fit into the time to live', () => {
  const { ttl, loop_wait: loop, retry_timeout: retry } = dynamicSettings(SETTINGS) as Record<string, number>;
  expect(ttl).toBeGreaterThanOrEqual(20);
  expect(loop + 2 * retry).toBeLessThanOrEqual(ttl);
});

test.each([
  ['quorum', 'quorum'],
  ['on', true],
  ['off', false],
] as const)('synchronous mode %s is %s for Patroni', (synchronousMode, expected) => {
  expect(dynamicSettings({ ...SETTINGS, synchronousMode })).toMatchObject({ synchronous_mode: expected });
});

test('every login over the network needs TLS, and the superuser a certificate', () => {
  const rules = postgresql(SETTINGS)?.pg_hba as string[];
  expect(rules.filter((rule) => !rule.startsWith('local ')).every((rule) => rule.startsWith('hostssl '))).toBe(true);
  expect(rules).toContain('hostssl books reader,writer all scram-sha-256');
  expect(rules.filter((rule) => /^host.* all postgres /.test(rule))).toEqual([
    'hostssl all postgres all cert map=operator',
  ]);
  expect(postgresql(SETTINGS)?.pg_ident).toEqual(['operator keeper postgres']);
});

test('given parameters win over computed ones', () => {
  expect(postgresql(SETTINGS)?.parameters).toMatchObject({
    work_mem: '64MB',
    shared_buffers: '200MB',
    archive_command: 'store %p',
    synchronous_commit: 'on',
  });
  expect(postgresql(SETTINGS)?.recovery_conf).toEqual({ restore_command: 'fetch %f %p' });
});

test('the server for backups runs beside a member, reads its data and decides nothing about its traffic', () => {
  const spec = templateOf(find(rendered().chart, 'StatefulSet'))?.spec;
  const [server] = spec?.initContainers ?? [];
  expect(server).toMatchObject({
    name: 'pgbackrest',
    restartPolicy: 'Always',
    command: keptRunning(['pgbackrest', 'server']),
  });
  expect([server.readinessProbe, server.livenessProbe]).toEqual([undefined, undefined]);
  expect(server.startupProbe).toMatchObject({ tcpSocket: { port: 8432 } });
  expect(server.volumeMounts).toContainEqual({ name: 'data', mountPath: '/pgdata', readOnly: true });
  const settings = (mounts: typeof server.volumeMounts) =>
    mounts?.filter(({ name }) => name.startsWith('backup-')).map(({ mountPath }) => mountPath);
  // The archive command runs in the member and reads the same two.
  expect(settings(spec?.containers[0].volumeMounts)).toEqual(['/etc/pgbackrest', '/etc/edtech/backup-tls']);
  expect(settings(server.volumeMounts)).toEqual(expect.arrayContaining(['/etc/pgbackrest', '/etc/edtech/backup-tls']));
});

test('a cluster without backups has no such server and no such settings', () => {
  const { chart } = rendered({ ...PROPS, backup: undefined });
  expect(templateOf(find(chart, 'StatefulSet'))?.spec.initContainers).toBeUndefined();
  expect((chart.toJson() as KubeObject[]).filter(({ metadata }) => metadata.name.includes('backup'))).toEqual([]);
});
