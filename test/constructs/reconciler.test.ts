import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('the reconciler’s Python tests pass', () => {
  const { status, stderr, error } = spawnSync('python3', ['-B', path.join(__dirname, 'reconciler/test_reconcile.py')], {
    env: { ...process.env, PYTHONPATH: path.join(__dirname, '../../images/postgres') },
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stderr).toMatch(/Ran 16 tests/);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
});
