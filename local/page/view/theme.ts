import { PALETTE, type Colour } from '../../../dashboards/lib/palette';

/**
 * Okabe-Ito's lighter colours reach less than 3:1 on white, which graphics need: on the light theme they are darkened in
 * their own hue. On the dark theme the originals reach it.
 */
const ON_LIGHT: Readonly<Record<Colour, string>> = {
  blue: PALETTE.blue,
  orange: '#B87A00',
  green: '#00855F',
  purple: '#B4568A',
  sky: '#2B8CC4',
  vermilion: '#C25400',
  grey: '#6B7280',
};

const ON_DARK: Readonly<Record<Colour, string>> = {
  ...PALETTE,
  blue: '#3FA3DC',
  grey: '#A3AAB5',
};

/** Colours of a drawing. `text` reaches 4.5:1 on `surface`, the series 3:1. */
export interface Theme {
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly series: Readonly<Record<Colour, string>>;
}

export const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: { surface: '#FFFFFF', text: '#1F2937', muted: '#4B5563', line: '#E2E6EC', series: ON_LIGHT },
  dark: { surface: '#171D26', text: '#E8ECF1', muted: '#AEB7C4', line: '#2C3543', series: ON_DARK },
};

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours by WCAG 2.2, between 1 and 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
