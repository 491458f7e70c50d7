import { MappingType, ThresholdsMode, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Field, Panel, PanelLink, State, Target, Thresholds, Unit } from '../model';
import { PALETTE, STATE_COLOURS } from '../palette';
import { WARNING_MARK } from '../marks';

type Property = { id: string; value: unknown };
export interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: Property[];
}

/** Percentage points have no unit of their own in Grafana. */
export const grafanaUnit = (unit: Unit): string => (unit === 'points' ? 'suffix: pp' : unit);

export const stateColour = (state: State): string => PALETTE[STATE_COLOURS[state]];

export function grafanaThresholds({ base, steps }: Thresholds) {
  return {
    mode: ThresholdsMode.Absolute,
    steps: [
      { value: null, color: stateColour(base) },
      ...steps.map(({ value, state }) => ({ value, color: stateColour(state) })),
    ],
  };
}

/** URL of a panel or data link: range and variables go along. */
export function linkUrl({ uid, variables }: PanelLink): string {
  const query = Object.entries(variables).map(([name, from]) => {
    if (!from.startsWith('$')) return `var-${name}=\${__data.fields.${from}}`;
    return from === `$${name}` ? `\${${name}:queryparam}` : `var-${name}=\${${from.slice(1)}}`;
  });
  return `/d/${uid}?${[...query, '${__url_time_range}'].join('&')}`;
}

const dataLink = (link: PanelLink) => ({ title: link.title, url: linkUrl(link), targetBlank: false });

/** Colours words, and marks of the banner, whatever follows them. */
function mappings(field: Field): ValueMapping[] {
  const words = Object.entries(field.words ?? {});
  if (words.length === 0) return [];
  const options = Object.fromEntries(
    words.map(([value, { text, state }], index) => [value, { text, color: stateColour(state), index }]),
  );
  return [{ type: MappingType.ValueToText, options }];
}

export const MARK_MAPPINGS: ValueMapping[] = [
  {
    type: MappingType.RegexToText,
    options: { pattern: `^${WARNING_MARK}`, result: { color: stateColour('watch'), index: 0 } },
  },
];

function styleProperties({ style, label }: Field, fields: readonly Field[]): Property[] {
  if (style === 'dotted' || style === 'dashed') {
    const lineStyle = style === 'dotted' ? { fill: 'dot', dash: [0, 8] } : { fill: 'dash', dash: [10, 8] };
    return [{ id: 'custom.lineStyle', value: lineStyle }];
  }
  if (style === 'low') return [{ id: 'custom.lineWidth', value: 0 }];
  if (style === 'high') {
    const low = fields.find((other) => other.style === 'low');
    if (low === undefined) throw new Error(`field ${label} is the upper edge of a band without a field of style low`);
    return [
      { id: 'custom.lineWidth', value: 0 },
      { id: 'custom.fillBelowTo', value: low.label },
      { id: 'custom.fillOpacity', value: 20 },
    ];
  }
  return style === 'points' ? [{ id: 'custom.drawStyle', value: 'points' }] : [];
}

function hidden(kind: Panel['kind']): Property {
  return kind === 'table' || kind === 'matrix'
    ? { id: 'custom.hideFrom.viz', value: true }
    : { id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } };
}

/** What is special about one column. */
export function fieldOverride(field: Field, panel: Panel): Override {
  const properties: Property[] = [{ id: 'displayName', value: field.label }];
  const add = (id: string, value: unknown): void => {
    if (value !== undefined) properties.push({ id, value });
  };
  add('unit', field.unit && grafanaUnit(field.unit));
  add('decimals', field.decimals);
  if (field.colour) add('color', { mode: 'fixed', fixedColor: PALETTE[field.colour] });
  properties.push(...styleProperties(field, panel.fields));
  if (field.hidden) properties.push(hidden(panel.kind));
  if (field.words) add('mappings', mappings(field));
  if (field.thresholds) {
    add('thresholds', grafanaThresholds(field.thresholds));
    if (panel.kind === 'table') add('custom.cellOptions', { type: 'color-text' });
  } else if (field.words && panel.kind === 'table') add('custom.cellOptions', { type: 'color-text' });
  if (field.width) add('custom.width', field.width);
  if (field.link) add('links', [dataLink(field.link)]);
  if (panel.kind === 'matrix' && field !== panel.fields[0])
    add('custom.cellOptions', { type: 'color-background', mode: 'basic' });
  return { matcher: { id: 'byName', options: field.name }, properties };
}

/** Fixed colours of queries whose series names only the data knows. */
export function targetOverrides(targets: readonly Target[]): Override[] {
  return targets
    .filter(({ colour }) => colour !== undefined)
    .map(({ refId, colour }) => ({
      matcher: { id: 'byFrameRefID', options: refId },
      properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: PALETTE[colour!] } }],
    }));
}

export const panelLinks = (panel: Panel) => (panel.link ? [dataLink(panel.link)] : undefined);
