/** Recommended labels of Kubernetes. A selector is the part that never changes: without the version. */
export interface LabelProps {
  /** Workload or component, for example `edtech-simulator`. */
  readonly name: string;
  /** What it is within the platform, for example `database`. */
  readonly component: string;
  /** Version of the program, usually the image's tag. */
  readonly version: string;
  /** Which installation, for example `production`. */
  readonly instance: string;
  readonly partOf: string;
}

export type Labels = Readonly<Record<string, string>>;

const PREFIX = 'app.kubernetes.io';

/** Keys that every object and every pod template carries. */
export const RECOMMENDED_LABELS = ['name', 'instance', 'version', 'component', 'part-of', 'managed-by'].map(
  (key) => `${PREFIX}/${key}`,
);

export function recommendedLabels(props: LabelProps): Labels {
  return {
    [`${PREFIX}/name`]: props.name,
    [`${PREFIX}/instance`]: props.instance,
    [`${PREFIX}/version`]: props.version,
    [`${PREFIX}/component`]: props.component,
    [`${PREFIX}/part-of`]: props.partOf,
    [`${PREFIX}/managed-by`]: 'cdk8s',
  };
}

/** Labels of one workload of a chart: the chart's, with its own name and version. */
export function workloadLabels(chartLabels: Labels, name: string, version?: string): Labels {
  return {
    ...chartLabels,
    [`${PREFIX}/name`]: name,
    ...(version === undefined ? {} : { [`${PREFIX}/version`]: version }),
  };
}

/** What a Service, a policy or a controller selects on; immutable in Deployments and StatefulSets. */
export function selectorOf(labels: Labels): Labels {
  return { [`${PREFIX}/name`]: labels[`${PREFIX}/name`], [`${PREFIX}/instance`]: labels[`${PREFIX}/instance`] };
}
