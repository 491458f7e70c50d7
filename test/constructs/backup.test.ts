import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { BackupRepository, type BackupRepositoryProps } from '../../src/constructs/backup-repository';
import {
  archiveCommand,
  memberSettings,
  repositorySettings,
  restoreCommand,
  type MemberSettingsProps,
  type RepositorySettingsProps,
} from '../../src/constructs/pgbackrest-settings';
import { at, templateOf, type KubeObject } from '../policy/support/objects';
import { find, RESOURCES, testChart } from './support';

// Required<…>: a new property breaks this file until a test says what it does.
const REPOSITORY: Required<BackupRepositoryProps> = {
  name: 'books-backup',
  image: 'library/postgres:17',
  version: '17',
  stanza: 'books',
  settings: '[global]\n',
  tls: { name: 'books-backup-tls-r1', keys: ['tls.crt', 'tls.key', 'ca.crt'] },
  cipher: { name: 'books-cipher-r1', keys: ['passphrase'] },
  volume: { size: '50Gi', storageClass: 'slow' },
  resources: RESOURCES,
  priorityClassName: 'library-service',
};
const MEMBER_SETTINGS: Required<MemberSettingsProps> = {
  stanza: 'books',
  dataDirectory: '/data/books',
  socketDirectory: '/run/books',
  repositoryHost: 'books-backup.library.svc',
  repositoryCommonName: 'keeper',
};
const REPOSITORY_SETTINGS: Required<RepositorySettingsProps> = {
  stanza: 'books',
  memberHosts: ['books-0.db', 'books-1.db'],
  dataDirectory: '/data/books',
  socketDirectory: '/run/books',
  memberCommonName: 'member',
  retentionDays: 30,
  processes: 4,
};

function rendered(props: BackupRepositoryProps = REPOSITORY) {
  const chart = testChart();
  const repository = new BackupRepository(chart, 'repository', props);
  return { chart, repository, set: find(chart, 'StatefulSet', props.name) };
}

/** Options of a section of pgBackRest's settings. */
function section(settings: string, name: string): Record<string, string> {
  const lines = settings.split('\n');
  const first = lines.indexOf(`[${name}]`) + 1;
  const length = lines.slice(first).findIndex((line) => line === '');
  return Object.fromEntries(lines.slice(first, first + length).map((line) => line.split('=', 2) as [string, string]));
}

test('the repository is served by one pod, which first sees whether it can write', () => {
  const { repository, set } = rendered();
  expect(repository.endpoint).toEqual({ host: 'books-backup.library.svc', nearHost: 'books-backup', port: 8432 });
  const spec = templateOf(set)?.spec;
  expect(at(set.spec, 'replicas')).toBe(1);
  expect(spec?.initContainers?.map(({ command }) => command)).toEqual([['python3', '-m', 'backup', 'check']]);
  expect(spec?.containers[0].command).toEqual(['python3', '-m', 'backup', 'serve']);
  expect(at(set.spec, 'volumeClaimTemplates', 0, 'spec')).toMatchObject({
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'slow',
    resources: { requests: { storage: '50Gi' } },
  });
});

test('a job gets the volume, the passphrase and, since the volume is of one node, the node', () => {
  const { repository } = rendered();
  expect(repository.access.besides).toBe('books-backup');
  expect(repository.access.env).toEqual({
    STANZA: 'books',
    BACKUP_VOLUME: '/backup',
    PGBACKREST_REPO1_CIPHER_PASS: { secretName: 'books-cipher-r1', key: 'passphrase' },
  });
  expect(repository.access.mounts[0]).toEqual({
    path: '/backup',
    volume: { name: 'repository', persistentVolumeClaim: { claimName: 'data-books-backup-0' } },
  });
});

test('an NFS export is a volume that outlives the platform, and jobs may stand on any node', () => {
  const nfs = { server: 'nas', path: '/export/books' };
  const { chart, repository, set } = rendered({ ...REPOSITORY, volume: { size: '50Gi', nfs } });
  const volume = find(chart, 'PersistentVolume', 'books-backup');
  expect(volume.metadata.namespace).toBeUndefined();
  expect(volume.spec).toMatchObject({ nfs, persistentVolumeReclaimPolicy: 'Retain', storageClassName: '' });
  // No claim of another namespace may take it.
  expect(at(volume.spec, 'claimRef')).toEqual({ namespace: 'library', name: 'data-books-backup-0' });
  expect(at(set.spec, 'volumeClaimTemplates', 0, 'spec')).toMatchObject({
    accessModes: ['ReadWriteMany'],
    storageClassName: '',
    volumeName: 'books-backup',
  });
  expect(repository.access.besides).toBeUndefined();
  expect(JSON.stringify(templateOf(set))).not.toContain('nfs');
});

test('changed settings roll the host', () => {
  const map = ({ chart }: ReturnType<typeof rendered>): string =>
    (chart.toJson() as KubeObject[]).find(({ kind }) => kind === 'ConfigMap')!.metadata.name;
  expect(map(rendered({ ...REPOSITORY, settings: '[other]\n' }))).not.toBe(map(rendered()));
});

test('a member archives over TLS to the repository and lets in nobody else', () => {
  const settings = memberSettings(MEMBER_SETTINGS);
  expect(section(settings, 'global')).toMatchObject({
    'repo1-host': 'books-backup.library.svc',
    'repo1-host-type': 'tls',
    'repo1-host-cert-file': '/etc/edtech/backup-tls/tls.crt',
    'tls-server-auth': 'keeper', // and, after another equals sign, the stanza
  });
  expect(settings).toContain('tls-server-auth=keeper=books\n');
  expect(section(settings, 'global:archive-push')).toEqual({ 'protocol-timeout': '20', 'db-timeout': '15' });
  expect(section(settings, 'books')).toEqual({ 'pg1-path': '/data/books', 'pg1-socket-path': '/run/books' });
});

test('the repository is encrypted, keeps what retention needs, and knows every member', () => {
  const settings = repositorySettings(REPOSITORY_SETTINGS);
  expect(section(settings, 'global')).toMatchObject({
    'repo1-path': '/backup/repository',
    'repo1-cipher-type': 'aes-256-cbc',
    'repo1-retention-full-type': 'time',
    'repo1-retention-full': '30',
    'process-max': '4',
    'lock-path': '/backup/lock',
  });
  expect(settings).toContain('tls-server-auth=member=books\n');
  const stanza = section(settings, 'books');
  expect([stanza['pg1-host'], stanza['pg2-host']]).toEqual(['books-0.db', 'books-1.db']);
  expect([stanza['pg1-host-type'], stanza['pg2-host-type']]).toEqual(['tls', 'tls']);
});

test('no setting lets WAL be dropped, and no secret stands in one', () => {
  for (const settings of [memberSettings(MEMBER_SETTINGS), repositorySettings(REPOSITORY_SETTINGS)]) {
    expect(settings).not.toMatch(/archive-push-queue-max|archive-async|cipher-pass/);
  }
});

test('the archive command has nothing to fall back to, and fetching does not hold up a failover for a repository that is away or frozen', () => {
  expect(archiveCommand('books')).toBe('$(command -v edtech-push-wal) pgbackrest --stanza=books archive-push "%p"');
  expect(restoreCommand('books')).toBe('edtech-fetch-wal books %f "%p"');
});

test('the Python tests of the backup commands pass', () => {
  const { status, stderr, error } = spawnSync('python3', ['-B', path.join(__dirname, 'backup/test_backup.py')], {
    env: { ...process.env, PYTHONPATH: path.join(__dirname, '../../images/postgres') },
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stderr).toMatch(/Ran 11 tests/);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
});
