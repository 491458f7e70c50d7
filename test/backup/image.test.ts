import path from 'node:path';
import { resolveImages } from '../../src/images';
import { ROOT } from '../../src/root';
import { outcome } from '../support/command';
import { CHECK_LABEL } from '../support/containers';

/** Python tests that need the image's driver and a server, which each of them starts inside its own container. */
const run = (file: string): ReturnType<typeof outcome> => {
  const mounts = { [path.join(__dirname, 'image')]: '/tests', [path.join(ROOT, 'sql/migrations')]: '/migrations' };
  const volumes = Object.entries(mounts).map(([from, to]) => `--volume=${from}:${to}:ro`);
  const container = [
    'run',
    '--rm',
    `--label=${CHECK_LABEL}`,
    '--init',
    '--network=none',
    '--workdir=/tests',
    ...volumes,
  ];
  const python = ['timeout', '150', 'python3', '-m', 'unittest', file];
  return outcome('docker', [...container, resolveImages('').postgres.reference, ...python], { timeoutSeconds: 170 });
};

test.each([
  ['the reconciler', 'test_reconcile', 9],
  ['records of backups and drills', 'test_records', 9],
])('the tests of %s pass on a real server', async (_, file, count) => {
  const { code, stderr } = await run(file);
  expect(stderr).toMatch(new RegExp(`Ran ${count} tests`));
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
});
