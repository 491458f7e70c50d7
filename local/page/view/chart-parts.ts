import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import { format } from './format';
import type { Series } from './series';
import type { Theme } from './theme';
import type { PanelView, Surroundings } from './types';

/** Name of a band in the legend. */
export const BAND = 'usual range';

/** Symbols tell series apart without colour. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'arrow'] as const;
/** Beyond this many points symbols would be a thick line. */
const MOST_SYMBOLS = 45;

/** Up to this many bars carry their figure. */
const MOST_LABELLED = 8;

/** Patterns on stacked surfaces, light enough to read through. */
const INK = 'rgba(0, 0, 0, 0.16)';
export const DECALS = [
  { color: 'rgba(0, 0, 0, 0)' },
  { color: INK, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 4 },
  { color: INK, symbol: 'circle', symbolSize: 0.6, dashArrayX: [[6, 6]], dashArrayY: [6, 6] },
  { color: INK, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: -Math.PI / 4 },
  { color: INK, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: 0 },
  { color: INK, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 2 },
];

const DASH = { solid: 'solid', points: 'solid', dotted: [1, 4], dashed: [7, 5] } as const;

export function lineSeries({ name, field, colour, points }: Series, index: number, panel: PanelView, theme: Theme) {
  const style = field.style === 'low' || field.style === 'high' ? 'solid' : (field.style ?? 'solid');
  return {
    name,
    type: 'line',
    data: points,
    stack: panel.stacked ? 'all' : undefined,
    areaStyle: panel.stacked ? { opacity: 0.55 } : undefined,
    symbol: SYMBOLS[index % SYMBOLS.length],
    symbolSize: 6,
    showSymbol: !panel.stacked && points.filter(([, y]) => y !== null).length <= MOST_SYMBOLS,
    lineStyle: { width: panel.stacked ? 1 : 2.5, type: DASH[style], cap: 'round' },
    itemStyle: { color: theme.series[colour] },
    connectNulls: false,
  };
}

export function barSeries(
  { name, field, colour, points }: Series,
  panel: PanelView,
  { timeZone }: Surroundings,
  theme: Theme,
) {
  const figure = (value: number | null): string =>
    value === null ? '' : format(value, field.unit ?? panel.unit, timeZone, field.decimals ?? panel.decimals);
  return {
    name,
    type: 'bar',
    data: points.map(([, y]) => y),
    stack: panel.stacked ? 'all' : undefined,
    barMaxWidth: 44,
    label: {
      show: points.length <= MOST_LABELLED,
      position: 'top',
      color: theme.text,
      fontSize: 11,
      formatter: ({ value }: { value: number | null }) => figure(value),
    },
    itemStyle: { color: theme.series[colour], borderRadius: [3, 3, 0, 0] },
  };
}

/** A shaded band: an invisible line at its lower edge, and the height above it. */
export function bandSeries(low: Series, high: Series, theme: Theme) {
  const edge = { type: 'line', stack: 'band', symbol: 'none', lineStyle: { opacity: 0 }, tooltip: { show: false } };
  const height = high.points.map(([x, y], i) => {
    const bottom = low.points[i][1];
    return [x, y === null || bottom === null ? null : Number(y) - Number(bottom)];
  });
  const colour = theme.series.grey;
  return [
    { ...edge, name: `${BAND} `, data: low.points, silent: true },
    { ...edge, name: BAND, data: height, areaStyle: { color: colour, opacity: 0.25 }, itemStyle: { color: colour } },
  ];
}

/** A line from one end of an interval to the other, with short caps, in the middle of each bar. */
export function errorBars(low: Series, high: Series, theme: Theme) {
  const cap = 7;
  return {
    name: `${low.name} / ${high.name}`,
    type: 'custom',
    z: 5,
    tooltip: { show: false },
    data: low.points.map(([, y], i) => [i, y, high.points[i][1]]),
    renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const [x, bottom] = api.coord([api.value(0), api.value(1)]);
      const [, top] = api.coord([api.value(0), api.value(2)]);
      const style = { stroke: theme.text, lineWidth: 1.5 };
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line',
        shape: { x1, y1, x2, y2 },
        style,
      });
      if (Number.isNaN(bottom) || Number.isNaN(top)) return { type: 'group', children: [] };
      const ends = [bottom, top].map((y) => line(x - cap, y, x + cap, y));
      return { type: 'group', children: [line(x, bottom, x, top), ...ends] };
    },
  };
}

const TIMES = { year: '{yyyy}', month: '{d} {MMM}', day: '{d} {MMM}', hour: '{HH}:{mm}', minute: '{HH}:{mm}' };

export function axis(
  panel: PanelView,
  around: Surroundings,
  theme: Theme,
  range: { min?: number; max?: number; categories?: string[] },
) {
  const line = { lineStyle: { color: theme.line } };
  const label = { color: theme.muted, hideOverlap: true };
  const xName = {
    name: panel.fields.find(({ name }) => name === panel.x)?.label,
    nameLocation: 'middle',
    nameTextStyle: { color: theme.muted },
  };
  const common = { axisLine: line, axisTick: { ...line }, splitLine: { show: false } };
  if (panel.kind === 'timeseries') {
    return {
      ...common,
      type: 'time',
      min: range.min,
      max: range.max,
      axisLabel: { ...label, formatter: TIMES },
      splitNumber: around.width < 500 ? 4 : 7,
    };
  }
  if (panel.kind === 'bars') {
    const long = (range.categories ?? []).some((text) => text.length > 12);
    const width = Math.max(40, (around.width - 80) / Math.max(1, range.categories?.length ?? 1) - 8);
    const wrap = long ? { overflow: 'break', width, interval: 0, lineHeight: 15 } : {};
    return { ...common, ...xName, type: 'category', data: range.categories, axisLabel: { ...label, ...wrap } };
  }
  const unit = panel.fields.find(({ name }) => name === panel.x)?.unit ?? 'none';
  return {
    ...common,
    type: 'value',
    min: range.min,
    max: range.max,
    minInterval: 1,
    ...xName,
    axisLabel: { ...label, formatter: (value: number) => format(value, unit, around.timeZone) },
  };
}
