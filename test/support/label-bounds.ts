/** Labels of our own metrics and recorded figures, each with what bounds its values. Any other is refused until somebody writes why it is bounded. */
export const OWN_LABELS: Readonly<Record<string, string>> = {
  type: 'kinds of events',
  result: 'outcomes of a transaction',
  reason: 'reasons to reject an event',
  cohort: 'cohorts of the school',
  scope: 'two: newest run of each day, open day',
  kind: 'lost, extra, changed; kinds of backups',
  certificate: 'certificates of the platform, by their Secrets',
  of: 'what a size is of: two',
  query: 'queries of the exporter, by name',
  le: 'edges of a histogram',
  quantile: 'quantiles of a summary',
  space: 'spaces of the heap',
  version: 'version of a program',
  major: 'version of a program',
  minor: 'version of a program',
  patch: 'version of a program',
  app: 'workloads',
  dag_id: 'DAGs of the platform',
  slo: 'objectives',
  pod: 'pods, as many as replicas',
  slot_name: 'replication slots, one per member',
};

/** Labels with more values than `MOST_VALUES`, each with its own bound and the reason. */
const WIDER: Readonly<Record<string, { readonly most: number; readonly why: string }>> = {
  __name__: { most: 2500, why: 'names of metrics' },
  queryid: { most: 1000, why: 'statements of our programs, of which the exporter tells the 100 most expensive' },
  le: { most: 300, why: 'edges of all histograms' },
  pod: { most: 300, why: 'pods, and those that they replaced' },
  instance: { most: 300, why: 'pods, and those that they replaced' },
  application_name: { most: 300, why: 'processes that connect, and those that they replaced' },
  handler: { most: 300, why: 'patterns of the addresses of Grafana' },
  rule_group: { most: 200, why: 'groups of rules' },
};
const MOST_VALUES = 120;

/** Labels whose values look like what is unbounded, and are not: one per program, node or disk. */
const SPARED: Readonly<Record<string, string>> = {
  revision: 'commit of a program',
  checksum: 'module of a program',
  alertmanager: 'address of the only Alertmanager',
  uuid: 'disks of a node',
  wwn: 'disks of a node',
  serial: 'disks of a node',
};

/** What has as many values as there are students, requests or statements. */
const NAMES = /student|lesson|session|email|event_id|(^|_)(url|uri|sql|statement|trace_id|request_id)$/;
const SHAPES: readonly (readonly [string, RegExp])[] = [
  ['a UUID', /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i],
  ['a URL', /^[a-z]+:\/\//i],
  ['an e-mail address', /^\S+@\S+\.\S+$/],
  ['SQL', /^\s*(select|insert|update|delete|with|copy|create|alter)\s/i],
  ['a hash', /^[0-9a-f]{24,}$/i],
  ['a text', /^.{200,}$/s],
];

/** What is wrong with the labels of a scrape, by label and its values. */
export function unboundedLabels(values: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(values).flatMap(([label, list]) => {
    const most = WIDER[label]?.most ?? MOST_VALUES;
    const found: string[] = [];
    if (NAMES.test(label)) found.push(`${label}: named like what has no bound`);
    if (list.length > most) found.push(`${label}: ${list.length} values, allowed ${most}, such as ${list[0]}`);
    if (SPARED[label] === undefined) {
      for (const [shape, pattern] of SHAPES) {
        const value = list.find((one) => pattern.test(one));
        if (value !== undefined) found.push(`${label}: holds ${shape}: ${value.slice(0, 80)}`);
      }
    }
    return found;
  });
}

/** What is wrong with labels that a program gives a metric, or that a rule keeps. */
export const unknownLabels = (metric: string, labels: readonly string[]): string[] =>
  labels
    .filter((label) => OWN_LABELS[label] === undefined || NAMES.test(label))
    .map((label) => `${metric} has label ${label}; bounded are ${Object.keys(OWN_LABELS).join(', ')}`);

/** Labels that an expression of a recorded figure keeps. */
export const keptLabels = (expr: string): string[] => {
  // The outermost aggregation decides; inner ones feed it.
  const [, list] = /^\s*(?:\(\s*)*[a-z_]+ by \(([^)]*)\)/.exec(expr) ?? [];
  return list === undefined ? [] : list.split(',').map((label) => label.trim());
};
