import { around, holders } from '../../src/restore/moments';
import { backupsOf, OutOfReach, planOf, shortOf, type Archive, type Plan } from '../../src/restore/reachable';
import { newestSegment, parseHistory, positionOf, positionText, timelinesOf } from '../../src/restore/timelines';

const DAY = '2026-03-02T';
const at = (time: string): Date => new Date(time.includes('T') ? time : `${DAY}${time}Z`);
const backup = (label: string, stop: string, timeline: number, lsn: string, error = false) => ({
  label,
  error,
  timestamp: { stop: at(stop).getTime() / 1000 },
  lsn: { stop: lsn },
  archive: { stop: `${timeline.toString().padStart(8, '0')}0000000000000001` },
  database: { id: 1 },
});
const NONE = { name: 'books', status: { code: 2, message: 'no valid backups' }, backup: [], archive: [] };

/** Segments of a timeline, each with the time at which it was archived. */
const segments = (timeline: number, archived: Readonly<Record<string, string>>): [string, Date][] =>
  Object.entries(archived).map(([number, time]) => {
    const name = `${timeline.toString().padStart(8, '0')}00000000${number.padStart(8, '0')}`;
    return [`${name.slice(0, 16)}/${name}-${'ab'.repeat(20)}.zst`, at(time)];
  });

/**
 * 1 was restored to 10:02:30 at 12:00, which began 2; 2 failed over to 3 at 13:00; at 14:00 the end of 1 was wanted back, which began 4.
 */
const HISTORIES = new Map([
  ['00000002.history', '1\t0/5800000\tbefore 2026-03-02 10:02:30.25+00\n'],
  [
    '00000003.history',
    '1\t0/5800000\tbefore 2026-03-02 10:02:30.25+00\n\n2\t0/7000100\tno recovery target specified\n',
  ],
  ['00000004.history', '1\t0/8000100\tno recovery target specified\n'],
]);
const BEGAN: [string, Date][] = [
  ['00000002.history', at('12:00:00')],
  ['00000003.history', at('13:00:02')],
  ['00000004.history', at('14:00:00')],
];
const FILES = new Map([
  ...segments(1, { 3: '10:00:00', 4: '10:01:00', 5: '10:02:45', 6: '10:04:00', 7: '10:05:00', 8: '10:06:00' }),
  ...segments(2, { 5: '12:01:00', 6: '12:59:00' }),
  ...segments(3, { 7: '13:01:00', 8: '13:30:00' }),
  ...segments(4, { 8: '14:01:00', 9: '14:10:00' }),
  ...BEGAN,
]);
/** As it was before the last restore. */
const BEFORE = new Map([...FILES].filter(([name]) => !name.startsWith('00000004')));
const FIRST = backup('20260301-010000F', '2026-03-01T01:20:00Z', 1, '0/2000100');
const backups = backupsOf({
  ...NONE,
  backup: [
    backup('20260302-100300F_20260302-100400I', '10:04:30', 1, '0/6000100'),
    FIRST,
    backup('20260228-010000F', '2026-02-28T01:20:00Z', 1, '0/1000100', true),
  ],
});
const archiveOf = (files: ReadonlyMap<string, Date>): Archive => ({
  backups,
  timelines: timelinesOf(files, HISTORIES),
});
const archive = archiveOf(FILES);
const before = archiveOf(BEFORE);

const to = (time: string, timeline?: number, of = before, label?: string): Plan =>
  planOf({ target: { at: at(time) }, timeline, backup: label }, of, 'ok');
const refusal = (plan: () => Plan): string => {
  try {
    plan();
  } catch (error) {
    if (error instanceof OutOfReach) return error.message;
    throw error;
  }
  return 'not refused';
};

test('a position is read and written as PostgreSQL does', () => {
  expect(positionOf('1/5000028')).toBe(2 ** 32 + 0x5000028);
  expect(positionText(positionOf('1A/C0000028'))).toBe('1A/C0000028');
});

