import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RestoreDrill, type RestoreDrillProps } from '../../src/constructs/restore-drill';
import { at, templateOf, type KubeObject } from '../policy/support/objects';
import { find, RESOURCES, testChart } from './support';

// Required<…>: a new property breaks this file until a test says what it does.
const PROPS: Required<RestoreDrillProps> = {
  name: 'books-drill',
  image: 'library/postgres:17',
  version: '17',
  schedule: '30 3 * * 1',
  stanza: 'books',
  user: 999,
  access: {
    env: { CIPHER: { secretName: 'books-cipher-r1', key: 'passphrase' } },
    mounts: [
      { path: '/backup', volume: { name: 'repository', persistentVolumeClaim: { claimName: 'data-books-backup-0' } } },
      { path: '/etc/pgbackrest', volume: { name: 'backup-settings', configMap: { name: 'books-backup-settings' } } },
    ],
    besides: 'books-backup',
  },
  processes: 3,
  scratch: { size: '30Gi', storageClass: 'fast' },
  resources: RESOURCES,
  verify: {
    image: 'library/verify:1',
    command: ['verify', '--all'],
    env: { DATABASE_HOST: '127.0.0.1' },
    resources: { ...RESOURCES, memoryLimit: '999Mi' },
  },
  record: {
    env: { PGHOST: 'books-db-rw' },
    mounts: [{ path: '/ca', volume: { name: 'ca', secret: { secretName: 'ca-r1' } } }],
  },
  priorityClassName: 'library-batch',
};

function rendered(): { objects: KubeObject[]; cronJob: KubeObject } {
  const chart = testChart();
  new RestoreDrill(chart, 'drill', PROPS);
  return { objects: chart.toJson() as KubeObject[], cronJob: find(chart, 'CronJob', PROPS.name) };
}

test('a drill runs on its schedule, beside the repository, once and not again when it fails', () => {
  const { cronJob } = rendered();
  expect(at(cronJob.spec, 'schedule')).toBe('30 3 * * 1');
  expect(at(cronJob.spec, 'jobTemplate', 'spec', 'backoffLimit')).toBe(0);
  expect(cronJob.metadata.labels?.['app.kubernetes.io/version']).toBe('17');
  const spec = templateOf(cronJob)!.spec;
  expect(spec.priorityClassName).toBe('library-batch');
  expect(JSON.stringify(at(spec, 'affinity'))).toContain('books-backup');
  expect(at(spec, 'securityContext', 'runAsUser')).toBe(999);
});

test('its steps are restore, a server that stays up, verify and record, in this order', () => {
  const spec = templateOf(rendered().cronJob)!.spec;
  const steps = [...spec.initContainers!, ...spec.containers];
  expect(steps.map(({ name, image, restartPolicy }) => [name, image, restartPolicy])).toEqual([
    ['restore', 'library/postgres:17', undefined],
    ['server', 'library/postgres:17', 'Always'],
    ['verify', 'library/verify:1', undefined],
    ['record', 'library/postgres:17', undefined],
  ]);
  expect(at(steps[1], 'startupProbe', 'exec', 'command')).toEqual(['test', '-e', '/scratch/settled']);
  expect(at(steps[2], 'command')).toEqual(['bash', '-c', expect.any(String), 'verify', 'verify', '--all']);
  expect(steps[2].resources?.limits?.memory).toBe('999Mi');
});

test('the repository is only read, and only by what restores; the passphrase goes no further', () => {
  const spec = templateOf(rendered().cronJob)!.spec;
  const steps = [...spec.initContainers!, ...spec.containers];
  const mounted = steps.map(({ volumeMounts = [] }) => volumeMounts.find(({ mountPath }) => mountPath === '/backup'));
  expect(mounted.map((mount) => mount?.readOnly)).toEqual([true, true, undefined, undefined]);
  expect(steps.map(({ env = [] }) => env.some(({ name }) => name === 'CIPHER'))).toEqual([true, true, false, false]);
  expect(at(spec, 'volumes')).toContainEqual({
    name: 'scratch',
    ephemeral: {
      volumeClaimTemplate: {
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '30Gi' } },
        },
      },
    },
  });
});

test('its settings know the repository and the scratch space and no member', () => {
  const [settings] = rendered().objects.filter(({ kind }) => kind === 'ConfigMap');
  const file = settings.data!['pgbackrest.conf'];
  expect(file).toContain('repo1-path=/backup/repository\n');
  expect(file).toContain('process-max=3\n');
  expect(file).toContain('[books]\npg1-path=/scratch/data\n');
  expect(file).not.toContain('host');
});

test('the Python tests of restores and drills pass', () => {
  const { status, stderr, error } = spawnSync('python3', ['-B', path.join(__dirname, 'backup/test_restore.py')], {
    env: { ...process.env, PYTHONPATH: path.join(__dirname, '../../images/postgres') },
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stderr).toMatch(/Ran 18 tests/);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
});

/** What the step `verify` leaves for the step after it. */
function verifyStep(script: string, failed: boolean): Record<string, string> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'edtech-drill-'));
  try {
    if (failed) writeFileSync(path.join(scratch, 'failed'), '');
    const command = templateOf(rendered().cronJob)!.spec.initContainers![2].command!;
    const { status } = spawnSync(command[0], [...command.slice(1, 4), 'bash', '-c', script], {
      env: { ...process.env, SCRATCH_DIRECTORY: scratch },
    });
    expect(status).toBe(0);
    return Object.fromEntries(
      readdirSync(scratch).map((name) => [name, readFileSync(path.join(scratch, name), 'utf8')]),
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

test('verify leaves its output and exit code, whatever it is, and is left out after a failure', () => {
  expect(verifyStep('echo "{}"; exit 0', false)).toEqual({ 'verify.json': '{}\n', 'verify.code': '0' });
  expect(verifyStep('echo "{1}"; exit 3', false)).toEqual({ 'verify.json': '{1}\n', 'verify.code': '3' });
  expect(verifyStep('echo no', true)).toEqual({ failed: '' });
});
