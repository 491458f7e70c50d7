import { spawnSync } from 'node:child_process';
import { ROOT } from '../../src/root';

// Ten seconds of a processor, and a busy machine gives less than one.
jest.setTimeout(300_000);

/** The smallest container that runs the command has 256 MiB, in which a process needs about 70 beside its heap. */
const HEAP_MIB = 128;

it('needs no more memory for a pass over a default stream than its smallest container has', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB}`, '-r', './local/register.js', 'test/proof/support/one-pass.ts'],
    { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH } },
  );
  expect({ status, end: stderr.slice(-1000) }).toEqual({ status: 0, end: '' });
  const { students, compared } = JSON.parse(stdout) as { students: number; compared: number };
  expect(students).toBeGreaterThanOrEqual(10_000);
  expect(compared).toBeGreaterThan(400_000);
});
