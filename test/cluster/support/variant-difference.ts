import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export interface Change {
  /** For example `Service edtech-grafana.spec.type`. */
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

/** Parts of an object or a list by their step in a path; the items of a list by their name where each has its own. */
function fields(whole: object): Map<string, unknown> {
  if (!Array.isArray(whole)) return new Map(Object.entries(whole).map(([key, value]) => [`.${key}`, value]));
  const names = whole.map((item) => (item as { name?: unknown } | null)?.name);
  const named = names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
  return new Map(whole.map((item, index) => [named ? `[${names[index]}]` : `[${index}]`, item]));
}

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
    const [a, b] = [fields(committed), fields(variant)];
    return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => changes(`${where}${key}`, a.get(key), b.get(key)));
  }
  return committed === variant ? [] : [{ where, committed, variant }];
}

/**
 * Every value in which two rendered directories differ. Hashes at the end of names are passed over: they follow the content.
 * @param leftOut files of which only one of the two has a copy
 */
export function differences(committed: string, variant: string, leftOut: readonly string[] = []): Change[] {
  const [a, b] = [objectsIn(committed, leftOut), objectsIn(variant, leftOut)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => changes(key, a.get(key), b.get(key)));
}

/** What a test's variant may change, and why that is not the platform itself. */
export const SITE_CHANGES: readonly { readonly what: string; readonly where: RegExp; readonly value?: RegExp }[] = [
  { what: 'API server addresses', where: /^NetworkPolicy \S+\.spec\.egress/ },
  { what: 'exposure', where: /^NetworkPolicy \S+\.spec\.ingress\[\d+\]\.from/ },
  { what: 'exposure', where: /^Service \S+\.spec\.(type|externalTrafficPolicy|ports\[\w+\]\.nodePort)$/ },
  { what: 'exposure', where: /^Ingress \S+$/ },
  { what: 'exposure', where: /\.(startup|readiness|liveness)Probe\.httpGet\.scheme$/ },
  // Whether the page ends TLS itself, and the address that it calls its own.
  {
    what: 'exposure',
    where: /\.env\[(GF_SERVER_(PROTOCOL|ROOT_URL|CERT_FILE|CERT_KEY)|AIRFLOW__API__(SSL_CERT|SSL_KEY|BASE_URL))\]/,
  },
  { what: 'exposure', where: /\.env\[(AIRFLOW__CORE__EXECUTION_API_SERVER_URL|SSL_CERT_FILE|FORWARDED_ALLOW_IPS)\]/ },
  {
    what: 'exposure',
    where: /^Deployment edtech-airflow-api-server\S+\.args\[\d+\]$/,
    value: /exec airflow api-server( --proxy-headers)?$/,
  },
  // How Prometheus reads Grafana's figures.
  { what: 'exposure', where: /^ConfigMap edtech-prometheus-config-\S+\.data\./, value: /^scheme: https?$/ },
  { what: 'exposure', where: /\.(volumes|volumeMounts)\[pages-tls\]$/ },
  {
    what: 'exposure',
    where: /^Deployment edtech-exporter\.spec\.template\.spec\.volumes\[certificates\]\.projected\.sources\[\d+\]$/,
    value: /^undefined$|"name":"edtech-pages-tls-r\d+"/,
  },
  { what: 'storage class', where: /^StatefulSet \S+\.spec\.volumeClaimTemplates\[\d+\]\.spec\.storageClassName$/ },
  { what: 'resources', where: /\.resources\.(requests|limits)\.(cpu|memory)$/ },
  { what: 'resources', where: /^ResourceQuota \S+\.spec\.hard\./ },
  {
    what: 'resources',
    where: /^ConfigMap \S+\.data\./,
    // Computed from the members' memory.
    value: /^"?(work_mem|shared_buffers|maintenance_work_mem|effective_cache_size)"?: /,
  },
];

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The changes that no rule of `SITE_CHANGES` names. */
export const beyondTheSite = (found: readonly Change[]): Change[] =>
  found.filter(
    ({ where, committed, variant }) =>
      !SITE_CHANGES.some(
        (rule) =>
          rule.where.test(where) &&
          (rule.value === undefined || (rule.value.test(textOf(committed)) && rule.value.test(textOf(variant)))),
      ),
  );
