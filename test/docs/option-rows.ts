import type { Tier, TunedSettings } from '../../src/config/types';

/** An option with its defaults, as the tables of docs/configuration.md have them. */
export interface OptionRow {
  readonly path: string;
  readonly development: string;
  readonly production: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Options that stand in one row: four figures of a container, a size with its class. */
function together(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  if ('cpuRequest' in value) {
    const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = value as Record<string, string>;
    return `${cpuRequest} to ${cpuLimit}, ${memoryRequest} to ${memoryLimit}`;
  }
  if ('storageClass' in value) return String(value.size);
  return Object.keys(value).length === 0 ? 'none' : undefined;
}

const written = (value: unknown): string => {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return 'none';
  return Array.isArray(value) ? value.join(', ') : String(value);
};

/** Every option that has a default, in the order of the defaults. */
export function optionRows(defaults: Readonly<Record<Tier, TunedSettings>>): OptionRow[] {
  const rows = (development: unknown, production: unknown, path: string): OptionRow[] => {
    if (isRecord(development) && isRecord(production) && together(development) === undefined) {
      return Object.keys(development).flatMap((key) =>
        rows(development[key], production[key], path === '' ? key : `${path}.${key}`),
      );
    }
    const [first, second] = [development, production].map((value) => together(value) ?? written(value));
    return [{ path, development: first, production: second }];
  };
  return rows(defaults.development, defaults.production, '');
}
