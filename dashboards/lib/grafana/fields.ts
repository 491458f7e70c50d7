import { MappingType, ThresholdsMode, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Field, Panel, State, Target, Thresholds, Unit } from '../model';
import { PALETTE, STATE_COLOURS } from '../palette';
import { WARNING_MARK } from '../marks';
import { dataLink } from './links';

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

/** Words in place of values, each with its colour. */
function mappings(words: Readonly<Record<string, { readonly text: string; readonly color: string }>>): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(words).map(([value, word], index) => [value, { ...word, index }]));
  return [{ type: MappingType.ValueToText, options }];
}

/** Colours marks of the banner, whatever follows them: without slashes the whole text would have to be the mark. */
const MARK_MAPPINGS: ValueMapping[] = [
  {
    type: MappingType.RegexToText,
    options: { pattern: `/^${WARNING_MARK}/`, result: { color: stateColour('watch'), index: 0 } },
  },
];

/** Mappings of all fields of a panel. */
export function panelMappings({ kind, words }: Panel): ValueMapping[] | undefined {
  if (words !== undefined) return mappings(mapValues(words, ({ text, colour }) => ({ text, color: PALETTE[colour] })));
  return kind === 'stat' ? MARK_MAPPINGS : undefined;
}

const mapValues = <T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

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

/** What is special about one column of a panel on the dashboard `uid`. */
export function fieldOverride(field: Field, panel: Panel, uid: string): Override {
  const properties: Property[] = [{ id: 'displayName', value: field.label }];
  const add = (id: string, value: unknown): void => {
    if (value !== undefined) properties.push({ id, value });
  };
  add('unit', field.unit && grafanaUnit(field.unit));
  add('decimals', field.decimals);
  if (field.colour) add('color', { mode: 'fixed', fixedColor: PALETTE[field.colour] });
  properties.push(...styleProperties(field, panel.fields));
  if (field.hidden) properties.push(hidden(panel.kind));
  if (field.words)
    add('mappings', mappings(mapValues(field.words, ({ text, state }) => ({ text, color: stateColour(state) }))));
  if (field.thresholds) {
    add('thresholds', grafanaThresholds(field.thresholds));
    if (panel.kind === 'table') add('custom.cellOptions', { type: 'color-text' });
  } else if (field.words && panel.kind === 'table') add('custom.cellOptions', { type: 'color-text' });
  if (field.width) add('custom.width', field.width);
  if (field.link) add('links', [dataLink(field.link, uid)]);
  if (panel.kind === 'matrix' && field !== panel.fields[0])
    add('custom.cellOptions', { type: 'color-background', mode: 'basic' });
  return { matcher: { id: 'byName', options: field.name }, properties };
}

/** What is special about the series of one query: its colour, and an axis of its own for another unit. */
export function targetOverrides(targets: readonly Target[]): Override[] {
  return targets.flatMap(({ refId, colour, unit }) => {
    const properties: Property[] = [
      ...(colour ? [{ id: 'color', value: { mode: 'fixed', fixedColor: PALETTE[colour] } }] : []),
      ...(unit
        ? [
            { id: 'unit', value: grafanaUnit(unit) },
            { id: 'custom.axisPlacement', value: 'right' },
            { id: 'custom.thresholdsStyle', value: { mode: 'off' } },
          ]
        : []),
    ];
    return properties.length > 0 ? [{ matcher: { id: 'byFrameRefID', options: refId }, properties }] : [];
  });
}
