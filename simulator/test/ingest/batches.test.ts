import { EventColumns } from '../../src/events/columns';
import { orderByOccurredAt } from '../../src/events/row-order';
import { AcknowledgedWatermarks } from '../../src/ingest/acknowledged';
import { BatchWindow } from '../../src/ingest/batch-window';
import { shardMask } from '../../src/ingest/ledger';
import { countTypes, splitByDay } from '../../src/ingest/store-events';

const DAY = 86_400_000;
const MIDNIGHT = Date.parse('2026-03-09T00:00:00Z');

function events(...rows: [occurredAt: number, studentId: number][]): EventColumns {
  const columns = new EventColumns(4);
  for (const [occurredAt, studentId] of rows)
    columns.push(occurredAt, MIDNIGHT + DAY, occurredAt, studentId, 1, 5, 0, 0, 0, 0);
  return columns;
}

const NONE_EXCLUDED = { droppedDays: new Set<number>(), forgottenStudents: new Set<number>() };

describe('the order of a batch', () => {
  it('is by time, and by row for the same instant', () => {
    const columns = events([MIDNIGHT + 2, 70], [MIDNIGHT - 1, 71], [MIDNIGHT + 2, 72], [MIDNIGHT, 73]);
    expect([...orderByOccurredAt(columns)]).toEqual([1, 3, 0, 2]);
    expect([...orderByOccurredAt(columns, (row) => row !== 3)]).toEqual([1, 0, 2]);
    expect([...orderByOccurredAt(events())]).toEqual([]);
  });
});

describe('splitting a batch by UTC day', () => {
  it('gives each day its rows with the first and the last instant', () => {
    const { stored, rejected } = splitByDay(
      events([MIDNIGHT, 70], [MIDNIGHT - 1, 71], [MIDNIGHT + DAY - 1, 72]),
      NONE_EXCLUDED,
    );
    expect(stored.map(({ totals }) => totals)).toEqual([
      { day: MIDNIGHT / DAY - 1, rows: 1, firstOccurredAt: MIDNIGHT - 1, lastOccurredAt: MIDNIGHT - 1 },
      { day: MIDNIGHT / DAY, rows: 2, firstOccurredAt: MIDNIGHT, lastOccurredAt: MIDNIGHT + DAY - 1 },
    ]);
    expect(rejected).toEqual([]);
    expect(countTypes(stored)[5]).toBe(3);
  });

  it('counts the events of dropped days apart and leaves out those of forgotten students', () => {
    const columns = events([MIDNIGHT, 70], [MIDNIGHT - 1, 71], [MIDNIGHT - 2, 72], [MIDNIGHT - 3, 73]);
    const { stored, rejected } = splitByDay(columns, {
      droppedDays: new Set([MIDNIGHT / DAY - 1]),
      forgottenStudents: new Set([72]),
    });
    expect(stored.map(({ totals }) => totals.rows)).toEqual([1]);
    expect(rejected).toEqual([{ day: MIDNIGHT / DAY - 1, events: 2 }]);
  });
});

describe('the shard mask of the ledger', () => {
  it('is a signed 64-bit number with a bit for each shard', () => {
    expect(shardMask([0, 3])).toBe('9');
    expect(shardMask([63])).toBe('-9223372036854775808');
    expect(shardMask(Array.from({ length: 64 }, (_, shard) => shard))).toBe('-1');
  });
});

describe('the window of a batch', () => {
  const at = (...watermarks: number[]) => watermarks.map((watermark, shard) => ({ shard, watermark }));

  it('takes everything since the last tick when all shards keep up', () => {
    expect(new BatchWindow(1000).next(at(100, 100), 5100)).toEqual({ shards: [0, 1], from: 100, to: 5100 });
    expect(new BatchWindow(1000).next(at(100, 100), 100)).toBeUndefined();
    expect(new BatchWindow(1000).next([], 100)).toBeUndefined();
  });

  it('brings shards that lag behind to the others first', () => {
    expect(new BatchWindow(1000).next(at(900, 100, 100), 5000)).toEqual({ shards: [1, 2], from: 100, to: 900 });
  });

  it('grows while batches are small and shrinks until one fits', () => {
    const window = new BatchWindow(1000);
    const length = () => {
      const { from, to } = window.next(at(0), 1e12)!;
      return to - from;
    };
    expect(length()).toBe(60_000);
    expect(window.accept({ shards: [0], from: 0, to: 60_000 }, 10)).toBe(true);
    expect(length()).toBe(120_000);
    expect(window.accept({ shards: [0], from: 0, to: 120_000 }, 700)).toBe(true);
    expect(length()).toBe(120_000);
    expect(window.accept({ shards: [0], from: 0, to: 120_000 }, 1001)).toBe(false);
    expect(length()).toBe(60_000);
  });

  it('does not grow while a replica keeps up: a backlog later would be one transaction', () => {
    const window = new BatchWindow(1000);
    for (let from = 0; from < 100_000; from += 5000) {
      const tick = window.next(at(from), from + 5000)!;
      expect(tick.to).toBe(from + 5000);
      expect(window.accept(tick, 10)).toBe(true);
    }
    expect(window.next(at(100_000), 100_000 + DAY / 2)).toMatchObject({ from: 100_000, to: 160_000 });
  });

  it('begins small again with the next backlog', () => {
    const window = new BatchWindow(1000);
    const now = 3 * DAY + 5000;
    let from = 0;
    while (from < now) {
      const next = window.next(at(from), now)!;
      expect(window.accept(next, 10)).toBe(true);
      from = next.to;
    }
    expect(window.next(at(now), now + DAY)).toMatchObject({ to: now + 60_000 });
  });

  it('accepts a single second that has too many rows: a smaller window would not end', () => {
    expect(new BatchWindow(1000).accept({ shards: [0], from: 0, to: 1000 }, 5000)).toBe(true);
  });
});

describe('acknowledged watermarks', () => {
  it('report a watermark that fell back, once', () => {
    const acknowledged = new AcknowledgedWatermarks();
    acknowledged.acknowledge(3, 10_000);
    expect(acknowledged.lost(3, 10_000)).toBe(0);
    expect(acknowledged.lost(3, 12_000)).toBe(0);
    expect(acknowledged.lost(3, 4000)).toBe(6000);
    expect(acknowledged.lost(3, 4000)).toBe(0);
    expect(acknowledged.lost(4, 0)).toBe(0);
  });
});
