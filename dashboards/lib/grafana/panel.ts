import { PanelBuilder, type FieldConfig, type Panel as GrafanaPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel } from '../model';
import { PALETTE, SEQUENTIAL_SCHEME, SERIES_COLOURS } from '../palette';
import { SOURCES } from '../sources';
import {
  fieldOverride,
  grafanaThresholds,
  grafanaUnit,
  MARK_MAPPINGS,
  panelLinks,
  targetOverrides,
  type Override,
} from './fields';
import { customDefaults, panelOptions, PLUGINS } from './options';
import { TargetQuery } from './query';

export interface Place {
  readonly x: number;
  readonly y: number;
}

function colourMode(panel: Panel): object {
  if (panel.kind === 'matrix') return { mode: SEQUENTIAL_SCHEME };
  if (panel.thresholds && panel.kind !== 'timeseries') return { mode: 'thresholds' };
  return { mode: 'fixed', fixedColor: PALETTE[SERIES_COLOURS[0]] };
}

function fieldDefaults(panel: Panel): object {
  const base = { base: 'good', steps: [], reason: '' } as const;
  return {
    unit: grafanaUnit(panel.unit),
    decimals: panel.decimals,
    min: panel.min,
    max: panel.max,
    noValue: panel.noData,
    color: colourMode(panel),
    thresholds: grafanaThresholds(panel.thresholds ?? base),
    mappings: panel.kind === 'stat' ? MARK_MAPPINGS : undefined,
    custom: customDefaults(panel),
  };
}

/** Series get the palette in their order unless they have a colour of their own. */
function overrides(panel: Panel): Override[] {
  const named = panel.fields.some(({ colour }) => colour !== undefined) || panel.thresholds !== undefined;
  const drawn = panel.fields.filter(({ name, hidden }) => !hidden && name !== 'time' && name !== panel.x);
  const coloured = panel.kind === 'timeseries' || panel.kind === 'trend' || panel.kind === 'bars';
  // Series named by a column "metric" exist only in the data: an override of "value" would give all of them one name.
  const declared = panel.fields.some(({ name }) => name === 'metric') ? [] : panel.fields;
  return [
    ...declared.map((field) => {
      const colour = SERIES_COLOURS[drawn.indexOf(field)];
      return fieldOverride(coloured && !named && colour ? { ...field, colour } : field, panel);
    }),
    ...targetOverrides(panel.targets),
  ];
}

/** One panel of Grafana's classic schema. */
export function grafanaPanel(panel: Panel, id: number, place: Place): GrafanaPanel {
  const builder = new PanelBuilder()
    .id(id)
    .type(PLUGINS[panel.kind])
    .title(panel.title)
    .description(description(panel))
    .gridPos({ ...place, ...panel.size })
    .options(panelOptions(panel));
  if (panel.source === undefined) return builder.build();
  const { uid, type } = SOURCES[panel.source];
  builder
    .datasource({ uid, type })
    .targets(panel.targets.map((target) => new TargetQuery(panel.source!, target)))
    .fieldConfig({ defaults: fieldDefaults(panel) as FieldConfig, overrides: overrides(panel) });
  if (panel.kind === 'timeseries') builder.maxDataPoints(400);
  if (panel.interval) builder.interval(panel.interval);
  if (panel.timeFrom) builder.timeFrom(panel.timeFrom).hideTimeOverride(false);
  const built = builder.build();
  const links = panelLinks(panel);
  return links ? { ...built, links: links as GrafanaPanel['links'] } : built;
}

/** The definition, and why the thresholds are what they are. */
export function description({ description, thresholds }: Panel): string {
  return thresholds?.reason ? `${description} Thresholds: ${thresholds.reason}` : description;
}
