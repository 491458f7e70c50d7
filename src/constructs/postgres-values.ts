import known from './postgresql-17.json';

/** As pg_settings has it; what is internal or meant for developers of PostgreSQL is not in the list. */
interface Setting {
  readonly type: string;
  /** Unit of a number that is written without one. */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

const SETTINGS: Readonly<Record<string, Setting>> = known;
const SWITCH = ['on', 'off', 'true', 'false', 'yes', 'no', '1', '0'];
/** In bytes and in microseconds. */
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 2 ** 10,
  '8kB': 2 ** 13,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
  us: 1,
  ms: 1e3,
  s: 1e6,
  min: 6e7,
  h: 3.6e9,
  d: 8.64e10,
};
const MEMORY = ['B', 'kB', 'MB', 'GB', 'TB'];
const TIME = ['us', 'ms', 's', 'min', 'h', 'd'];

const unitsOf = ({ unit }: Setting): readonly string[] => {
  if (unit === undefined) return [];
  return TIME.includes(unit) ? TIME : MEMORY;
};

/** A number in the unit of its setting, or undefined where it is none. */
export function numberOf(name: string, value: string): number | undefined {
  const setting = SETTINGS[name];
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(value);
  if (match === null) return undefined;
  const [, number, unit] = match;
  if (unit === '') return Number(number);
  return unitsOf(setting).includes(unit) ? (Number(number) * UNITS[unit]) / UNITS[setting.unit as string] : undefined;
}

function allowedOf(setting: Setting): string {
  const { type, unit, min, max, values } = setting;
  if (type === 'bool') return 'on or off';
  if (values !== undefined) return values.join(', ');
  const units = unitsOf(setting);
  return `${min} to ${max}${unit === undefined ? '' : ` in units of ${unit}, or with one of ${units.join(', ')}`}`;
}

/**
 * What is wrong with a value that the server would refuse, or undefined.
 * Patroni would leave such a parameter out or put another value in its place, and say so in its log only.
 */
export function valueProblem(name: string, value: string): string | undefined {
  const setting = SETTINGS[name];
  const { type, min = -Infinity, max = Infinity, values } = setting;
  const lower = value.toLowerCase();
  let fits = true;
  if (type === 'bool') fits = SWITCH.includes(lower);
  else if (values !== undefined) fits = values.includes(lower);
  else if (type === 'integer' || type === 'real') {
    const number = numberOf(name, value);
    const given = type === 'integer' && number !== undefined ? Math.round(number) : number;
    fits = given !== undefined && given >= min && given <= max;
  }
  return fits ? undefined : `allowed ${allowedOf(setting)}`;
}

/** Whether PostgreSQL 17 has a parameter of that name for those who run it. */
export const isKnown = (name: string): boolean => Object.hasOwn(SETTINGS, name);
