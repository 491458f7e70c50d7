import { at, matches, nameOf, ofKind, workloads, type KubeObject } from '../support/objects';
import { byName, change, type Rule } from '../support/rule';

interface Direction {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number; protocol: string }[];
}
interface Peer {
  podSelector?: { matchLabels?: Record<string, string> };
  namespaceSelector?: { matchLabels?: Record<string, string> };
  ipBlock?: { cidr: string };
}

const NAME = 'app.kubernetes.io/name';
/** Who may open 5432. */
const DATABASE_CLIENTS = [
  'edtech-airflow-api-server',
  'edtech-airflow-dag-processor',
  'edtech-airflow-migrations',
  'edtech-airflow-scheduler',
  'edtech-airflow-users',
  'edtech-backfill',
  'edtech-backup-full',
  'edtech-backup-incr',
  'edtech-restore-drill',
  'edtech-exporter',
  'edtech-grafana',
  'edtech-migrations',
  'edtech-postgres',
  'edtech-postgres-exporter',
  'edtech-postgres-reconciler',
  'edtech-simulator',
  'edtech-verification',
];
/** What may be reached from outside the cluster. */
const PAGES: Readonly<Record<string, number>> = { 'edtech-grafana': 3000, 'edtech-airflow-api-server': 8080 };

const directions = (policy: KubeObject, which: 'ingress' | 'egress'): Direction[] =>
  at<Direction[]>(policy.spec, which) ?? [];
const peersOf = ({ from, to }: Direction): Peer[] => from ?? to ?? [];
const policies = (objects: readonly KubeObject[]): KubeObject[] =>
  ofKind(objects, 'NetworkPolicy').filter(({ metadata }) => metadata.name !== 'default-deny');

