import type { EventColumns } from './columns';

/**
 * Row numbers of `events` ordered by `occurred_at`, rows of the same instant by row number. The key nearly appends, the BRIN index stays tight and each
 * UTC day is one run of rows.
 * @param keep rows to leave out answer false. @default all rows
 */
export function orderByOccurredAt(events: EventColumns, keep?: (row: number) => boolean): Uint32Array {
  const { length, occurredAt } = events;
  let first = Infinity;
  let last = -Infinity;
  for (let row = 0; row < length; row++) {
    if (occurredAt[row] < first) first = occurredAt[row];
    if (occurredAt[row] > last) last = occurredAt[row];
  }
  if ((last - first + 1) * length > Number.MAX_SAFE_INTEGER)
    throw new RangeError(`${length} events over ${last - first} ms are too many to be ordered at once`);
  // Instant and row number in one exact double: numbers sort several times faster than rows by a comparator.
  const keys = new Float64Array(length);
  let kept = 0;
  for (let row = 0; row < length; row++) {
    if (keep === undefined || keep(row)) keys[kept++] = (occurredAt[row] - first) * length + row;
  }
  const sorted = keys.subarray(0, kept).sort();
  const order = new Uint32Array(kept);
  for (let i = 0; i < kept; i++) order[i] = sorted[i] % length;
  return order;
}
