import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DEFAULTS } from '../../src/config/defaults';
import { ROOT } from '../../src/root';

const SCALING = readFileSync(path.join(ROOT, 'docs/operations/scaling.md'), 'utf8');
const PRODUCTION = path.join(ROOT, 'dist/production');

interface StatefulSet {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[] };
}

/** First claim of every StatefulSet with a volume, by its name. */
const rendered = (): [string, string][] =>
  readdirSync(PRODUCTION)
    .flatMap((file) => parseAllDocuments(readFileSync(path.join(PRODUCTION, file), 'utf8')))
    .map((document) => document.toJS() as StatefulSet | null)
    .flatMap((object) => (object?.kind === 'StatefulSet' ? [object] : []))
    .flatMap(({ metadata, spec }): [string, string][] =>
      (spec.volumeClaimTemplates ?? []).map((claim) => [metadata.name, `${claim.metadata.name}-${metadata.name}-0`]),
    );

/** Options that are a volume. */
const options = (value: unknown, option = ''): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if ('storageClass' in value) return [option];
  return Object.entries(value).flatMap(([key, inner]) => options(inner, option === '' ? key : `${option}.${key}`));
};

test('every volume of the platform is told how to be enlarged', () => {
  const section = SCALING.split(/^## /m).find((text) => text.startsWith('Volumes\n'))!;
  const rows = [...section.matchAll(/^\| `([\w.]+)` \| (?:`(\S+)`|none) \| (?:`(\S+)`)?/gm)];
  expect(rows.map(([, option]) => option).sort()).toEqual(options(DEFAULTS.production).sort());
  expect(rows.flatMap(([, , name, claim]) => (name === undefined ? [] : [[name, claim]])).sort()).toEqual(
    rendered().sort(),
  );
});
