/** Every text in an object, however deep: what it names is among them. */
export function* words(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* words(item);
}
