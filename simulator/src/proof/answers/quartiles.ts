/** Lower quartile, median and upper quartile by nearest rank (element number ⌈p·n⌉ of the sorted values); null without any. */
export function quartiles(values: readonly number[]): [number | null, number | null, number | null] {
  if (values.length === 0) return [null, null, null];
  const sorted = Float64Array.from(values).sort();
  // ⌈n·k/4⌉ in integers: 0.25 · n is exact in a double, but the definition is a rank, not a rounding.
  const rank = (quarters: number): number => sorted[Math.floor((sorted.length * quarters + 3) / 4) - 1];
  return [rank(1), rank(2), rank(3)];
}
