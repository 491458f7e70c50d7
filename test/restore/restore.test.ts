import { repeated } from '../../src/restore/migrations';
import { InvalidCall, parseOptions, targetText } from '../../src/restore/options';
import { Progress } from '../../src/restore/progress';
import { newestSegment, outOfReach, reachable, shortOf, type StanzaInfo } from '../../src/restore/reachable';

const NOW = new Date('2026-03-02T12:00:00Z');
const epoch = (instant: string): number => Date.parse(instant) / 1000;

function problems(...args: string[]): readonly string[] {
  try {
    parseOptions(args, NOW);
  } catch (error) {
    if (error instanceof InvalidCall) return error.problems;
    throw error;
  }
  return [];
}

describe('options', () => {
  test('an instant may have any zone, and is told in UTC', () => {
    const { target, environment, confirmed } = parseOptions(
      ['--env', 'production', '--to', '2026-03-02 11:30:00.250+02:00', '--yes'],
      NOW,
    );
    expect([targetText(target), environment, confirmed]).toEqual(['2026-03-02T09:30:00.250Z', 'production', true]);
    expect(targetText(parseOptions(['--env', 'development', '--latest'], NOW).target)).toBe('latest');
  });

  test('every problem is told at once, by name, with what was given and what is allowed', () => {
    expect(problems()).toEqual([
      '--env is missing; allowed development, production',
      '--to TIME or --latest is missing',
    ]);
    expect(problems('--env', 'staging', '--to', 'yesterday', '--latest', '--wait', '0')).toEqual([
      '--env is staging; allowed development, production',
      '--to and --latest are given; allowed one of them',
      '--to is yesterday; allowed an instant with its zone, as 2026-03-02T10:15:00Z',
      '--wait is 0; allowed seconds above 0',
    ]);
    expect(problems('--env', 'production', '--to', '2026-03-02T10:15:00')[0]).toContain('with its zone');
    expect(problems('--env', 'production', '--to', '2026-02-30T10:15:00X')[0]).toContain('with its zone');
    expect(problems('--env', 'production', '--to', '2026-03-03T10:15:00Z')[0]).toContain('which is to come; now it is');
    expect(problems('--env', 'production', '--latest', '--force')[0]).toContain("Unknown option '--force'");
  });
});

describe('what can be reached', () => {
  const backup = (label: string, stop: string, error = false): StanzaInfo['backup'][number] => ({
    label,
    error,
    timestamp: { stop: epoch(stop) },
  });
  const info = (...backups: StanzaInfo['backup'][number][]): StanzaInfo => ({
    name: 'books',
    status: { code: 0, message: 'no valid backups' },
    backup: backups,
    archive: [
      { id: '17-1', max: '000000010000000000000014' },
      { id: '17-2', max: '00000002000000010000000A' },
      { id: '17-3', max: null },
    ],
  });
  const two = info(
    backup('20260302-010000I', '2026-03-02T01:05:00Z'),
    backup('20260301-010000F', '2026-03-01T01:20:00Z'),
    backup('20260228-010000F', '2026-02-28T01:20:00Z', true),
  );
  const found = reachable(two, new Date('2026-03-02T11:59:00Z'));
  const problem = (to: string): string | undefined => outOfReach({ at: new Date(to) }, found, two);

  test('begins with the oldest whole backup and ends with the newest segment', () => {
    expect([found?.from.toISOString(), found?.to.toISOString()]).toEqual([
      '2026-03-01T01:20:00.000Z',
      '2026-03-02T11:59:00.000Z',
    ]);
    expect(problem('2026-03-02T11:58:59Z')).toBeUndefined();
    expect(problem('2026-03-01T01:20:01Z')).toBeUndefined();
    expect(outOfReach('latest', found, two)).toBeUndefined();
  });

  test('what lies outside is refused with what is reachable', () => {
    expect(problem('2026-03-01T01:20:00Z')).toMatch(
      /before the oldest backup; reachable is 2026-03-01T01:20:00.000Z to 2026-03-02T11:59:00.000Z, from backups 20260301-010000F .*, 20260302-010000I/,
    );
    expect(problem('2026-03-02T11:59:01Z')).toMatch(/later than what is archived; reachable is .*; --latest takes all/);
    expect(outOfReach('latest', reachable(info(), undefined), info())).toBe(
      'the repository has no backup: no valid backups',
    );
  });

  test('the newest segment is that of the latest timeline, in its folder', () => {
    expect(newestSegment(two)).toEqual({ name: '00000002000000010000000A', folder: '17-2/0000000200000001' });
    expect(newestSegment({ ...two, archive: [] })).toBeUndefined();
  });

  test('a restore that ended where a segment begins has read nothing of it', () => {
    const segment = '000000020000000100000005';
    expect(shortOf('2\t1/5000000\tno recovery target specified', segment)).toContain(
      'ended on timeline 2 at 1/5000000, before segment',
    );
    expect(shortOf('2\t1/5000028\tno recovery target specified', segment)).toBeUndefined();
    expect(shortOf('1\t1/9000000\tbefore', segment)).toContain('timeline 1');
    expect(shortOf('3\t0/1000000\tlater', segment)).toBeUndefined();
  });
});

test('the migrations are repeated under a name of their own and without what the controller wrote', () => {
  const labels = { app: 'x', 'batch.kubernetes.io/controller-uid': '1', 'job-name': 'old', 'controller-uid': '1' };
  const job = {
    metadata: { name: 'edtech-migrations-0123456789', creationTimestamp: '2026-03-02T10:00:00Z', labels: { app: 'x' } },
    spec: { template: { metadata: { labels }, spec: { containers: [] } } },
    status: { succeeded: 1 },
  };
  expect(repeated(job)).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'edtech-migrations-after-restore', labels: { app: 'x' } },
    spec: { backoffLimit: 3, template: { metadata: { labels: { app: 'x' } }, spec: { containers: [] } } },
  });
});

test('every step is told with its time, and all of them again at the end', async () => {
  const lines: string[] = [];
  const progress = new Progress((line) => lines.push(line));
  expect(await progress.step('members stopped', async () => 7)).toBe(7);
  await expect(progress.step('volumes deleted', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  progress.summary();
  expect(lines.map((line) => line.replace(/\d+\.\d/, '#').trim())).toEqual([
    'members stopped …',
    'members stopped: done after # s',
    'volumes deleted …',
    '# s  members stopped',
    '# s  in all',
  ]);
});
