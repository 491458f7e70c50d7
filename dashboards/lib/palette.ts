/**
 * Okabe-Ito: eight colours that people with any colour vision deficiency can tell apart. Six of them are used for
 * series; colour never carries a meaning alone (a word, a dash or a symbol says the same).
 */
export const PALETTE = {
  blue: '#0072B2',
  orange: '#E69F00',
  green: '#009E73',
  purple: '#CC79A7',
  sky: '#56B4E9',
  vermilion: '#D55E00',
  grey: '#767676',
} as const;

export type Colour = keyof typeof PALETTE;

/** Series in the order in which they get their colour; a panel shows at most six. */
export const SERIES_COLOURS: readonly Colour[] = ['blue', 'orange', 'green', 'purple', 'sky', 'vermilion'];

/** States of a figure. Blue, not green, for good: no pair of red and green anywhere. */
export const STATE_COLOURS = { good: 'blue', watch: 'orange', bad: 'vermilion', none: 'grey' } as const;

/** Grafana's sequential scheme that grows in lightness, so that it also works in grey. */
export const SEQUENTIAL_SCHEME = 'continuous-viridis';

/**
 * Grafana's colours in the order of the series: only where neither names nor number of the series are known before, as of pods or alerts.
 * An override can name a query, and not the n-th series of it. Legend and tooltip name each series, so no meaning rests on these colours.
 */
export const OPEN_SERIES_SCHEME = 'palette-classic';

/** Viridis in eleven steps (Smith and van der Walt, CC0), for renderers that need the colours themselves. */
export const VIRIDIS = [
  '#440154',
  '#482475',
  '#414487',
  '#355F8D',
  '#2A788E',
  '#21918C',
  '#22A884',
  '#44BF70',
  '#7AD151',
  '#BDDF26',
  '#FDE725',
] as const;
