import { ArchiveCheck, waitsInVain, type Archiving } from '../cluster/faults/archive';
import { gapsOf } from '../cluster/support/archive-way';
import { segmentsIn } from '../cluster/support/repository';

const SEGMENT = '000000010000000000000007';
const NOW = { archivedSeconds: 0, failedTrySeconds: 0 };

/** @param waits answers to the question whether the segment still waits, one after the other @param failed counts of failed tries likewise */
const archiving = (waits: boolean[], failed: number[]): Archiving => ({
  close: () => Promise.resolve(SEGMENT),
  waits: (segment) => Promise.resolve(segment === SEGMENT && waits.shift() === true),
  failed: () => Promise.resolve(failed.shift() ?? NaN),
});

describe('a segment that is closed while the repository is away', () => {
  it('waits while tries to archive it fail', async () => {
    await expect(waitsInVain(archiving([true, true], [3, 4]), NOW)).resolves.toBe(SEGMENT);
  });

  it('was not kept waiting when it is archived a moment later', async () => {
    await expect(waitsInVain(archiving([false], [3]), NOW)).rejects.toThrow(`segment ${SEGMENT} was archived`);
  });

  it('was not kept waiting when it is archived after a failed try', async () => {
    await expect(waitsInVain(archiving([true, false], [3, 4]), NOW)).rejects.toThrow('was archived');
  });

  it('shows nothing before a try has failed', async () => {
    const patience = { archivedSeconds: 0, failedTrySeconds: -1 };
    await expect(waitsInVain(archiving([true, true], [3, 3]), patience)).rejects.toThrow('a failed try to archive');
  });
});

describe('the archive after a round', () => {
  it('shows each hole in the round after which it is found first', async () => {
    const holes = [['a'], ['a', 'b'], ['a', 'b']];
    const check = new ArchiveCheck(
      () => Promise.resolve(),
      () => Promise.resolve(holes.shift() ?? []),
    );
    expect([await check.newHoles('m-0'), await check.newHoles('m-0'), await check.newHoles('m-0')]).toEqual([
      ['a'],
      ['b'],
      [],
    ]);
  });

  it('is not well when a closed segment is not archived', async () => {
    const check = new ArchiveCheck(
      (primary) => Promise.reject(new Error(`segment of ${primary} archived: not within 60 s`)),
      () => Promise.resolve([]),
    );
    await expect(check.newHoles('m-0')).rejects.toThrow('segment of m-0 archived: not within 60 s');
  });
});

describe('a listing of the archive', () => {
  const line = (segment: string) => `17-1/0000000100000000/${segment}-${'ab'.repeat(20)}.zst`;

  it('names its segments', () => {
    const listing = `17-1\n17-1/0000000100000000\n${line(SEGMENT)}\n${line('000000010000000000000009')}\n`;
    expect(gapsOf(segmentsIn(listing))).toEqual(['000000010000000000000008 is missing']);
  });

  it.each(['', '17-1\n', `17-1/${SEGMENT}\n`])('without a segment shows no archive at all: "%s"', (listing) => {
    expect(() => segmentsIn(listing)).toThrow('no WAL segment in the listing of the archive');
  });
});
