import type { Panel, PanelKind } from '../model';
import { SOURCES } from '../sources';

/** Grafana's plugin of each kind. */
export const PLUGINS: Readonly<Record<PanelKind, string>> = {
  stat: 'stat',
  timeseries: 'timeseries',
  trend: 'trend',
  bars: 'barchart',
  table: 'table',
  matrix: 'table',
  states: 'state-timeline',
  logs: 'logs',
  text: 'text',
};

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] };
const TOOLTIP = { mode: 'multi', sort: 'none' };

const isOfRows = ({ source }: Panel): boolean =>
  source !== undefined && SOURCES[source].type === 'grafana-postgresql-datasource';

/** The `options` of a panel, by its plugin. */
export function panelOptions(panel: Panel): object {
  switch (panel.kind) {
    case 'stat':
      return {
        // An expression for all fields: the default takes numbers only, and the banner is of words. Series of Prometheus and Loki have a
        // field with their time, which it would show as a figure.
        reduceOptions: { values: false, calcs: ['lastNotNull'], fields: isOfRows(panel) ? '/.*/' : '' },
        orientation: 'auto',
        textMode: 'value_and_name',
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        wideLayout: true,
      };
    case 'timeseries':
      return { legend: LEGEND, tooltip: TOOLTIP };
    case 'trend':
      return { legend: LEGEND, tooltip: TOOLTIP, xField: labelOf(panel) };
    case 'bars':
      return {
        legend: { ...LEGEND, showLegend: panel.fields.filter(({ hidden }) => !hidden).length > 2 },
        tooltip: TOOLTIP,
        xField: labelOf(panel),
        orientation: 'auto',
        showValue: 'auto',
        stacking: panel.stacked ? 'normal' : 'none',
        groupWidth: 0.7,
        barWidth: 0.9,
        xTickLabelRotation: 0,
        xTickLabelSpacing: 0,
      };
    case 'table':
    case 'matrix':
      return { showHeader: true, cellHeight: 'sm', footer: { show: false, reducer: [] } };
    case 'states':
      return {
        legend: LEGEND,
        tooltip: TOOLTIP,
        mergeValues: true,
        showValue: 'auto',
        rowHeight: 0.8,
        alignValue: 'left',
      };
    case 'logs':
      return {
        showTime: true,
        wrapLogMessage: true,
        enableLogDetails: true,
        sortOrder: 'Descending',
        dedupStrategy: 'signature',
      };
    case 'text':
      return { mode: 'markdown', content: panel.content ?? '' };
  }
}

/** Panels name their x field by what is displayed. */
function labelOf(panel: Panel): string {
  const field = panel.fields.find(({ name }) => name === panel.x);
  if (field === undefined) throw new Error(`panel ${panel.key}: x is ${panel.x}, which is none of its fields`);
  return field.label;
}

/** The `fieldConfig.defaults.custom` of a panel. */
export function customDefaults(panel: Panel): object {
  switch (panel.kind) {
    case 'timeseries':
      return {
        drawStyle: 'line',
        lineWidth: 2,
        fillOpacity: panel.stacked ? 60 : 0,
        stacking: { mode: panel.stacked ? 'normal' : 'none', group: 'A' },
        showPoints: 'auto',
        pointSize: 5,
        // Gaps are shown: a missing hour is a finding, not a straight line.
        spanNulls: false,
        thresholdsStyle: { mode: panel.thresholds ? 'dashed' : 'off' },
      };
    case 'trend':
      return { lineWidth: 2, fillOpacity: 0, showPoints: 'always', pointSize: 4, axisLabel: '' };
    case 'bars':
      return { lineWidth: 1, fillOpacity: 80, gradientMode: 'none' };
    case 'states':
      return { lineWidth: 0, fillOpacity: 80 };
    default:
      return {};
  }
}
