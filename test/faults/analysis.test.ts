import {
  compare,
  failuresOutsideGaps,
  gaps,
  longestGapSeconds,
  newSince,
  quantile,
  silentPages,
  staleAcknowledgements,
  waitedSeconds,
} from '../cluster/faults/analysis';
import { readRequests } from '../cluster/support/page-probe/page-probe';

const answers = (...times: number[]) => times.map((answeredMs) => ({ answeredMs }));
const row = (number: number, answeredMs: number, timeline = 1) => ({
  writer: 'rw@0',
  number,
  sentMs: answeredMs,
  answeredMs,
  timeline,
});

describe('gaps of a stream', () => {
  it('run from the last answer before the fault to the next one', () => {
    expect(longestGapSeconds(answers(0, 100, 5100, 5200), 150, 5300)).toBe(5);
  });

  it('count the time since the last answer', () => {
    expect(longestGapSeconds(answers(0, 100, 200), 150, 9200)).toBe(9);
  });

  it('need an answer before the fault', () => {
    expect(() => gaps(answers(500), 100, 1000)).toThrow('no answer before the fault');
  });
});

describe('writes that are meant to wait', () => {
  it('count from the end of the damage to the next answer', () => {
    expect(waitedSeconds(answers(0, 16_000, 16_100), {}, 10_000, 16_200)).toBe(6);
  });

  it('count from the moment when the database takes connections, however long is looked at it afterwards', () => {
    expect(waitedSeconds(answers(0, 50_000, 85_000, 110_000), { takesConnectionsMs: 10_000 }, 105_000, 110_200)).toBe(
      40,
    );
  });

  it('count a later pause too, be it between two answers or the last', () => {
    expect(waitedSeconds(answers(0, 11_000, 111_000), {}, 10_000, 112_000)).toBe(100);
    expect(waitedSeconds(answers(0, 11_000, 12_000), {}, 10_000, 72_000)).toBe(60);
  });

  it('must go on', () => {
    expect(() => waitedSeconds(answers(0, 9000), {}, 10_000, 20_000)).toThrow('no answer since the end of the damage');
  });
});

describe('requests to a page', () => {
  const pause = gaps(answers(0, 10_000, 10_100), 50, 10_100);
  const failed = (sentMs: number) => ({ page: 'grafana', sentMs, answeredMs: sentMs + 50, failure: 'status 503' });

  it('may fail while writes pause and a while after it', () => {
    expect(failuresOutsideGaps([failed(9000), failed(14_000)], pause, 5)).toEqual([]);
  });

  it('may not fail later', () => {
    expect(failuresOutsideGaps([failed(15_500)], pause, 5)).toHaveLength(1);
  });

  it('may not fail where writes did not pause', () => {
    expect(failuresOutsideGaps([failed(200)], gaps(answers(0, 100, 200, 300), 50, 350), 5)).toHaveLength(1);
  });

  describe('must be answered on both sides of the fault', () => {
    const around = { fromMs: 6000, beganMs: 10_000, damageEndMs: 70_000 };
    const good = (page: string, sentMs: number) => ({ page, sentMs, answeredMs: sentMs + 50, failure: undefined });
    const silent = (...requests: Parameters<typeof silentPages>[1]): string[] =>
      silentPages(['grafana', 'airflow'], requests, around);
    const both = (page: string) => [good(page, 9000), good(page, 71_000)];

    it('and are silent where there are none', () => {
      expect(silent()).toEqual([
        'grafana gave no good answer before the fault',
        'grafana gave no good answer after the fault',
        'airflow gave no good answer before the fault',
        'airflow gave no good answer after the fault',
      ]);
      expect(silent(...both('grafana'))).toHaveLength(2);
      expect(silent(...both('grafana'), ...both('airflow'))).toEqual([]);
    });

    it('well, and not long before or while it lasts', () => {
      const after = good('airflow', 71_000);
      const before = ['airflow gave no good answer before the fault'];
      expect(silent(...both('grafana'), after, good('airflow', 5000), good('airflow', 9990))).toEqual(before);
      expect(silent(...both('grafana'), after, { ...failed(9000), page: 'airflow' })).toEqual(before);
      expect(silent(...both('grafana'), good('airflow', 9000), good('airflow', 69_000))).toEqual([
        'airflow gave no good answer after the fault',
      ]);
    });
  });

  it('are read from what the probe printed, and nothing else is', () => {
    const text = 'page grafana 1 2 ok\npage airflow 3 4 failed status 503\n';
    expect(readRequests(text).map(({ failure }) => failure)).toEqual([undefined, 'status 503']);
    expect(() => readRequests('something else')).toThrow('does not print');
  });
});

describe('rows that were acknowledged', () => {
  it('are missing, doubled or never acknowledged by comparison with the table', () => {
    const stored = [
      { writer: 'rw@0', number: 1, rows: 2 },
      { writer: 'rw@0', number: 3, rows: 1 },
    ];
    expect(compare([row(1, 0), row(2, 100)], stored)).toEqual({
      acknowledged: ['rw@0 1', 'rw@0 2'],
      missing: ['rw@0 2'],
      doubled: ['rw@0 1'],
      unacknowledged: ['rw@0 3'],
      stale: [],
    });
  });

  it('count in the round in which a comparison shows them first, and in no later one', () => {
    const stored = (...numbers: number[]) => numbers.map((number) => ({ writer: 'rw@0', number, rows: number }));
    const first = compare([row(1, 0), row(3, 100)], stored(1, 2));
    const second = compare([row(1, 0), row(3, 100), row(4, 200), row(5, 300)], stored(1, 2, 4));
    expect(newSince(first, second)).toEqual({
      acknowledged: ['rw@0 4', 'rw@0 5'],
      missing: ['rw@0 5'],
      doubled: ['rw@0 4'],
      unacknowledged: [],
      stale: [],
    });
    expect(newSince(second, second).missing).toEqual([]);
  });

  it('are stale in the next comparison when an old primary answered after the one before, whichever fault came between', () => {
    const before = [row(1, 0, 1), row(2, 100, 2)];
    const first = compare(before, []);
    const second = compare([...before, row(3, 200, 1), row(4, 9000, 3)], []);
    expect(first.stale).toEqual([]);
    expect(newSince(first, second).stale).toEqual(['rw@0 3 on timeline 1']);
    expect(newSince(second, second).stale).toEqual([]);
  });

  it('are stale when an older timeline answers after a newer one', () => {
    const stale = staleAcknowledgements([row(1, 0, 1), row(2, 100, 2), row(3, 200, 1)]);
    expect(stale.map(({ number }) => number)).toEqual([3]);
  });
});

it('quantiles are nearest rank', () => {
  expect(quantile([4, 1, 3, 2], 0.95)).toBe(4);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2);
});
