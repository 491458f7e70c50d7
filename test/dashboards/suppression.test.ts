import type { Client } from 'pg';
import { percent, shareInWords, twoDigits, wilson } from '../../dashboards/lib/sql';
import {
  guardedCount,
  guardedInterval,
  guardedShare,
  guardedShareInWords,
  hiddenPart,
  ifEnough,
  suppression,
} from '../../dashboards/lib/suppression';
import { createTestDatabase, type TestDatabase } from '../support/database';

const rule = suppression(10);

describe('small groups', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase('suppression', { empty: true });
    client = await database.connect('admin');
  });
  afterAll(() => database?.drop());

  const value = async (expression: string, columns = ''): Promise<unknown> =>
    (await client.query<{ v: unknown }>(`select ${expression} as v ${columns}`)).rows[0].v;

  it.each([
    [5, 9, 'fewer than 10'],
    [5, 10, '50 % (24–76)'],
    [40, 100, '40 %'],
    [0, 50, '<5 %'],
    [50, 50, '>95 %'],
    [3, 50, '6 % (2–16)'],
  ])('%i of %i students is shown as "%s"', async (k, n, expected) => {
    expect(await value(guardedShareInWords('k', 'n', 'n', rule), `from (values (${k}, ${n})) as t(k, n)`)).toBe(
      expected,
    );
  });

  it('show no share for a chart below the minimum, and none beyond 5 % and 95 %', async () => {
    const shares = async (k: number, n: number) => Number(await value(guardedShare(`${k}`, `${n}`, `${n}`, rule)));
    expect(await value(guardedShare('5', '9', '9', rule))).toBeNull();
    expect([await shares(0, 10), await shares(5, 10), await shares(10, 10)]).toEqual([0.05, 0.5, 0.95]);
  });

  it('show the ends of an interval only beside the share that there is', async () => {
    const ends = async (k: number, n: number, students = n) => {
      const { low, high } = guardedInterval(`${k}`, `${n}`, `${students}`, rule);
      return [await value(`round(${low}, 2)::float8`), await value(`round(${high}, 2)::float8`)];
    };
    expect(await ends(5, 10)).toEqual([0.24, 0.76]);
    expect(await ends(190, 200)).toEqual([0.91, 0.97]);
    // Drawn at 95 % and 5 %, and told by their own intervals.
    for (const [k, n] of [
      [199, 200],
      [191, 200],
      [9, 200],
      [0, 20],
    ])
      expect(await ends(k, n)).toEqual([null, null]);
    expect(await ends(50, 100, 9)).toEqual([null, null]);
    expect(await ends(0, 0, 10)).toEqual([null, null]);
  });

  it('count for nothing and are told in words', async () => {
    expect(await value(guardedCount('9', rule))).toBe('fewer than 10');
    expect(await value(guardedCount('10', rule))).toBe('10');
    expect(await value(ifEnough('9', '1', rule))).toBeNull();
  });

  it.each([
    ['all large', [30, 20, 10], [false, false, false]],
    ['one small: the smallest other one is hidden too', [30, 20, 9], [false, true, true]],
    ['two small hide each other', [30, 8, 9], [false, true, true]],
    ['nobody hides nothing', [30, 20, 0], [false, false, false]],
    ['one small, nobody, one large', [30, 5, 0], [true, true, false]],
    ['one part only', [7], [true]],
    ['ties are hidden together', [20, 20, 9], [true, true, true]],
  ])('hide what would give them away: %s', async (_, sizes, expected) => {
    const rows = sizes.map((size, i) => `(${i}, ${size})`).join(', ');
    const result = await client.query<{ hidden: boolean }>(
      `select ${hiddenPart('n', rule)} as hidden from (values ${rows}) as t(i, n) order by i`,
    );
    expect(result.rows.map(({ hidden }) => hidden)).toEqual(expected);
  });

  it('cannot be worked out from the whole and what is shown', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const sizes = [0, 1, 2, 3].map((i) => (seed * 7919 * (i + 3) + i * 104_729) % 31);
      const rows = sizes.map((size, i) => `(${i}, ${size})`).join(', ');
      const { rows: shown } = await client.query<{ n: number; hidden: boolean }>(
        `select n, ${hiddenPart('n', rule)} as hidden from (values ${rows}) as t(i, n) order by i`,
      );
      const hidden = shown.filter((part) => part.hidden);
      expect(shown.every(({ n, hidden }) => hidden || n === 0 || n >= 10)).toBe(true);
      // A single unknown is the whole less the rest: allowed only if there is no other part of anybody.
      if (hidden.length === 1) expect(shown.filter(({ n }) => n > 0)).toHaveLength(1);
    }
  });
});

describe('figures in words', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase('figures', { empty: true });
    client = await database.connect('admin');
  });
  afterAll(() => database?.drop());

  const value = async (expression: string): Promise<unknown> =>
    (await client.query<{ v: unknown }>(`select ${expression} as v`)).rows[0].v;

  it.each([
    ['0.4567', 0.46],
    ['1234', 1200],
    ['0', 0],
    ['-0.0461', -0.046],
    ['99.9', 100],
  ])('%s has two significant digits: %d', async (number, expected) => {
    expect(Number(await value(twoDigits(number)))).toBe(expected);
  });

  it.each([
    ['0.057', '5.7 %'],
    ['0.46', '46 %'],
    ['0.0999', '10 %'],
    ['1', '100 %'],
  ])('a share of %s is %s', async (share, expected) => {
    expect(await value(percent(share))).toBe(expected);
  });

  // Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('the Wilson interval of %i of %i is %d to %d', async (k, n, low, high) => {
    const interval = wilson(`${k}`, `${n}`);
    expect(Number(await value(interval.low))).toBeCloseTo(low, 4);
    expect(Number(await value(interval.high))).toBeCloseTo(high, 4);
  });

  it('an interval stands beside a share of fewer than 100 trials only', async () => {
    expect(await value(shareInWords('2', '7'))).toBe('29 % (8–64)');
    expect(await value(shareInWords('40', '100'))).toBe('40 %');
    expect(await value(shareInWords('0', '0'))).toBeNull();
  });
});
