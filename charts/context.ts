import { Chart, type App } from 'cdk8s';
import type { PlatformConfig } from '../src/config/types';
import type { SecretRef } from '../src/constructs/secret-ref';
import { recommendedLabels } from '../src/labels';
import { NAMESPACE, PRODUCT } from '../src/names';
import type { SecretId } from '../src/secrets/catalogue';

/** References to every Secret; made by the secrets chart, used by all later ones. */
export type SecretRefs = Readonly<Record<SecretId, SecretRef>>;

export interface ComponentProps {
  readonly config: PlatformConfig;
  /** File name without ending, for example `30-simulator`. */
  readonly id: string;
  /** What the component is, for example `ingest`. */
  readonly component: string;
  /** Version label of its objects. */
  readonly version: string;
  /** @default the platform's namespace; null for a chart that sets it itself */
  readonly namespace?: string | null;
}

/** A chart that is one component: its labels are on every object, its objects have explicit names. */
export class ComponentChart extends Chart {
  constructor(app: App, props: ComponentProps) {
    super(app, props.id, {
      namespace: props.namespace === null ? undefined : (props.namespace ?? NAMESPACE),
      disableResourceNameHashes: true,
      labels: recommendedLabels({
        name: `edtech-${props.component}`,
        component: props.component,
        version: props.version,
        instance: props.config.environment,
        partOf: PRODUCT,
      }),
    });
  }
}
