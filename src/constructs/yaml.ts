import { stringify } from 'yaml';

/** YAML without anchors: Patroni changes what it has read, and two settings that share an anchor would change together. */
export const yamlText = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
