import { buildDashboards } from '../../dashboards';
import type { Cell, Frame } from '../../local/page/data/database';
import { format } from '../../local/page/view/format';
import { chartTableHtml, statHtml, tableHtml } from '../../local/page/view/figures';
import { chartOption } from '../../local/page/view/option';
import { panelView } from '../../local/page/view/views';

const list = buildDashboards()
  .find(({ uid }) => uid === 'edu-risk')!
  .panels.find(({ key }) => key === 'list')!;

/** The list of students at risk with one row; what is not given is null. */
function rendered(values: Readonly<Record<string, Cell>>): string {
  const names = list.fields.map(({ name }) => name);
  const frame: Frame = {
    refId: 'A',
    columns: names.map((name) => ({ name, type: name === 'score' ? 'number' : 'text' })),
    rows: [names.map((name) => values[name] ?? null)],
  };
  return tableHtml(panelView(list), [frame], 'UTC', {}).toString();
}

describe('a table', () => {
  test('keeps dates on one line and lets sentences break', () => {
    const table = rendered({ since: '2026-02-18', reasons: 'completes less than half of the class median' });
    expect(table).toMatch(/<td class="words short">2026-02-18<\/td>/);
    expect(table).toMatch(/<td class="words">completes less/);
  });

  test('shows text of the database as text', () => {
    expect(rendered({ student: '<img src=x>' })).toContain('&lt;img src=x&gt;');
  });
});

test('a figure follows its label, as a list of terms has them', () => {
  const stat = buildDashboards()
    .find(({ uid }) => uid === 'edu-risk')!
    .panels.find(({ key }) => key === 'change')!;
  const columns = stat.fields.map(({ name }) => ({ name, type: 'number' as const }));
  const figures = statHtml(panelView(stat), [{ refId: 'A', columns, rows: [[3, 1]] }], 'UTC').toString();
  expect(figures.replace(/\s+/g, '')).toMatch(/<div[^>]*><dt>new<\/dt><dd>3<\/dd><\/div>/);
});

test('small rates keep two digits, so that the marks of an axis differ', () => {
  const marks = [0, 0.05, 0.1, 0.15, 2.5, 40].map((rate) => format(rate, 'cps', 'UTC'));
  expect(marks).toEqual(['0/s', '0.05/s', '0.10/s', '0.15/s', '2.5/s', '40/s']);
});

describe.each(['America/Los_Angeles', 'Asia/Tokyo', 'Pacific/Auckland'])(
  'a figure of a day, read in %s',
  (timeZone) => {
    const trend = buildDashboards()
      .find(({ uid }) => uid === 'edu-risk')!
      .panels.find(({ key }) => key === 'trend')!;
    const noon = Date.parse('2026-02-24T12:00:00Z');
    const frame: Frame = {
      refId: 'A',
      columns: trend.fields.map(({ name }) => ({ name, type: name === 'time' ? 'time' : 'number' })),
      rows: [[noon, 3, 1]],
    };

    test('has its own date in the table', () => {
      const table = chartTableHtml(panelView(trend), [frame], timeZone).toString();
      expect(table).toMatch(/<th scope="row">Tue,? 24 Feb<\/th>/);
    });

    test('is drawn in the middle of its day', () => {
      const [from, to] = [noon - 7 * 86_400_000, noon + 86_400_000];
      const around = { from, to, timeZone, annotations: [], theme: 'light', width: 800 } as const;
      const { series } = chartOption(panelView(trend), [frame], around) as { series: { data: [number, number][] }[] };
      // The drawing shows UTC, and its times are moved by the zone: wall clock.
      expect(series.map(({ data }) => data[0])).toEqual([
        [noon, 3],
        [noon, 1],
      ]);
    });
  },
);