test('a history is its lines, and what was never read of an ancestor is none', () => {
  expect(parseHistory(HISTORIES.get('00000003.history')!)).toEqual([
    { timeline: 1, position: 0x5800000, reason: 'before 2026-03-02 10:02:30.25+00' },
    { timeline: 2, position: 0x7000100, reason: 'no recovery target specified' },
  ]);
  // Told to follow 3, recovery ended in 1 already: PostgreSQL names 3 as the parent.
  const text = `${HISTORIES.get('00000003.history')}3\t0/4000100\tbefore 2026-03-02 10:01:30+00\n`;
  const found = timelinesOf(new Map([['00000005.history', at('15:00:00')]]), new Map([['00000005.history', text]]));
  expect(found.get(5)?.forks).toEqual([{ timeline: 1, position: 0x4000100, reason: 'before 2026-03-02 10:01:30+00' }]);
});

test('the newest segment on the way of a timeline without one is that of its ancestor, as far as it was read', () => {
  const { timelines } = archiveOf(new Map([...BEFORE].filter(([name]) => !name.startsWith('00000003000'))));
  expect(newestSegment(timelines.get(3)!, timelines)?.name).toBe('000000020000000000000006');
  expect(newestSegment(timelines.get(2)!, timelines)?.name).toBe('000000020000000000000006');
  expect(newestSegment(timelines.get(1)!, timelines)?.name).toBe('000000010000000000000008');
});

describe('a moment', () => {
  test.each([
    ['before every restore is taken from the newest timeline', '10:01:30', 3],
    ['that the newest timeline wrote is taken from it', '13:01:00', 3],
    ['during a failover is on the timeline that took over', '13:00:01', 3],
    ['before a failover is on the timeline that took over, too', '12:30:00', 3],
    ['a moment before the one that was restored is on it', '10:02:30.249', 3],
    ['that a restore gave up is on the timeline that it left', '10:02:30.250', 1],
    ['to the last segment of the timeline that was left', '10:06:00', 1],
  ])('%s', (_, time, timeline) => {
    expect(to(time).timeline).toBe(timeline);
    expect(to(time, timeline).timeline).toBe(timeline);
  });

  test('between the end of a timeline and the begin of the one after it is on none', () => {
    expect(refusal(() => to('11:00:00'))).toMatch(
      /^--to is 2026-03-02T11:00:00.000Z, when no timeline was written; allowed a time within one of timelines 1 until 2026-03-02T10:06:00.000Z; 2 from timeline 1 as of 2026-03-02T10:02:30.250Z since 2026-03-02T12:00:00.000Z until 2026-03-02T12:59:00.000Z; 3 from/,
    );
  });

  test('that a later restore gave up is on the timeline that was written then', () => {
    // 4 goes on where 1 ended, but meanwhile 2 and then 3 were written.
    expect(to('12:30:00', undefined, archive).timeline).toBe(3);
    expect(to('13:20:00', undefined, archive).timeline).toBe(3);
    expect(to('10:05:30', undefined, archive).timeline).toBe(4);
    expect(to('14:05:00', undefined, archive).timeline).toBe(4);
  });

  test('that two sites have written is refused until one is chosen', () => {
    const files = new Map([...FILES, ['00000006.history', at('13:00:30')] as const, ...segments(6, { 9: '13:40:00' })]);
    const histories = new Map([...HISTORIES, ['00000006.history', '1\t0/8000100\tno recovery target specified\n']]);
    const timelines = timelinesOf(files, histories);
    // The newest of all is 6 and holds what it has been since.
    expect(holders(at('13:20:00'), timelines).map(({ id }) => id)).toEqual([6]);
    const both = timelinesOf(
      new Map([...files, ['00000007.history', at('15:00:00')]]),
      new Map([...histories, ['00000007.history', '1\t0/3000100\tbefore 2026-03-02 09:59:00+00\n']]),
    );
    expect(refusal(() => planOf({ target: { at: at('13:20:00') } }, { backups, timelines: both }, 'ok'))).toMatch(
      /which several timelines hold; choose by --timeline 3 or --timeline 6: timelines 1 until/,
    );
    expect(planOf({ target: { at: at('13:20:00') }, timeline: 6 }, { backups, timelines: both }, 'ok').timeline).toBe(
      6,
    );
  });

  test('is refused on a timeline that does not hold it, with the one that does', () => {
    expect(refusal(() => to('10:04:00', 3))).toMatch(
      /^--to is \S+, not on timeline 3, which left timeline 1 as of 2026-03-02T10:02:30.250Z and goes on at 2026-03-02T12:00:00.000Z; allowed --timeline 1: timelines 1 until/,
    );
    expect(refusal(() => to('13:20:00', 2))).toMatch(
      /not on timeline 2, which is archived until 2026-03-02T12:59:00.000Z; allowed --timeline 3/,
    );
    expect(refusal(() => to('11:00:00', 3))).toContain('; no timeline holds that time: timelines 1');
    expect(refusal(() => to('10:04:00', 9))).toMatch(/^--timeline is 9; allowed 1, 2, 3: timelines 1 until/);
  });

  test('before the oldest whole backup, or later than what is archived, is refused with what can be reached', () => {
    expect(refusal(() => to('2026-03-01T01:20:00Z'))).toMatch(
      /before the oldest backup; reachable is 2026-03-01T01:20:00.000Z to 2026-03-02T13:30:00.000Z, from backups 20260301-010000F \(\S+\), 20260302-100300F/,
    );
    expect(to('2026-03-01T01:20:01Z').backup.label).toBe(FIRST.label);
    expect(refusal(() => to('13:30:01'))).toMatch(
      /later than what is archived; reachable is .*; --latest takes all of it/,
    );
    expect(refusal(() => planOf({ target: 'latest' }, { ...before, backups: [] }, 'no valid backups'))).toBe(
      'the repository has no backup: no valid backups',
    );
  });
});