export const networkRules: readonly Rule[] = [
  {
    title: 'denies both directions by default in each of its namespaces',
    check: (objects) =>
      ofKind(objects, 'Namespace').flatMap((namespace) => {
        const deny = ofKind(objects, 'NetworkPolicy').find(
          ({ metadata, spec }) =>
            metadata.namespace === namespace.metadata.name &&
            JSON.stringify(at(spec, 'podSelector')) === '{}' &&
            JSON.stringify(at(spec, 'policyTypes')) === '["Ingress","Egress"]' &&
            at(spec, 'ingress') === undefined &&
            at(spec, 'egress') === undefined,
        );
        return deny === undefined ? [`${nameOf(namespace)}: no default deny`] : [];
      }),
    broken: (objects) => objects.filter((object) => object.metadata.name !== 'default-deny'),
    finds: 'Namespace/edtech: no default deny',
  },
  {
    title: 'has exactly one policy for each workload, for both directions',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) => {
        const found = policies(objects).filter(({ spec }) =>
          matches(at(spec, 'podSelector', 'matchLabels'), template.metadata?.labels),
        );
        const both = found.every(({ spec }) => at<string[]>(spec, 'policyTypes')?.length === 2);
        return found.length === 1 && both ? [] : [`${nameOf(object)}: ${found.length} policies`];
      }),
    broken: (objects) => objects.filter((object) => !byName('NetworkPolicy', 'edtech-simulator')(object)),
    finds: 'Deployment/edtech-simulator: 0 policies',
  },
  {
    title: 'names peer and port of every allowed flow',
    check: (objects) =>
      policies(objects).flatMap((policy) =>
        (['ingress', 'egress'] as const).flatMap((which) =>
          directions(policy, which).flatMap((direction) => {
            const wide = peersOf(direction).some(
              ({ podSelector, namespaceSelector, ipBlock }) =>
                ipBlock?.cidr === '0.0.0.0/0' ||
                (ipBlock === undefined &&
                  Object.keys({ ...podSelector?.matchLabels, ...namespaceSelector?.matchLabels }).length === 0),
            );
            const open = peersOf(direction).length === 0 || (direction.ports ?? []).length === 0;
            return wide || open ? [`${nameOf(policy)}: ${which} without peer or port`] : [];
          }),
        ),
      ),
    broken: (objects) =>
      change(objects, byName('NetworkPolicy', 'edtech-simulator'), (object) => {
        at<Direction[]>(object.spec, 'egress')![0].to = [];
      }),
    finds: 'NetworkPolicy/edtech-simulator: egress without peer',
  },
  {
    title: 'allows a flow at both of its ends or at none',
    check: (objects) => {
      const named = (peer: Peer): string | undefined => peer.podSelector?.matchLabels?.[NAME];
      const flows = (which: 'ingress' | 'egress'): Set<string> =>
        new Set(
          policies(objects).flatMap((policy) =>
            directions(policy, which).flatMap((direction) =>
              peersOf(direction).flatMap((peer) => {
                const other = named(peer);
                if (other === undefined) return [];
                const pair = which === 'egress' ? [policy.metadata.name, other] : [other, policy.metadata.name];
                return (direction.ports ?? []).map(({ port }) => `${pair.join(' -> ')} ${port}`);
              }),
            ),
          ),
        );
      const [ingress, egress] = [flows('ingress'), flows('egress')];
      return [
        ...[...egress].filter((flow) => !ingress.has(flow)).map((flow) => `${flow}: opened, not accepted`),
        ...[...ingress].filter((flow) => !egress.has(flow)).map((flow) => `${flow}: accepted, not opened`),
      ];
    },
    broken: (objects) =>
      change(objects, byName('NetworkPolicy', 'edtech-simulator'), (object) => {
        at<Direction[]>(object.spec, 'egress')!.shift();
      }),
    finds: 'edtech-simulator -> edtech-postgres 5432: accepted, not opened',
  },
  {
    title: 'opens 5432 to the listed clients only',
    check: (objects) =>
      policies(objects).flatMap((policy) =>
        directions(policy, 'ingress')
          .filter(({ ports = [] }) => ports.some(({ port }) => port === 5432))
          .flatMap(peersOf)
          .map(({ podSelector }) => podSelector?.matchLabels?.[NAME] ?? 'somebody without a name')
          .filter((client) => !DATABASE_CLIENTS.includes(client))
          .map((client) => `${nameOf(policy)}: 5432 is open to ${client}`),
      ),
    broken: (objects) =>
      change(objects, byName('NetworkPolicy', 'edtech-postgres'), (object) => {
        at<Direction[]>(object.spec, 'ingress')![0].from!.push({ ipBlock: { cidr: '10.0.0.0/8' } });
      }),
    finds: '5432 is open to somebody without a name',
  },
  {
    title: 'lets nothing but the two pages be reached from outside',
    check: (objects) => [
      ...ofKind(objects, 'Service')
        .filter(({ spec }) => at(spec, 'type') !== 'ClusterIP')
        .filter(({ metadata, spec }) => at(spec, 'ports', 0, 'port') !== PAGES[metadata.name])
        .map((service) => `${nameOf(service)}: reachable from outside`),
      ...policies(objects).flatMap((policy) =>
        directions(policy, 'ingress')
          .filter((direction) => peersOf(direction).some(({ podSelector }) => podSelector === undefined))
          .filter(({ ports = [] }) => ports.some(({ port }) => port !== PAGES[policy.metadata.name]))
          .map(() => `${nameOf(policy)}: open to addresses`),
      ),
      ...ofKind(objects, 'Ingress')
        .filter(({ metadata }) => !(metadata.name in PAGES))
        .map((ingress) => `${nameOf(ingress)}: another page`),
    ],
    broken: (objects) =>
      change(objects, byName('Service', 'edtech-postgres-rw'), (object) =>
        Object.assign(object.spec!, { type: 'NodePort' }),
      ),
    finds: 'Service/edtech-postgres-rw: reachable from outside',
  },
];
