import { EXACT, isExact, readVerified } from '../cluster/support/simulator';

const printed = (figures: object, code: number): string =>
  `day 2026-03-01\n${JSON.stringify({ compared: 5000, lost: 0, extra: 0, changed: 0, ...figures })}\nexit ${code}\n`;

test('what verify printed is its figures and its exit code', () => {
  expect(readVerified(printed({ unproven: 0 }, 0))).toEqual({ compared: 5000, ...EXACT });
});

test('a verify that ends with another exit code is not exact, whatever its figures say', () => {
  const verified = readVerified(printed({ unproven: 2 }, 1));
  expect(verified).not.toMatchObject(EXACT);
  expect(isExact(verified)).toBe(false);
  expect(isExact(readVerified(printed({}, 0)))).toBe(true);
  expect(isExact(readVerified(printed({ lost: 1 }, 1)))).toBe(false);
});

test.each(['error: no connection\nexit 1\n', '{"compared":5000,"lost":0,"extra":0,"changed":0}\n'])(
  'without figures or without an exit code there is no result: %j',
  (text) => {
    expect(() => readVerified(text)).toThrow('verify printed no result');
  },
);
