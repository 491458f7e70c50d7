const UNITS: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** Bytes of a quantity with a binary unit (`512Mi`), or undefined where it is not one. */
export function bytesOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/.exec(quantity);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]];
}

/** Cores of a CPU quantity (`250m`, `2`, `0.5`), or undefined where it is not one. */
export function coresOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity);
  return match === null ? undefined : Number(match[1]) / (match[2] === 'm' ? 1000 : 1);
}

/** Whole mebibytes of a quantity that was checked before. */
export function mebibytes(quantity: string): number {
  const bytes = bytesOf(quantity);
  if (bytes === undefined) throw new Error(`not a memory quantity with a binary unit: ${quantity}`);
  return Math.floor(bytes / UNITS.Mi);
}
