import { PanelBuilder, type FieldConfig, type Panel as GrafanaPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, Target } from '../model';
import { OPEN_SERIES_SCHEME, PALETTE, SEQUENTIAL_SCHEME, SERIES_COLOURS } from '../palette';
import { SOURCES } from '../sources';
import { fieldOverride, grafanaThresholds, grafanaUnit, panelMappings, targetOverrides, type Override } from './fields';
import { dataLink } from './links';
import { customDefaults, panelOptions, PLUGINS } from './options';
import { TargetQuery } from './query';

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where a panel is drawn: its number and place on the dashboard `uid`. */
interface Spot extends Place {
  readonly uid: string;
  readonly id: number;
}

/** Whether the series of a drawing come from labels: legends of Prometheus and Loki are names, or made of labels. */
const namesSeries = ({ kind, source }: Panel): boolean =>
  kind === 'timeseries' && source !== undefined && SOURCES[source].type !== 'grafana-postgresql-datasource';
const isOpen = ({ legend }: Target): boolean => legend === undefined || legend.includes('{{');
const hasOpenSeries = (panel: Panel): boolean => namesSeries(panel) && panel.targets.some(isOpen);

/** Queries of one named series each get the palette in their order. */
const colouredTargets = (panel: Panel): readonly Target[] =>
  namesSeries(panel) && panel.targets.length > 1 && !hasOpenSeries(panel)
    ? panel.targets.map((target, i) => ({ colour: SERIES_COLOURS[i], ...target }))
    : panel.targets;

function colourMode(panel: Panel): object {
  if (panel.kind === 'matrix') return { mode: SEQUENTIAL_SCHEME };
  if (panel.thresholds && panel.kind !== 'timeseries') return { mode: 'thresholds' };
  if (hasOpenSeries(panel)) return { mode: OPEN_SERIES_SCHEME };
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
    mappings: panelMappings(panel),
    custom: customDefaults(panel),
  };
}

/** Series get the palette in their order unless they have a colour of their own. */
function overrides(panel: Panel, uid: string): Override[] {
  const named = panel.fields.some(({ colour }) => colour !== undefined) || panel.thresholds !== undefined;
  const drawn = panel.fields.filter(({ name, hidden }) => !hidden && name !== 'time' && name !== panel.x);
  const coloured = panel.kind === 'timeseries' || panel.kind === 'trend' || panel.kind === 'bars';
  // Series named by a column "metric" exist only in the data: an override of "value" would give all of them one name.
  const declared = panel.fields.some(({ name }) => name === 'metric') ? [] : panel.fields;
  return [
    ...declared.map((field) => {
      const colour = SERIES_COLOURS[drawn.indexOf(field)];
      return fieldOverride(coloured && !named && colour ? { ...field, colour } : field, panel, uid);
    }),
    ...targetOverrides(colouredTargets(panel)),
  ];
}

/** One panel of Grafana's classic schema. */
export function grafanaPanel(panel: Panel, { uid: dashboard, id, ...place }: Spot): GrafanaPanel {
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
    .fieldConfig({ defaults: fieldDefaults(panel) as FieldConfig, overrides: overrides(panel, dashboard) });
  if (panel.kind === 'timeseries') builder.maxDataPoints(400);
  if (panel.interval) builder.interval(panel.interval);
  const timeFrom = panel.ofToday ? '24h' : panel.timeFrom;
  if (timeFrom) builder.timeFrom(timeFrom).hideTimeOverride(false);
  const built = builder.build();
  return panel.link ? { ...built, links: [dataLink(panel.link, dashboard)] as GrafanaPanel['links'] } : built;
}

/** The definition, and why the thresholds are what they are. */
export function description({ description, thresholds }: Panel): string {
  return thresholds?.reason ? `${description} Thresholds: ${thresholds.reason}` : description;
}
