import { merge, replaceTables } from '../../bench/keep';
import { figure } from '../../bench/pairs';
import { markdownTables, missed, number, terminalTable, type SectionResult } from '../../bench/report';

const machine = { cpu: 'CPU', cores: 2, memoryGiB: 4, platform: 'linux x64', node: '20', postgres: '17.10' };
const result = (section: SectionResult['section'], value: number): SectionResult => ({
  section,
  machine,
  figures: [figure('a / b', 'ratio', [value], { atLeast: 2 }, { a: '4 k/s' })],
});

describe('the report of the benchmark', () => {
  test('shows three digits that count', () => {
    expect([0, 0.0456, 0.9, 4.911, 38.04, 1234.5].map(number)).toEqual([
      '0',
      '0.0456',
      '0.900',
      '4.91',
      '38.0',
      '1235',
    ]);
  });

  test('names the figures that miss their goals, and only those', () => {
    expect(missed([result('ingest', 2), result('history', 1.9)]).map(({ value }) => value)).toEqual([1.9]);
  });

  test('says in both tables whether the goal is reached', () => {
    expect(terminalTable([result('ingest', 1)])).toMatch(
      /a \/ b +1\.00 +1\.00 … 1\.00 +≥ 2 +NO +1 +a 4 k\/s\nCPU, 2 cores/,
    );
    expect(markdownTables([result('ingest', 3)])).toContain('| a / b | 3.00 | 3.00 … 3.00 | ≥ 2 | yes | 1 | a 4 k/s |');
  });

  test('a section that is measured again replaces its figures, the others stay', () => {
    const merged = merge([result('generator', 1), result('ingest', 2)], [result('ingest', 3), result('memory', 4)]);
    expect(merged.map(({ section, figures }) => [section, figures[0].value])).toEqual([
      ['generator', 1],
      ['ingest', 3],
      ['memory', 4],
    ]);
  });

  test('a page without a place for the tables is refused', () => {
    expect(() => replaceTables('# Performance\n', 'tables')).toThrow('no place for the figures');
  });
});
