import type { EChartsCoreOption } from 'echarts/core';
import { zoneOffsetMs } from '../data/time-range';
import type { Cell, Frame } from '../data/database';
import { axis, BAND, bandSeries, barSeries, DECALS, errorBars, lineSeries } from './chart-parts';
import { marks } from './chart-marks';
import { format } from './format';
import { columnOf, isOfDays, seriesOf, type Series } from './series';
import { THEMES } from './theme';
import type { PanelView, Surroundings } from './types';

/**
 * Axis positions of a time axis: instants moved by the zone's offset and shown as UTC, since the chart library knows only the
 * browser's zone and UTC.
 */
function localTimes(series: readonly Series[], timeZone: string): Series[] {
  return series.map((one) => ({
    ...one,
    points: one.points.map(([x, y]) => [Number(x) + zoneOffsetMs(new Date(Number(x)), timeZone), y] as const),
  }));
}

/** Days at noon of the same date in the zone that is shown: where noon UTC is another day, they would stand under its mark. */
function atLocalNoon(frames: readonly Frame[], timeZone: string): readonly Frame[] {
  return frames.map((frame) => {
    const time = frame.columns.findIndex(({ name }) => name === 'time');
    const move = (cell: Cell, column: number): Cell =>
      column === time ? Number(cell) - zoneOffsetMs(new Date(Number(cell)), timeZone) : cell;
    return { ...frame, rows: frame.rows.map((row) => row.map(move)) };
  });
}

/** The drawing of a panel of kind `timeseries`, `trend` or `bars`. */
export function chartOption(panel: PanelView, found: readonly Frame[], around: Surroundings): EChartsCoreOption {
  const frames = isOfDays(panel) ? atLocalNoon(found, around.timeZone) : found;
  const theme = THEMES[around.theme];
  const over = panel.kind;
  const shift = (ms: number): number => ms + zoneOffsetMs(new Date(ms), around.timeZone);
  const all = over === 'timeseries' ? localTimes(seriesOf(panel, frames), around.timeZone) : seriesOf(panel, frames);
  const lines = all.filter(({ field }) => field.style !== 'low' && field.style !== 'high');
  const low = all.find(({ field }) => field.style === 'low');
  const high = all.find(({ field }) => field.style === 'high');
  const drawn = lines.map((series, i) =>
    over === 'bars' ? barSeries(series, panel, around, theme) : lineSeries(series, i, panel, theme),
  );
  const band = low && high ? (over === 'bars' ? [errorBars(low, high, theme)] : bandSeries(low, high, theme)) : [];
  if (over === 'timeseries' && drawn.length > 0) Object.assign(drawn[0], marks(panel, around, theme, shift));
  const legend = [...lines.map(({ name }) => name), ...(band.length > 0 && over !== 'bars' ? [BAND] : [])];
  const unit = lines[0]?.field.unit ?? panel.unit;
  const decimals = lines[0]?.field.decimals ?? panel.decimals;
  const single = lines.length === 1 ? lines[0].name : undefined;
  const yMax = yMaximum(panel, all);
  return {
    useUTC: true,
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: theme.text },
    aria: { enabled: true, decal: { show: panel.stacked === true, decals: DECALS } },
    grid: {
      left: 6,
      right: 16,
      top: single ? 30 : 14,
      bottom: legendHeight(legend, around.width),
      // Labels and axis names stay inside, so the legend below never touches them.
      outerBoundsMode: 'same',
      outerBoundsContain: 'all',
    },
    legend: {
      show: legend.length > 1,
      data: legend,
      bottom: 0,
      left: 0,
      itemWidth: 28,
      icon: over === 'timeseries' && panel.stacked ? 'roundRect' : undefined,
      textStyle: { color: theme.text, fontSize: 12 },
      inactiveColor: theme.muted,
    },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: theme.surface,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12 },
      axisPointer: { type: over === 'bars' ? 'shadow' : 'line', lineStyle: { color: theme.muted } },
      valueFormatter: (value: unknown) =>
        format(Array.isArray(value) ? (value[1] as number) : (value as number | null), unit, around.timeZone, decimals),
    },
    xAxis: axis(panel, around, theme, xRange(panel, frames, around, shift)),
    yAxis: {
      type: 'value',
      name: single,
      nameTextStyle: { color: theme.muted, align: 'left' },
      nameGap: 12,
      min: panel.min,
      max: yMax,
      interval: yMax === 1 ? 0.25 : unit === 's' ? secondsBetweenLines(all) : undefined,
      minInterval: unit === 'none' && decimals === undefined ? 1 : undefined,
      splitNumber: 4,
      splitLine: { lineStyle: { color: theme.line } },
      axisLabel: { color: theme.muted, formatter: (value: number) => format(value, unit, around.timeZone) },
    },
    series: [...band, ...drawn],
  };
}

/** Pixels that the legend takes below the drawing: its entries flow into as many lines as they need. */
function legendHeight(names: readonly string[], width: number): number {
  if (names.length < 2) return 6;
  const lines = Math.ceil(names.reduce((sum, name) => sum + name.length * 7 + 48, 0) / Math.max(200, width - 20));
  return 8 + lines * 22;
}

/** Steps that are whole in minutes or hours: multiples of ten are not in a scale of sixty. */
function secondsBetweenLines(series: readonly Series[]): number | undefined {
  const highest = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => Number(y ?? 0))));
  const steps = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];
  return highest < 60 ? undefined : steps.find((step) => highest / step <= 5);
}

/** A maximum of 100 % is a frame for shares that come near it; small shares get their own scale. */
function yMaximum(panel: PanelView, series: readonly Series[]): number | undefined {
  if (panel.max === undefined) return undefined;
  const highest = Math.max(...series.flatMap(({ points }) => points.map(([, y]) => Number(y ?? 0))));
  return highest > 0.6 * panel.max ? panel.max : undefined;
}

function xRange(
  panel: PanelView,
  frames: readonly Frame[],
  around: Surroundings,
  shift: (ms: number) => number,
): { min?: number; max?: number; categories?: string[] } {
  if (panel.kind === 'timeseries') return { min: shift(firstShown(frames, around)), max: shift(around.to) };
  const xs = frames.flatMap((frame) => columnOf(frame, panel.x!));
  if (panel.kind === 'bars') return { categories: xs.map(String) };
  return { min: Math.min(...xs.map(Number)), max: Math.max(...xs.map(Number)) };
}

/** Where the data begins late in the range the drawing does too: a young platform is not mostly empty paper. */
export function firstShown(frames: readonly Frame[], { from, to }: Surroundings): number {
  const times = frames.filter(({ rows }) => rows.length > 0).flatMap((frame) => columnOf(frame, 'time').map(Number));
  const first = Math.min(to, ...times);
  return first > from + 0.3 * (to - from) ? first - 0.03 * (to - first) : from;
}
