import { panelReaders } from '../../bench/panels/readers';
import { figures } from '../../bench/sections/panels';
import { missed } from '../../bench/report';

const sizes = { small: { events: 1e6, students: 1_700 }, large: { events: 30e6, students: 50_000 } };
const timed = (name: string, oneClassroom: boolean, small: number[], large: number[]) => ({
  reader: { name, oneClassroom, run: () => Promise.resolve() },
  small,
  large,
});
const missedOf = (...times: ReturnType<typeof timed>[]) =>
  missed([
    {
      section: 'panels',
      machine: { cpu: '', cores: 2, memoryGiB: 24, platform: '', node: '', postgres: '' },
      figures: figures(times, sizes),
    },
  ]).map(({ name }) => name.split(',')[0]);

describe('the figures of the panels', () => {
  const good = timed('a', true, [1, 2, 3], [2, 3, 4]);

  test('take the slowest panel, not the average', () => {
    expect(missedOf(good)).toEqual([]);
    expect(missedOf(good, timed('b', false, [60], [60]))).toEqual(["slowest panel's p95"]);
    expect(missedOf(good, timed('b', false, [40], [201]))).toEqual(["slowest panel's p95"]);
  });

  test('take the 95th percentile of the runs', () => {
    const runs = (slow: number) => Array.from({ length: 100 }, (_, i) => (i < slow ? 300 : 2));
    expect(missedOf(timed('a', true, [1], runs(5)))).toEqual([]);
    expect(missedOf(timed('a', true, [1], runs(6)))).toEqual(["slowest panel's p95"]);
  });

  test('compare the sizes for panels of one classroom only', () => {
    expect(missedOf(good, timed('b', false, [1], [10]))).toEqual([]);
    expect(missedOf(good, timed('b', true, [1], [4]))).toEqual(['one-classroom panels']);
    expect(() => figures([timed('b', false, [1], [1])], sizes)).toThrow('nothing to compare');
  });

  test('are of every query of the platform’s own database, those of one classroom marked', () => {
    const readers = panelReaders();
    expect(new Set(readers.map(({ name }) => name)).size).toBe(readers.length);
    const marked = readers.filter(({ oneClassroom }) => oneClassroom).map(({ name }) => name);
    expect(marked).toEqual(expect.arrayContaining(['edu-class/active', 'edu-student/weeks', 'edu-risk/list']));
    expect(marked).not.toContain('edu-lesson/need');
    expect(readers.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'edu-lesson/variable lesson',
        'edu-class/annotation Restatements',
        'ops-pipeline/equality',
      ]),
    );
  });
});