test('the archive has a time before and after a moment, on the way to it only', () => {
  const { timelines } = before;
  const near = (time: string) => around(timelines.get(3)!, at(time), timelines);
  expect(near('10:02:30.100')).toEqual({ before: at('10:01:00'), after: at('10:02:45') });
  expect(near('12:30:00')).toEqual({ before: at('12:01:00'), after: at('12:59:00') });
  expect(near('13:40:00')).toEqual({ before: at('13:30:00'), after: undefined });
});

describe('a backup', () => {
  test('is the newest that ended before the target, and before its timeline was left', () => {
    expect(to('10:05:00').backup.label).toBe('20260302-100300F_20260302-100400I');
    expect(to('10:04:00').backup.label).toBe(FIRST.label);
    expect(to('13:01:00').backup.label).toBe(FIRST.label);
    expect(planOf({ target: 'latest' }, before, 'ok').backup.label).toBe(FIRST.label);
    expect(planOf({ target: 'latest', timeline: 1 }, before, 'ok').backup.label).toBe(
      '20260302-100300F_20260302-100400I',
    );
  });

  test('that was asked for and does not lead to the target is refused with those that do', () => {
    expect(to('10:05:00', undefined, before, FIRST.label).backup.label).toBe(FIRST.label);
    expect(refusal(() => to('13:01:00', undefined, before, '20260302-100300F_20260302-100400I'))).toMatch(
      /^--backup is 20260302-100300F_20260302-100400I, which ended on the way of timeline 3 before \S+; allowed 20260301-010000F \(\S+\)\./,
    );
  });
});

describe('latest', () => {
  test('is the newest timeline to its last segment, or the end of the one that was asked for', () => {
    expect(planOf({ target: 'latest' }, archive, 'ok')).toMatchObject({
      timeline: 4,
      segment: '000000040000000000000009',
    });
    expect(planOf({ target: 'latest', timeline: 3 }, archive, 'ok')).toMatchObject({
      timeline: 3,
      segment: '000000030000000000000008',
    });
  });

  test('has read something of the last segment, on the way that it was told to follow', () => {
    const segment = '000000020000000100000005';
    const ended = (position: string): string => `1\t0/5000000\tx\n2\t${position}\tno recovery target specified\n`;
    expect(shortOf(ended('1/5000000'), 2, segment)).toContain(
      'ended on the way of timeline 2 at 1/5000000, before segment',
    );
    expect(shortOf(ended('1/5000028'), 2, segment)).toBeUndefined();
    // A failover after it.
    expect(shortOf(`${ended('1/5000028')}3\t1/6000000\tx\n`, 2, segment)).toBeUndefined();
    // Another timeline's end says nothing, however late it is.
    expect(shortOf('3\t9/0\tno recovery target specified\n', 2, segment)).toBe(
      'recovery followed timeline 3 and not 2',
    );
    expect(shortOf('', 2, segment)).toBe('recovery followed timeline of its own and not 2');
    // Told to follow a timeline of which nothing is archived, it must reach the end of the one before.
    expect(shortOf('1\t0/5000100\tx\n2\t0/3000000\tx\n', 2, '000000010000000000000004')).toContain('before segment');
  });
});
