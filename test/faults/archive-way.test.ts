import { gapsOf } from '../cluster/support/archive-way';
import { archiveGaps } from '../cluster/support/repository';

const segment = (timeline: number, number: number): string =>
  [timeline, Math.floor(number / 256), number % 256]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
const segments = (timeline: number, ...numbers: number[]): string[] =>
  numbers.map((number) => segment(timeline, number));
/** A history file as PostgreSQL writes it. */
const history = (...switches: [timeline: number, lsn: string][]): string =>
  switches.map(([timeline, lsn]) => `${timeline}\t${lsn}\tno recovery target specified\n`).join('\n');
const one = { timelines: [2], newest: history([1, '0/7000148']) };

describe('the way to the newest timeline', () => {
  it('is whole from the first segment on', () => {
    expect(gapsOf([...segments(1, 5, 6), ...segments(2, 7, 8)], one)).toEqual([]);
    expect(gapsOf(segments(1, 254, 255, 256), { timelines: [], newest: undefined })).toEqual([]);
  });

  it('lacks the segment in which a timeline begins, although the former primary archived its own one', () => {
    expect(gapsOf([...segments(1, 5, 6, 7), segment(2, 8)], one)).toEqual([`${segment(2, 7)} is missing`]);
  });

  it('lacks what the former primary had not archived', () => {
    expect(gapsOf([segment(1, 4), segment(2, 7)], one)).toEqual([`${segment(1, 5)} to ${segment(1, 6)} are missing`]);
  });

  it('begins a timeline with a segment of its own where the switch is at the border of two', () => {
    const border = { timelines: [2], newest: history([1, '0/7000000']) };
    expect(gapsOf([...segments(1, 5, 6), segment(2, 7)], border)).toEqual([]);
  });

  it('needs none of the segments beside it', () => {
    expect(gapsOf([...segments(1, 5, 6, 7, 9), ...segments(2, 7, 8)], one)).toEqual([]);
    // Timeline 2 was left again before the newest one, which came from timeline 1.
    const aside = { timelines: [2, 3], newest: history([1, '0/7000148']) };
    expect(gapsOf([...segments(1, 5, 6), segment(2, 9), segment(3, 7)], aside)).toEqual([]);
  });

  it('goes over timelines that ended in the segment in which they began', () => {
    const quick = { timelines: [2, 3], newest: history([1, '0/7000148'], [2, '0/7000900']) };
    expect(gapsOf([...segments(1, 5, 6), segment(3, 7)], quick)).toEqual([]);
  });

  it('goes on over the names of 256 segments', () => {
    const far = { timelines: [2], newest: history([1, '1/1000148']) };
    expect(gapsOf([...segments(1, 255, 256), ...segments(2, 257, 258)], far)).toEqual([]);
    expect(gapsOf([segment(1, 255), segment(2, 257)], far)).toEqual([`${segment(1, 256)} is missing`]);
  });

  it('begins later where older segments have expired', () => {
    expect(gapsOf(segments(2, 9, 10), one)).toEqual([]);
  });

  it('lacks every history file that a restore would ask for', () => {
    const newest = history([1, '0/7000148'], [2, '0/8000148']);
    const all = [...segments(1, 5, 6), segment(2, 7), segment(3, 8)];
    expect(gapsOf(all, { timelines: [2, 3], newest })).toEqual([]);
    expect(gapsOf(all, { timelines: [3], newest })).toEqual(['00000002.history is missing']);
    expect(gapsOf(all, { ...one, timelines: [2] })).toEqual(['00000003.history is missing']);
  });

  it('is known to a history file that names the ancestors', () => {
    expect(() => gapsOf(segments(2, 7), { timelines: [2], newest: '' })).toThrow('names no ancestor: ""');
  });

  it('leads from a segment', () => {
    expect(gapsOf(segments(1, 7, 8), one)).toEqual(['no segment leads to timeline 2']);
  });

  it('shows without history files what lies between segments', () => {
    expect(gapsOf([...segments(1, 5, 6), ...segments(2, 7, 8)])).toEqual([]);
    expect(gapsOf([...segments(1, 5, 6), segment(2, 8)])).toEqual([`${segment(1, 7)} is missing`]);
  });
});

test('an archive is asked for its segments and its newest history file', async () => {
  const line = (name: string): string => `17-1/${name.slice(0, 16)}/${name}-${'ab'.repeat(20)}.zst\n`;
  const listing = [...segments(1, 5, 6, 7), segment(2, 8)].map(line).join('');
  const asked: string[] = [];
  const ask = (args: readonly string[]): Promise<string> => {
    asked.push(args.slice(-2).join(' '));
    return Promise.resolve(args.includes('repo-ls') ? `17-1\n17-1/00000002.history\n${listing}` : one.newest);
  };
  expect(await archiveGaps(ask)).toEqual([`${segment(2, 7)} is missing`]);
  expect(asked).toEqual(['repo-ls archive/edtech', 'repo-get archive/edtech/17-1/00000002.history']);
});
