import { PassThrough } from 'node:stream';
import { confirm } from '../../local/confirm';
import { tellFailure } from '../../local/failure';

/** The question to somebody at a terminal who types this and then Ctrl-D; what is said is piped. */
function answered(typed: string): Promise<boolean> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  input.end(typed);
  return confirm('Delete?', { input, output: new PassThrough() });
}

test.each([
  ['y\n', true],
  ['Yes\n', true],
  ['no\n', false],
  ['\n', false],
])('asked with the output piped, %j agrees: %s', async (typed, agreed) => {
  expect(await answered(typed)).toBe(agreed);
});

test('asked with the output piped, Ctrl-D fails the command, and says so', async () => {
  const failure = await answered('').catch((error: Error) => error);
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const code = tellFailure(failure as Error);
  const texts = said.mock.calls.map(([text]) => text);
  said.mockRestore();
  expect([code, texts]).toEqual([1, ['the input ended without an answer: nothing was done\n']]);
});
