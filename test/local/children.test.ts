import { ChildError, runScript } from '../../local/children';
import { testServer } from '../support/database';

describe('what is told of a process of ours that failed', () => {
  it('is what went wrong, however deep its stack is', () => {
    const stack = ['Error: the disk is full', ...Array.from({ length: 10 }, (_, n) => `    at f${n} (x.ts:${n})`)];
    expect(new ChildError('history', 1, stack.join('\n')).message).toBe(`history ended with 1: ${stack.join('\n')}`);
  });

  it('is at most eight lines of the end', () => {
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    expect(new ChildError('replica-1', null, lines.join('\n')).message).toBe(
      `replica-1 ended with a signal: ${lines.slice(-8).join('\n')}`,
    );
  });
});

it('the load of history names a setting that cannot be used, and ends with 2', async () => {
  const env = { DATABASE_URL: `postgresql://nobody@127.0.0.1:${testServer().port}/none`, STREAM_STUDENTS: 'many' };
  await expect(runScript(['local/history.ts'], env)).rejects.toMatchObject({
    exitCode: 2,
    message: 'history ended with 2: bad configuration:\n  STREAM_STUDENTS: "many" is not a whole number',
  });
});
