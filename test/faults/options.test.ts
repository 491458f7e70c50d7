import { FAULTS } from '../cluster/faults/faults';
import { UsageError } from '../../local/usage-error';
import { readOptions } from '../cluster/faults/options';
import { programme } from '../cluster/faults/programme';

const names = (...args: string[]): string[] => programme(readOptions(args), () => []).map(({ name }) => name);

test.each([
  ['--full', '--random', '50'],
  ['--full', '--only', 'switchover'],
  ['--full', '--missing'],
  ['--full', '--rounds', '2'],
  ['--random', '50', '--only', 'switchover'],
  ['--random', '50', '--missing'],
  ['--random', '50', '--rounds', '2'],
  ['--missing', '--rounds', '2'],
  ['--table', '--record'],
])('options of which one would be passed over are refused: %s %s %s', (...args) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(/^--\w+ and --\w+ in one call; allowed is one of them$/);
});

test.each([
  [['--seed', '2'], '--seed 2 without --random: nothing is drawn'],
  [['--random', 'many'], '--random many is not a whole number'],
  [['--state', 'idle'], '--state idle; allowed calm, busy'],
  [['--set', '/nowhere.ts'], '--set /nowhere.ts: there is no such file'],
  [['--everything'], "Unknown option '--everything'"],
])('%j is refused with its reason', (args, reason) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(reason);
});

test('a full run is every fault as often as its goal asks', () => {
  expect(names('--full')).toHaveLength(FAULTS.reduce((sum, { rounds }) => sum + rounds, 0));
});

test('a draw is the same for the same seed, and of faults that may be drawn', () => {
  const drawn = names('--random', '50', '--seed', '2');
  expect(drawn).toHaveLength(50);
  expect(names('--random', '50', '--seed', '2')).toEqual(drawn);
  expect(names('--random', '50', '--seed', '3')).not.toEqual(drawn);
  expect(drawn).not.toContain('nodes-drained');
});

test('chosen faults are played one round each, or as many as are asked for', () => {
  expect(names()).toEqual(['primary-pod-deleted', 'primary-node-killed']);
  expect(names('--only', 'switchover', '--rounds', '2')).toEqual(['switchover', 'switchover']);
});
