import type { App } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { PlatformConfig } from '../src/config/types';
import { workloadLabels } from '../src/labels';
import { revisionName, secretCatalogue, type SecretId, type SecretSpec } from '../src/secrets/catalogue';
import { ComponentChart, type SecretRefs } from './context';

/** Name of the chart, and of the file that it is rendered into. */
export const SECRETS_CHART = '05-secrets';

/** Values of each Secret by key. */
export type SecretValues = Readonly<Record<SecretId, Readonly<Record<string, string>>>>;

/** References to all Secrets under their present revisions; needs no values. */
export function secretRefs(config: PlatformConfig): SecretRefs {
  const refs = Object.entries(secretCatalogue(config.pages)).map(([id, { name, keys }]) => [
    id,
    { name: revisionName(name, config.revisions[name] ?? 1), keys },
  ]);
  return Object.fromEntries(refs) as SecretRefs;
}

/**
 * Secrets with their values, immutable: other values under the same revision are refused by the API server.
 * Its file is never committed. With secrets mode `existing` the chart is left out and a site makes the objects.
 */
export class SecretsChart extends ComponentChart {
  constructor(app: App, config: PlatformConfig, values: SecretValues) {
    super(app, { config, id: SECRETS_CHART, component: 'secrets', version: config.images.simulator.tag });
    const refs = secretRefs(config);
    for (const [id, spec] of Object.entries(secretCatalogue(config.pages))) {
      const { name, keys }: SecretSpec = spec;
      if (spec.unused === true) continue;
      const given = values[id as SecretId];
      const missing = keys.filter((key) => given?.[key] === undefined);
      if (missing.length > 0) throw new Error(`secret ${name} has no value for ${missing.join(', ')}`);
      new k8s.KubeSecret(this, name, {
        metadata: { name: refs[id as SecretId].name, labels: { ...workloadLabels(this.labels, name) } },
        type: 'Opaque',
        immutable: true,
        data: Object.fromEntries(keys.map((key) => [key, Buffer.from(given[key]).toString('base64')])),
      });
    }
  }
}
