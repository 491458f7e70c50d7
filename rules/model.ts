/** `critical` pages somebody, `warning` is a ticket, `none` goes to the dead-man receiver. */
export type Severity = 'critical' | 'warning' | 'none';

/** Time as Prometheus writes it, such as `30s`, `5m`, `1h`, `3d`. */
export type PromDuration = `${number}${'s' | 'm' | 'h' | 'd'}`;

/** A figure that is computed once and read by alerts and dashboards. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Alert {
  /** Name, and name of its page in docs/operations/runbooks. */
  readonly alert: string;
  readonly severity: Severity;
  readonly expr: string;
  /** How long it must be so before anybody is told. @default at once */
  readonly for?: PromDuration;
  /** One line for whoever is told; `{{ $labels.x }}` and `{{ $value }}` are put in by Prometheus. */
  readonly summary: string;
}

/** Rules that are evaluated together, in their order. */
export interface Group {
  readonly name: string;
  readonly interval: PromDuration;
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
}

/** While an alert of `sources` fires, those of `targets` are not told: they are its consequence. */
export interface Inhibition {
  readonly sources: readonly string[];
  readonly targets: readonly string[];
}

/** Milliseconds of a duration. @throws Error for another notation */
export function milliseconds(duration: string): number {
  const match = /^(\d+)(ms|s|m|h|d|w)$/.exec(duration);
  if (match === null) throw new Error(`'${duration}' is no duration; allowed are whole numbers with ms, s, m, h, d, w`);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[match[2]]!;
  return Number(match[1]) * unit;
}
