const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** What `bytesOf` and `coresOf` take, for messages. */
export const MEMORY_ALLOWED = 'allowed is a number above 0 with Ki, Mi, Gi or Ti, such as 512Mi';
export const CPU_ALLOWED = 'allowed are cores or whole millicores above 0, such as 2, 0.5 or 250m';

/** Zero would be no limit at all, or a volume that nothing can be written to. */
const aboveZero = (amount: number): number | undefined => (amount > 0 ? amount : undefined);

/** Bytes of a quantity with a binary unit (`512Mi`), or undefined where it is not one. */
export function bytesOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/.exec(quantity);
  return match === null ? undefined : aboveZero(Number(match[1]) * UNITS[match[2]]);
}

/** Cores of a CPU quantity (`250m`, `2`, `0.5`), or undefined where it is not one. */
export function coresOf(quantity: string): number | undefined {
  const match = /^(?:(\d+)m|(\d+(?:\.\d{1,3})?))$/.exec(quantity);
  return match === null ? undefined : aboveZero(match[1] === undefined ? Number(match[2]) : Number(match[1]) / 1000);
}

/** Whole mebibytes of a quantity that was checked before. */
export function mebibytes(quantity: string): number {
  const bytes = bytesOf(quantity);
  if (bytes === undefined) throw new Error(`not a memory quantity with a binary unit: ${quantity}`);
  return Math.floor(bytes / UNITS.Mi);
}
