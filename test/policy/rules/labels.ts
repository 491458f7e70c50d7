import { RECOMMENDED_LABELS } from '../../../src/labels';
import { at, matches, nameOf, ofKind, workloads, type KubeObject } from '../support/objects';
import { byName, change, type Rule } from '../support/rule';

const VERSION = 'app.kubernetes.io/version';

const lacks = (labels: Record<string, string> = {}): string[] => RECOMMENDED_LABELS.filter((key) => !labels[key]);

const selectorsOf = (object: KubeObject): Record<string, string>[] => {
  const byKind: Readonly<Record<string, string[]>> = {
    Service: ['selector'],
    NetworkPolicy: ['podSelector', 'matchLabels'],
    PodDisruptionBudget: ['selector', 'matchLabels'],
    Deployment: ['selector', 'matchLabels'],
    StatefulSet: ['selector', 'matchLabels'],
  };
  const path = byKind[object.kind];
  const selector = path && at<Record<string, string>>(object.spec, ...path);
  return selector === undefined ? [] : [selector];
};

export const labelRules: readonly Rule[] = [
  {
    title: 'carries the recommended labels on every object and every pod template',
    check: (objects) => [
      ...objects.flatMap((object) => lacks(object.metadata.labels).map((key) => `${nameOf(object)}: no ${key}`)),
      ...workloads(objects).flatMap(({ object, template }) =>
        lacks(template.metadata?.labels).map((key) => `pods of ${nameOf(object)}: no ${key}`),
      ),
    ],
    broken: (objects) =>
      change(objects, byName('Deployment', 'edtech-grafana'), (object) => {
        delete object.spec!.template!.metadata!.labels![VERSION];
      }),
    finds: `pods of Deployment/edtech-grafana: no ${VERSION}`,
  },
  {
    title: 'selects without the version, which changes with every release',
    check: (objects) =>
      objects.flatMap((object) =>
        selectorsOf(object)
          .filter((selector) => VERSION in selector)
          .map(() => `${nameOf(object)}: selects on the version`),
      ),
    broken: (objects) =>
      change(objects, byName('Service', 'edtech-grafana'), (object) => {
        at<Record<string, string>>(object.spec, 'selector')![VERSION] = '1';
      }),
    finds: 'Service/edtech-grafana: selects on the version',
  },
  {
    title: 'selects pods of exactly one workload with every Service, budget and controller',
    check: (objects) =>
      ['Service', 'PodDisruptionBudget', 'Deployment', 'StatefulSet'].flatMap((kind) =>
        ofKind(objects, kind).flatMap((object) =>
          selectorsOf(object).flatMap((selector) => {
            // The role is a label that Patroni sets on a running pod, so no template has it.
            const fixed = Object.fromEntries(Object.entries(selector).filter(([key]) => key !== 'role'));
            const selected = workloads(objects).filter(({ template }) => matches(fixed, template.metadata?.labels));
            return selected.length === 1 ? [] : [`${nameOf(object)}: selects ${selected.length} workloads`];
          }),
        ),
      ),
    broken: (objects) =>
      change(objects, byName('Service', 'edtech-postgres-ro'), (object) => {
        at<Record<string, string>>(object.spec, 'selector')!['cluster-name'] = 'another';
      }),
    finds: 'Service/edtech-postgres-ro: selects 0',
  },
  {
    title: 'lets somebody in the cluster set the selector of a Service that has none',
    check: (objects) => {
      const mayPatch = ofKind(objects, 'Role').flatMap(({ rules = [] }) =>
        rules.flatMap(({ resources, resourceNames = [], verbs }) =>
          resources.includes('services') && verbs.includes('patch') ? resourceNames : [],
        ),
      );
      return ofKind(objects, 'Service')
        .filter((service) => selectorsOf(service).length === 0 && !mayPatch.includes(service.metadata.name))
        .map((service) => `${nameOf(service)}: has no selector, and nobody may set it`);
    },
    broken: (objects) =>
      change(objects, byName('Service', 'edtech-grafana'), (object) => {
        delete object.spec!.selector;
      }),
    finds: 'Service/edtech-grafana: has no selector, and nobody may set it',
  },
  {
    title: 'puts every namespaced object into the namespace of the platform',
    check: (objects) => {
      const clusterWide = ['Namespace', 'PriorityClass', 'ClusterRole', 'ClusterRoleBinding'];
      const known = ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name);
      return objects.flatMap((object) => {
        const { namespace } = object.metadata;
        const right = clusterWide.includes(object.kind) ? namespace === undefined : known.includes(namespace ?? '');
        return right ? [] : [`${nameOf(object)}: namespace ${namespace}`];
      });
    },
    broken: (objects) =>
      change(objects, byName('Service', 'edtech-grafana'), (object) => {
        object.metadata.namespace = 'default';
      }),
    finds: 'Service/edtech-grafana: namespace default',
  },
];
