import { alternate, figure, quantile, ratioFigure, reached } from '../../bench/pairs';

describe('the figures of the benchmark', () => {
  test('a quantile is the nearest rank of the sorted values', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantile([40, 10, 30, 20], p))).toEqual([10, 10, 20, 30, 40]);
  });

  test('a quantile of no values is refused', () => {
    expect(() => quantile([], 0.5)).toThrow('no values');
  });

  test('runs alternate, and every other round begins with the other one', async () => {
    const order: string[] = [];
    const run = (name: string) => async (): Promise<number> => order.push(name);
    const values = await alternate(3, { a: run('a'), b: run('b') });
    expect(order.join('')).toBe('abbaab');
    expect(values).toEqual({ a: [1, 4, 5], b: [2, 3, 6] });
  });

  test('a ratio is the median of the pairs, not the ratio of the medians', () => {
    const { value, quartiles, rounds } = ratioFigure('r', [10, 20, 60], [1, 4, 2]);
    expect([value, ...quartiles, rounds]).toEqual([10, 5, 30, 3]);
  });

  test('values that are no pairs are refused', () => {
    expect(() => ratioFigure('r', [1, 2], [1])).toThrow('no pairs: r');
  });

  test('a goal is reached on its own side only', () => {
    const of = (value: number, goal?: Parameters<typeof figure>[3]) => reached(figure('f', 'ratio', [value], goal));
    expect([of(2.5, { atLeast: 2.5 }), of(2.4, { atLeast: 2.5 })]).toEqual([true, false]);
    expect([of(5, { atMost: 5 }), of(5.1, { atMost: 5 })]).toEqual([true, false]);
    expect([of(1), of(NaN, { atLeast: 1 }), of(NaN, { atMost: 1 })]).toEqual([true, false, false]);
  });
});
