import { proofProgress } from '../../src/proof/progress';

test('away from a terminal a proof says once a minute how far it is', () => {
  const lines: string[] = [];
  let now = 0;
  const output = { isTTY: false, write: (line: string) => lines.push(line) > 0 } as unknown as NodeJS.WriteStream;
  const onProgress = proofProgress(output, () => now);
  for (const [second, done] of [
    [1, 0],
    [59, 10],
    [60, 26],
    [61, 27],
    [119, 40],
    [121, 51],
  ]) {
    now = second * 1000;
    onProgress({ phase: 'events', done, total: 100 });
  }
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'info', msg: 'proof under way', phase: 'events', percent: 26 },
    { level: 'info', msg: 'proof under way', phase: 'events', percent: 51 },
  ]);
});
