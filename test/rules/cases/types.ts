/** Series by their notation, with values as `promtool` writes them: a sample every 15 s, `a+bxN` adds b N times, `_` is none. */
export type Series = Readonly<Record<string, string>>;

/** A course of events, and when to look. */
export interface Situation {
  readonly series: Series;
  /** Time since the beginning, which is second 0 of the clock. */
  readonly at: string;
}

/** Why an alert is never silent. */
export interface Never {
  readonly never: string;
}

/** Evidence for one alert: it is told when it must be, and not otherwise. */
export interface Case {
  readonly fires: Situation;
  /** Other situations, for an alert with more than one reason. */
  readonly alsoFires?: Situation | readonly Situation[];
  /** A situation close to the threshold in which nobody may be told. */
  readonly silent: Situation | Never;
  /** Other such situations. */
  readonly alsoSilent?: Situation | readonly Situation[];
}

/** The same value for as long as any case lasts (4 hours). */
export const steady = (value: number | string): string => `${value}x960`;
/** Grows by `step` every 15 s. */
export const growing = (step: number, from = 0): string => `${from}+${step}x960`;
/** The clock itself: a timestamp that is never old. */
export const NOW = growing(15);
