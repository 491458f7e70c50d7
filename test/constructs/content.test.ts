import path from 'node:path';
import { contentHash } from '../../src/constructs/content-hash';
import { FileConfigMap, readFiles } from '../../src/constructs/file-config-map';
import { HashedJob, type HashedJobProps } from '../../src/constructs/hashed-job';
import { ScheduledTask, type ScheduledTaskProps } from '../../src/constructs/scheduled-task';
import { secretValue } from '../../src/constructs/secret-ref';
import { at } from '../policy/support/objects';
import { find, RESOURCES, testChart } from './support';

const JOB: HashedJobProps = {
  name: 'import',
  user: 1000,
  containers: [{ name: 'import', image: 'library/import:1', resources: RESOURCES }],
};

const nameOfMap = (files: Record<string, string>): string =>
  new FileConfigMap(testChart(), 'map', { name: 'books', files }).name;

test('the hash of a content does not depend on the order of its keys', () => {
  expect(contentHash({ a: 1, b: [2] })).toBe(contentHash({ b: [2], a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 2 }));
});

test('a changed file gives a ConfigMap another name, an unchanged one the same', () => {
  expect(nameOfMap({ 'a.sql': 'select 1' })).toBe(nameOfMap({ 'a.sql': 'select 1' }));
  expect(nameOfMap({ 'a.sql': 'select 1' })).not.toBe(nameOfMap({ 'a.sql': 'select 2' }));
});

test('a ConfigMap that changes in place keeps its name and stays mutable', () => {
  const chart = testChart();
  new FileConfigMap(chart, 'map', { name: 'books', files: { a: '1' }, onChange: 'in-place' });
  expect(find(chart, 'ConfigMap', 'books').immutable).toBeUndefined();
});

test('a ConfigMap that the API server would refuse for its size is refused at synth', () => {
  expect(() => nameOfMap({ big: 'x'.repeat(1_000_001) })).toThrow('config map books has 1000001 bytes');
});

test('files are read by ending, sorted by name', () => {
  const names = Object.keys(readFiles(path.join(__dirname, '../../sql/bootstrap'), ['.sql']));
  expect(names).toEqual([...names].sort());
  expect(names[0]).toMatch(/^01_.*\.sql$/);
});

test('a Job is named by its template', () => {
  const first = new HashedJob(testChart(), 'job', JOB).name;
  const image = 'library/import:2';
  const second = new HashedJob(testChart(), 'job', { ...JOB, containers: [{ ...JOB.containers[0], image }] }).name;
  expect(first).toMatch(/^import-[0-9a-f]{10}$/);
  expect(second).not.toBe(first);
  expect(new HashedJob(testChart(), 'job', { ...JOB, backoffLimit: 3 }).name).toBe(first);
});

test('a scheduled task leaves a run out while the last one goes on', () => {
  const chart = testChart();
  const props: ScheduledTaskProps = {
    ...JOB,
    schedule: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    activeDeadlineSeconds: 60,
  };
  new ScheduledTask(chart, 'task', props);
  expect(find(chart, 'CronJob').spec).toMatchObject({
    schedule: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    concurrencyPolicy: 'Forbid',
  });
  expect(at(find(chart, 'CronJob').spec, 'jobTemplate', 'spec', 'activeDeadlineSeconds')).toBe(60);
});

test('a scheduled task is tried again after every failure but those that say that it is of no use', () => {
  const policy = (more: Partial<ScheduledTaskProps>): unknown => {
    const chart = testChart();
    new ScheduledTask(chart, 'task', { ...JOB, schedule: '0 3 * * *', activeDeadlineSeconds: 60, ...more });
    return at(find(chart, 'CronJob').spec, 'jobTemplate', 'spec', 'podFailurePolicy');
  };
  expect(policy({})).toBeUndefined();
  expect(policy({ notAgainAfter: { container: 'import', exitCodes: [3, 4] } })).toEqual({
    rules: [{ action: 'FailJob', onExitCodes: { containerName: 'import', operator: 'In', values: [3, 4] } }],
  });
});

test('a key that a Secret does not have is refused with those that it has', () => {
  expect(() => secretValue({ name: 'door-r1', keys: ['front', 'back'] }, 'side')).toThrow(
    "secret door-r1 has no key 'side'; it has front, back",
  );
});
