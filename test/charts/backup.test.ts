import { readFileSync } from 'node:fs';
import path from 'node:path';
import { backupSchedules } from '../../charts/15-postgres-backup';
import { drillSchedule } from '../../charts/restore-drill';
import { loadEnvironment } from '../../src/config/environments';
import type { PlatformConfig } from '../../src/config/types';
import { ROOT } from '../../src/root';
import { at, ofKind, platformObjects, templateOf } from '../policy/support/objects';

const production = loadEnvironment('production');
const withBackup = (backup: Partial<PlatformConfig['backup']>): PlatformConfig => ({
  ...production,
  backup: { ...production.backup, ...backup },
});

test('a backup is due every day, a full one on the given days and an incremental one on the others', () => {
  expect(backupSchedules(production)).toEqual({ full: '30 1 * * 0', incr: '30 1 * * 1,2,3,4,5,6' });
  expect(backupSchedules(withBackup({ fullWeekdays: [6, 3], at: '23:05' }))).toEqual({
    full: '5 23 * * 3,6',
    incr: '5 23 * * 0,1,2,4,5',
  });
});

test('the jobs run one at a time on the node of the repository, and try again when a primary has moved meanwhile, but not when only the record is missing', () => {
  const program = readFileSync(path.join(ROOT, 'images/postgres/backup/run.py'), 'utf8');
  const madeNotRecorded = Number(/^MADE_NOT_RECORDED = (\d+)$/m.exec(program)?.[1]);
  for (const [kind, job] of [
    ['full', 'edtech-backup-full'],
    ['incr', 'edtech-backup-incr'],
  ]) {
    const cronJob = ofKind(platformObjects('production'), 'CronJob').find(({ metadata }) => metadata.name === job)!;
    expect(at(cronJob.spec, 'concurrencyPolicy')).toBe('Forbid');
    expect(at(cronJob.spec, 'jobTemplate', 'spec', 'backoffLimit')).toBe(3);
    expect(at(cronJob.spec, 'jobTemplate', 'spec', 'podFailurePolicy', 'rules')).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'backup', operator: 'In', values: [madeNotRecorded] } },
    ]);
    const spec = templateOf(cronJob)?.spec;
    // It is refused together with any other.
    expect(at(spec, 'restartPolicy')).toBe('Never');
    expect(spec?.containers.map(({ name }) => name)).toEqual(['backup']);
    expect(spec?.containers[0].command).toEqual(['python3', '-m', 'backup', 'run', kind]);
    expect(JSON.stringify(at(spec, 'affinity'))).toContain('edtech-backup-repository');
  }
});

test('with an export the jobs stand anywhere, and the claim takes the volume that is the export', () => {
  const nfs = { server: '10.20.1.7', path: '/export/edtech' };
  const objects = platformObjects('production', () => withBackup({ nfs }));
  const volume = ofKind(objects, 'PersistentVolume')[0];
  expect(volume).toMatchObject({ metadata: { name: 'edtech-backup-repository' }, spec: { nfs } });
  const set = objects.find(
    ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'edtech-backup-repository',
  );
  expect(at(set?.spec, 'volumeClaimTemplates', 0, 'spec', 'volumeName')).toBe('edtech-backup-repository');
  for (const job of ofKind(objects, 'CronJob').filter(({ metadata }) => metadata.name.startsWith('edtech-backup-'))) {
    expect(at(templateOf(job)?.spec, 'affinity')).toBeUndefined();
  }
});

test('the drill runs once a week beside the repository, and its server lets in only its own pod', () => {
  expect(drillSchedule(production)).toBe('30 3 * * 1');
  expect(drillSchedule(withBackup({ drill: { ...production.backup.drill, weekday: 5, at: '22:05' } }))).toBe(
    '5 22 * * 5',
  );
  const objects = platformObjects('production');
  const drill = ofKind(objects, 'CronJob').find(({ metadata }) => metadata.name === 'edtech-restore-drill')!;
  const spec = templateOf(drill)!.spec;
  expect(JSON.stringify(at(spec, 'affinity'))).toContain('edtech-backup-repository');
  expect(spec.initContainers!.find(({ name }) => name === 'verify')?.env).toContainEqual({
    name: 'DATABASE_HOST',
    value: '127.0.0.1',
  });
  const policy = ofKind(objects, 'NetworkPolicy').find(({ metadata }) => metadata.name === 'edtech-restore-drill')!;
  expect(at(policy.spec, 'ingress')).toBeUndefined();
});

test('members look for a restore request that normally is not there', () => {
  const set = ofKind(platformObjects('production'), 'StatefulSet').find(
    ({ metadata }) => metadata.name === 'edtech-postgres',
  )!;
  const spec = templateOf(set)!.spec;
  expect(at(spec, 'volumes')).toContainEqual({
    name: 'restore-request',
    configMap: { name: 'edtech-postgres-restore', defaultMode: 0o444, optional: true },
  });
  expect(spec.containers[0].volumeMounts).toContainEqual({
    name: 'restore-request',
    mountPath: '/etc/edtech/restore',
    readOnly: true,
  });
});

test('every member of the cluster is known to the repository, and archives to it', () => {
  const maps = ofKind(platformObjects('production'), 'ConfigMap');
  const file = (name: string): string =>
    maps.find(
      ({ metadata }) =>
        metadata.name.startsWith(`${name}-settings-`) || metadata.name.startsWith(`${name}-backup-settings-`),
    )!.data!['pgbackrest.conf'];
  const members = [...file('edtech-backup-repository').matchAll(/^pg\d-host=(.*)$/gm)].map(([, host]) => host);
  expect(members).toEqual([0, 1, 2].map((member) => `edtech-postgres-${member}.edtech-postgres-headless.edtech.svc`));
  expect(file('edtech-postgres')).toContain('repo1-host=edtech-backup-repository.edtech.svc\n');
  const dynamic = JSON.parse(
    maps.find(({ metadata }) => metadata.name === 'edtech-postgres-settings')!.data!['settings.json'],
  ) as object;
  expect(at(dynamic, 'dynamic', 'postgresql', 'parameters')).toMatchObject({
    archive_mode: 'on',
    archive_timeout: '60s',
    archive_command: '$(command -v edtech-push-wal) pgbackrest --stanza=edtech archive-push "%p"',
  });
});
