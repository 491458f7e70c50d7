import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export interface Change {
  /** For example `Service edtech-grafana spec.type`. */
  readonly where: string;
  readonly committed: unknown;
  readonly variant: unknown;
}

/** A name whose end is a hash of the content changes with it. */
const withoutHash = (text: string): string => text.replace(/-[0-9a-f]{10}$/, '-#');

function objectsIn(directory: string, leftOut: readonly string[]): Map<string, KubernetesObject> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml') && !leftOut.includes(file));
  const objects = files
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(directory, file), 'utf8')))
    .map((document) => document.toJS() as KubernetesObject);
  return new Map(objects.map((object) => [`${object.kind} ${withoutHash(object.metadata.name)}`, object]));
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.includes('\n');

function changes(where: string, committed: unknown, variant: unknown): Change[] {
  if (isText(committed) && isText(variant)) {
    const [a, b] = [committed.split('\n'), variant.split('\n')];
    return a.length === b.length
      ? a.flatMap((line, index) => changes(where, line.trim(), b[index].trim()))
      : [{ where, committed, variant }];
  }
  if (typeof committed === 'string' && typeof variant === 'string') {
    return withoutHash(committed) === withoutHash(variant) ? [] : [{ where, committed, variant }];
  }
  if (typeof committed === 'object' && typeof variant === 'object' && committed !== null && variant !== null) {
    const [a, b] = [committed, variant] as Record<string, unknown>[];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      changes(
        Array.isArray(committed) ? `${where}[]` : `${where}${where.endsWith(' ') ? '' : '.'}${key}`,
        a[key],
        b[key],
      ),
    );
  }
  return committed === variant ? [] : [{ where, committed, variant }];
}

/**
 * Every value in which two rendered directories differ. Hashes at the end of names are passed over: they follow the content.
 * @param leftOut files of which only one of the two has a copy
 */
export function differences(committed: string, variant: string, leftOut: readonly string[] = []): Change[] {
  const [a, b] = [objectsIn(committed, leftOut), objectsIn(variant, leftOut)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => changes(`${key} `, a.get(key), b.get(key)));
}

/** What a test's variant may change, and why that is not the platform itself. */
export const SITE_CHANGES: readonly { readonly what: string; readonly where: RegExp; readonly value?: RegExp }[] = [
  { what: 'API server addresses', where: /^NetworkPolicy \S+ spec\.egress/ },
  { what: 'exposure', where: /^NetworkPolicy \S+ spec\.ingress\[\]\.from\[\]\.ipBlock\.cidr$/ },
  { what: 'exposure', where: /^Service \S+ spec\.(type|ports\[\]\.nodePort)$/ },
  { what: 'storage class', where: /^StatefulSet \S+ spec\.volumeClaimTemplates\[\]\.spec\.storageClassName$/ },
  { what: 'resources', where: /\.resources\.(requests|limits)\.(cpu|memory)$/ },
  { what: 'resources', where: /^ResourceQuota \S+ spec\.hard\./ },
  {
    what: 'resources',
    where: /^ConfigMap \S+ data\./,
    // Computed from the members' memory.
    value: /^"?(work_mem|shared_buffers|maintenance_work_mem|effective_cache_size)"?: /,
  },
];

/** The changes that no rule of `SITE_CHANGES` names. */
export const beyondTheSite = (found: readonly Change[]): Change[] =>
  found.filter(
    ({ where, committed, variant }) =>
      !SITE_CHANGES.some(
        (rule) =>
          rule.where.test(where) &&
          (rule.value === undefined || (rule.value.test(String(committed)) && rule.value.test(String(variant)))),
      ),
  );
