import childProcess from 'node:child_process';
import { WORKLOAD } from '../../src/names';
import { InvalidCall, parseOptions, targetText } from '../../src/restore/options';
import { Progress } from '../../src/restore/progress';
import { repeated } from '../../src/restore/repeated-job';
import { verify } from '../../src/restore/verify';
import { condition, items } from './scripted';

const NOW = new Date('2026-03-02T12:00:00Z');

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

  test('timeline and backup are chosen unless they are given', () => {
    const latest = ['--env', 'development', '--latest'];
    expect(parseOptions(latest, NOW)).toMatchObject({ timeline: undefined, backup: undefined, anew: false });
    expect(
      parseOptions([...latest, '--timeline', '12', '--backup', '20260301-010000F_20260302-010000I', '--anew'], NOW),
    ).toMatchObject({ timeline: 12, backup: '20260301-010000F_20260302-010000I', anew: true });
    expect(problems(...latest, '--timeline', 'first', '--backup', 'newest')).toEqual([
      '--timeline is first; allowed a number from 1',
      '--backup is newest; allowed a label as 20260302-101500F',
    ]);
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

  test.each([
    '2026-02-30T10:00:00Z',
    '2025-04-31T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '2025-11-31 23:59:59.5+02:00',
    '2025-02-30T10:00-0500',
  ])('a day that no calendar has is not taken for a later one: %s', (at) => {
    expect(problems('--env', 'production', '--to', at)).toEqual([
      `--to is ${at}; allowed an instant with its zone, as 2026-03-02T10:15:00Z`,
    ]);
  });

  test('the 29th of February of a leap year is a day', () => {
    const { target } = parseOptions(['--env', 'production', '--to', '2024-02-29T23:30:00-01:00'], NOW);
    expect(targetText(target)).toBe('2024-03-01T00:30:00.000Z');
  });
});

test('a Job is repeated under a name of their own and without what the controller wrote', () => {
  const labels = { app: 'x', 'batch.kubernetes.io/controller-uid': '1', 'job-name': 'old', 'controller-uid': '1' };
  const job = {
    metadata: { name: 'edtech-migrations-0123456789', creationTimestamp: '2026-03-02T10:00:00Z', labels: { app: 'x' } },
    spec: { template: { metadata: { labels }, spec: { restartPolicy: 'OnFailure', containers: [] } } },
  };
  expect(repeated(job, WORKLOAD.migrations)).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'edtech-migrations-after-restore', labels: { app: 'x' } },
    spec: {
      backoffLimit: 3,
      template: { metadata: { labels: { app: 'x' } }, spec: { restartPolicy: 'Never', containers: [] } },
    },
  });
});

/** The milliseconds after which kubectl is ended that runs `verify`. */
async function limitOfVerify(waitSeconds: number): Promise<unknown> {
  let limit: unknown;
  const simulators = items({ metadata: { name: 'edtech-simulator-a' }, status: condition('Ready') });
  type Done = (error: null, stdout: string, stderr: string) => void;
  const kubectl = (_: string, args: readonly string[], { timeout }: { timeout: number }, done: Done): object => {
    if (args.at(-1) === 'verify') limit = timeout;
    done(null, args.at(-1) === 'verify' ? '{"compared":5}' : simulators, '');
    return {};
  };
  const spy = jest.spyOn(childProcess, 'execFile').mockImplementation(kubectl as never);
  await verify(waitSeconds).finally(() => spy.mockRestore());
  return limit;
}

test.each([
  ['as every proof', 7200, 6 * 3_600_000],
  ['as --wait says where that is longer', 86_400.25, 86_401_000],
  ['as a timer can wait', Infinity, 2_147_483_000],
])('the verification may take as long %s', async (_, waitSeconds, limit) => {
  expect(await limitOfVerify(waitSeconds)).toBe(limit);
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
