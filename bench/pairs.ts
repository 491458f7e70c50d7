/** One figure of the benchmark and what it must reach. */
export interface Figure {
  readonly name: string;
  /** Median over the rounds. */
  readonly value: number;
  readonly quartiles: readonly [number, number];
  /** Rounds measured. */
  readonly rounds: number;
  /** `ratio`, or the unit of a figure that has no counterpart to be compared with. */
  readonly unit: string;
  /** What must hold; undefined for figures that are only reported. */
  readonly goal?: Goal;
  /** Values of this machine, for orientation. */
  readonly absolute?: Readonly<Record<string, string>>;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** Element ⌈p·n⌉ of the sorted values. @throws RangeError without any value */
export function quantile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/**
 * Runs several measurements in turn. The order is reversed every round, so that drift of the machine hits all of them alike.
 * @returns per measurement the values of all rounds; values of the same round belong together
 */
export async function alternate<Name extends string>(
  rounds: number,
  measurements: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measurements) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) values[name].push(await measurements[name]());
  }
  return values;
}

/** Median and quartiles of values that were measured round by round. */
export function figure(
  name: string,
  unit: string,
  values: readonly number[],
  goal?: Goal,
  absolute?: Figure['absolute'],
): Figure {
  return {
    name,
    value: median(values),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    rounds: values.length,
    unit,
    goal,
    absolute,
  };
}

/** Figure `a / b` of speeds or times measured in pairs. @throws RangeError if they are not pairs */
export function ratioFigure(
  name: string,
  a: readonly number[],
  b: readonly number[],
  goal?: Goal,
  absolute?: Figure['absolute'],
): Figure {
  if (a.length !== b.length) throw new RangeError(`${a.length} values against ${b.length} are no pairs: ${name}`);
  return figure(
    name,
    'ratio',
    a.map((value, round) => value / b[round]),
    goal,
    absolute,
  );
}

/** Whether the figure reaches its goal; figures without one always do. A figure that is no number does not. */
export function reached({ goal, value }: Figure): boolean {
  if (goal === undefined) return true;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** Seconds that `work` takes by the monotonic clock. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
