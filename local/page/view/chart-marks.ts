import { STATE_COLOURS, type Colour } from '../../../dashboards/lib/palette';
import type { AnnotationMark } from '../data/dashboard-data';
import { format } from './format';
import { html, type Html } from './html';
import type { Theme } from './theme';
import type { PanelView, Surroundings } from './types';

/** Marks of one day that stand for a state of the data, not of the school: they get a sign instead of a shade. */
const isSign = ({ colour }: AnnotationMark): boolean => colour === 'orange';
const SIGN = '▼';

/** Pixels of a letter of a label. */
const LETTER = 7;

/** Marks of the calendar and of thresholds, which hang on the first series. */
export function marks(panel: PanelView, around: Surroundings, theme: Theme, shift: (ms: number) => number) {
  const { annotations, from, to, width } = around;
  const shades = annotations
    .filter((mark) => !isSign(mark))
    .map(({ time, timeEnd, text, colour }) => {
      const end = timeEnd ?? time;
      const fits = ((end - time) / (to - from)) * width > text.length * LETTER;
      const itemStyle = { color: theme.series[colour as Colour], opacity: 0.14 };
      return [
        { name: fits ? text : '', xAxis: shift(Math.max(time, from)), itemStyle },
        { xAxis: shift(Math.min(end, to)) },
      ];
    });
  const signs = annotations.filter(isSign).map(({ time, timeEnd, colour }) => ({
    coord: [shift(Math.min(to, (time + (timeEnd ?? time)) / 2)), panel.min ?? 0],
    y: 6,
    itemStyle: { color: theme.series[colour as Colour] },
  }));
  const levels = panel.thresholds?.steps.map(({ value, state }) => ({
    yAxis: value,
    lineStyle: { color: theme.series[STATE_COLOURS[state]], type: 'dashed' },
    label: { formatter: format(value, panel.unit, around.timeZone), color: theme.muted },
  }));
  return {
    markArea: { silent: true, data: shades, label: { color: theme.muted, fontSize: 11, position: 'insideTop' } },
    markPoint: {
      silent: true,
      symbol: 'triangle',
      symbolSize: [9, 7],
      symbolRotate: 180,
      label: { show: false },
      data: signs,
    },
    markLine: levels ? { silent: true, symbol: 'none', data: levels } : undefined,
  };
}

/** What the marks of a drawing mean, in words below it. */
export function marksLegend(annotations: readonly AnnotationMark[]): Html {
  const shades = [...new Set(annotations.filter((mark) => !isSign(mark)).map(({ text }) => text))];
  const signs = annotations.some(isSign);
  if (shades.length === 0 && !signs) return html``;
  return html`<p class="marks">
    ${shades.length > 0 ? html`<span class="shade"></span> ${shades.join(', ')}` : ''}
    ${signs ? html`<span class="sign">${SIGN}</span> restated day` : ''}
  </p>`;
}
