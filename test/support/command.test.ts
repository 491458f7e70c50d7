import { outcome } from './command';

it('a program that ends without reading its input is told by its exit code', async () => {
  const input = 'x'.repeat(200_000);
  const ended = await Promise.all([...Array(20)].map((_, n) => outcome('sh', ['-c', `exit ${n % 2}`], { input })));
  expect(ended.map(({ code }) => code)).toEqual([...Array(20)].map((_, n) => n % 2));
});
