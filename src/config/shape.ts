/** What is wrong with the form of a value at a path: what it is, and what is allowed. Rules over several values come after it. */
export type Shape = (value: unknown, at: string) => string[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const given = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
};

const refused = (value: unknown, at: string, allowed: string): string[] =>
  value === undefined
    ? [`${at} is not told; allowed is ${allowed}`]
    : [`${at} is ${given(value)}; allowed is ${allowed}`];

const join = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`);

/** @param allowed says what the pattern takes */
export const text =
  (pattern = /^/, allowed = 'a text'): Shape =>
  (value, at) =>
    typeof value === 'string' && pattern.test(value) ? [] : refused(value, at, allowed);

export const whole =
  (least = -Infinity, most = Infinity): Shape =>
  (value, at) => {
    const fits = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
    return fits
      ? []
      : refused(value, at, most === Infinity ? 'a whole number' : `a whole number of ${least} to ${most}`);
  };

export const toggle: Shape = (value, at) => (typeof value === 'boolean' ? [] : refused(value, at, 'true or false'));

export const choice =
  (...allowed: readonly string[]): Shape =>
  (value, at) =>
    allowed.includes(value as string) ? [] : refused(value, at, `one of ${allowed.join(', ')}`);

export const list =
  (of: Shape): Shape =>
  (value, at) =>
    Array.isArray(value) ? value.flatMap((item, index) => of(item, `${at}[${index}]`)) : refused(value, at, 'a list');

/** Any keys. */
export const table =
  (of: Shape): Shape =>
  (value, at) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([key, item]) => of(item, join(at, key)))
      : refused(value, at, 'an object');

export const anything: Shape = () => [];

export const optional =
  (of: Shape): Shape =>
  (value, at) =>
    value === undefined ? [] : of(value, at);

/** These keys and no other: a mistyped option must not be ignored. */
export const options =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    if (!isRecord(value)) return refused(value, at, `an object with ${Object.keys(shapes).join(', ')}`);
    const unknown = Object.keys(value).filter((key) => !Object.hasOwn(shapes, key));
    return [
      ...unknown.map((key) => `${join(at, key)} is not an option; allowed are ${Object.keys(shapes).join(', ')}`),
      ...Object.entries(shapes).flatMap(([key, shape]) => shape(value[key], join(at, key))),
    ];
  };

/** One of several forms, told by the value of `tag`. */
export const variant =
  (tag: string, forms: Readonly<Record<string, Readonly<Record<string, Shape>>>>): Shape =>
  (value, at) => {
    if (!isRecord(value)) return refused(value, at, `an object with ${tag}`);
    const wrong = choice(...Object.keys(forms))(value[tag], join(at, tag));
    return wrong.length > 0 ? wrong : options({ [tag]: anything, ...forms[value[tag] as string] })(value, at);
  };

/**
 * The form of a value that has a default: that of the default, but where `special` has one for the path.
 * @param special by path, or by a star and the last part of one
 */
export function like(example: unknown, special: Readonly<Record<string, Shape>>, at = ''): Shape {
  const own = special[at] ?? special[`*${at.slice(at.lastIndexOf('.'))}`];
  if (own !== undefined) return own;
  if (typeof example === 'string') return text();
  if (typeof example === 'number') return whole();
  if (typeof example === 'boolean') return toggle;
  if (Array.isArray(example)) return list(like(example[0], special, `${at}[]`));
  if (!isRecord(example)) return anything;
  return options(
    Object.fromEntries(Object.entries(example).map(([key, value]) => [key, like(value, special, join(at, key))])),
  );
}
