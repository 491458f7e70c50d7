import { PRIORITY } from '../../../src/names';
import { containersOf, matches, nameOf, ofKind, at, workloads, type KubeObject } from '../support/objects';
import { byName, change, type Rule } from '../support/rule';

const simulator = byName('Deployment', 'edtech-simulator');
const POSTGRES = byName('StatefulSet', 'edtech-postgres');

/** Workloads that talk to the Kubernetes API, with the reason. */
const API_USERS: Readonly<Record<string, string>> = {
  'edtech-postgres': 'leader lock and role labels of Patroni, the Service for writes',
  'edtech-postgres-reconciler': 'a lost right to make the database',
  'edtech-prometheus': 'which pods and nodes there are, figures of the kubelets',
  'edtech-kube-state-metrics': 'state of the workloads',
  'edtech-log-collector': 'names of the pods',
};

/** Who may read what belongs to no namespace. */
const CLUSTER_READERS: Readonly<Record<string, readonly string[]>> = {
  'edtech-prometheus': ['nodes', 'nodes/metrics'],
};

/** ConfigMaps that change in place, with who reads them again. */
const IN_PLACE: Readonly<Record<string, string>> = {
  'edtech-dags': 'the dag-processor',
  'edtech-postgres-settings': 'the reconciler, in every round',
  'edtech-postgres-bootstrap': 'nobody: it is read when a cluster is initialised',
};
/** ConfigMaps that are there only at times, with who makes them. */
const AT_TIMES: Readonly<Record<string, string>> = {
  'edtech-postgres-restore': 'whoever restores: members begin a new cluster with it',
};
const isInPlace = (name: string): boolean => name in IN_PLACE || name.startsWith('edtech-dashboards-');

const names = (objects: readonly KubeObject[], kind: string): Set<string> =>
  new Set(ofKind(objects, kind).map(({ metadata }) => metadata.name));

export const referenceRules: readonly Rule[] = [
  {
    title: 'refers only to Secrets, keys, ConfigMaps, claims, accounts and priorities that exist',
    check: (objects) => {
      const secrets = new Map(ofKind(objects, 'Secret').map(({ metadata, data = {} }) => [metadata.name, data]));
      const claims = ofKind(objects, 'StatefulSet').flatMap((set) =>
        (at<{ metadata: { name: string } }[]>(set.spec, 'volumeClaimTemplates') ?? []).map(
          ({ metadata }) => `${metadata.name}-${set.metadata.name}-0`,
        ),
      );
      const [maps, accounts, priorities] = ['ConfigMap', 'ServiceAccount', 'PriorityClass'].map((kind) =>
        names(objects, kind),
      );
      return workloads(objects).flatMap(({ object, template }) => {
        const { spec } = template;
        const missing: string[] = [];
        const want = (found: boolean, what: string): void => {
          if (!found) missing.push(`${nameOf(object)}: ${what} does not exist`);
        };
        want(accounts.has(spec.serviceAccountName ?? ''), `ServiceAccount ${spec.serviceAccountName}`);
        want(priorities.has(spec.priorityClassName ?? ''), `PriorityClass ${spec.priorityClassName}`);
        for (const { env = [] } of containersOf(template)) {
          for (const { valueFrom } of env) {
            const ref = valueFrom?.secretKeyRef;
            if (ref !== undefined)
              want(secrets.get(ref.name)?.[ref.key] !== undefined, `Secret ${ref.name} ${ref.key}`);
          }
        }
        for (const volume of spec.volumes ?? []) {
          if (volume.secret) want(secrets.has(volume.secret.secretName), `Secret ${volume.secret.secretName}`);
          for (const { secret } of volume.projected?.sources ?? []) {
            for (const { key } of secret?.items ?? [])
              want(secrets.get(secret!.name)?.[key] !== undefined, `Secret ${secret!.name} ${key}`);
          }
          const claim = volume.persistentVolumeClaim?.claimName;
          if (claim !== undefined) want(claims.includes(claim), `claim ${claim}`);
          const configs = [volume.configMap, ...(volume.projected?.sources.map(({ configMap }) => configMap) ?? [])];
          for (const config of configs) {
            const mayLack = config?.name !== undefined && config.name in AT_TIMES && 'optional' in config;
            if (config && !mayLack) want(maps.has(config.name), `ConfigMap ${config.name}`);
          }
        }
        return missing;
      });
    },
    broken: (objects) => objects.filter((object) => !object.metadata.name.startsWith('edtech-simulator-database-')),
    finds: 'Secret edtech-simulator-database-r1',
  },
  {
    title: 'mounts every volume that a pod has and has every volume that a container mounts',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) => {
        const claims = at<{ metadata: { name: string } }[]>(object.spec, 'volumeClaimTemplates') ?? [];
        const there = new Set(
          [...(template.spec.volumes ?? []), ...claims.map(({ metadata }) => metadata)].map((v) => v.name),
        );
        const mounted = new Set(
          containersOf(template).flatMap(({ volumeMounts = [] }) => volumeMounts.map((m) => m.name)),
        );
        return [
          ...[...mounted].filter((name) => !there.has(name)).map((name) => `${nameOf(object)}: no volume ${name}`),
          ...[...there].filter((name) => !mounted.has(name)).map((name) => `${nameOf(object)}: ${name} is not mounted`),
        ];
      }),
    broken: (objects) => change(objects, simulator, (object) => object.spec!.template!.spec.volumes!.pop()),
    finds: 'Deployment/edtech-simulator: no volume',
  },
  {
    title: 'mounts an API token only where the API is used',
    check: (objects) => [
      ...workloads(objects).flatMap(({ object, template: { metadata, spec } }) => {
        const name = metadata?.labels?.['app.kubernetes.io/name'] ?? '';
        return spec.automountServiceAccountToken === name in API_USERS ? [] : [`${nameOf(object)}: token of ${name}`];
      }),
      ...ofKind(objects, 'ServiceAccount')
        .filter((account) => at(account, 'automountServiceAccountToken') !== false)
        .map((account) => `${nameOf(account)}: token by default`),
    ],
    broken: (objects) =>
      change(objects, simulator, (object) => {
        object.spec!.template!.spec.automountServiceAccountToken = true;
      }),
    finds: 'token of edtech-simulator',
  },
  {
    title: 'gives Roles no wildcard and binds only Roles and accounts that exist',
    check: (objects) => [
      ...[...ofKind(objects, 'Role'), ...ofKind(objects, 'ClusterRole')]
        .filter(({ rules = [] }) =>
          rules.some(({ apiGroups, resources, verbs }) =>
            [...apiGroups, ...resources, ...verbs].some((word) => word === '*' || word === 'secrets'),
          ),
        )
        .map((role) => `${nameOf(role)}: wildcard or secrets`),
      ...[...ofKind(objects, 'RoleBinding'), ...ofKind(objects, 'ClusterRoleBinding')]
        .filter(
          ({ roleRef, subjects = [] }) =>
            !names(objects, roleRef?.kind ?? '').has(roleRef?.name ?? '') ||
            subjects.some(({ kind, name }) => !names(objects, kind).has(name)),
        )
        .map((binding) => `${nameOf(binding)}: role or subject does not exist`),
    ],
    broken: (objects) =>
      change(objects, byName('Role', 'edtech-postgres'), (object) => object.rules![0].verbs.push('*')),
    finds: 'Role/edtech-postgres: wildcard',
  },
  {
    title: 'changes only objects that its Role names',
    check: (objects) =>
      ofKind(objects, 'Role').flatMap((role) =>
        (role.rules ?? [])
          .filter(({ resourceNames = [] }) => resourceNames.length === 0)
          .flatMap(({ resources, verbs }) =>
            // What is created has no name yet when it is asked for.
            verbs
              .filter((verb) => !['get', 'list', 'watch', 'create'].includes(verb))
              .map((verb) => `${nameOf(role)}: ${verb} any ${resources.join(', ')}`),
          ),
      ),
    broken: (objects) =>
      change(objects, byName('Role', 'edtech-postgres'), (object) =>
        object.rules!.forEach((rule) => delete rule.resourceNames),
      ),
    finds: 'Role/edtech-postgres: patch any configmaps',
  },
  {
    title: 'reads and never changes what belongs to the whole cluster, and only what is listed',
    check: (objects) =>
      ofKind(objects, 'ClusterRole').flatMap((role) =>
        (role.rules ?? []).flatMap(({ resources, verbs }) => [
          ...resources
            .filter((resource) => !CLUSTER_READERS[role.metadata.name]?.includes(resource))
            .map((resource) => `${nameOf(role)}: ${resource}`),
          ...verbs
            .filter((verb) => !['get', 'list', 'watch'].includes(verb))
            .map((verb) => `${nameOf(role)}: ${verb} ${resources.join(', ')}`),
        ]),
      ),
    broken: (objects) =>
      change(objects, byName('ClusterRole', 'edtech-prometheus'), (object) => object.rules![0].resources.push('pods')),
    finds: 'ClusterRole/edtech-prometheus: pods',
  },
  {
    title: 'rolls pods on a changed ConfigMap, except where its reader takes changes up in place',
    check: (objects) =>
      ofKind(objects, 'ConfigMap').flatMap((map) => {
        const hashed = /-[0-9a-f]{10}$/.test(map.metadata.name);
        if (isInPlace(map.metadata.name)) return map.immutable === true ? [`${nameOf(map)}: immutable`] : [];
        return hashed && map.immutable === true ? [] : [`${nameOf(map)}: no content hash or not immutable`];
      }),
    broken: (objects) =>
      change(
        objects,
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('edtech-sql-migrations'),
        (object) => {
          object.metadata.name = 'edtech-sql-migrations';
        },
      ),
    finds: 'ConfigMap/edtech-sql-migrations: no content hash',
  },
  {
    title: 'leaves replicas to the autoscaler where there is one',
    check: (objects) =>
      ofKind(objects, 'HorizontalPodAutoscaler').flatMap((scaler) => {
        const target = at<string>(scaler.spec, 'scaleTargetRef', 'name');
        const found = ofKind(objects, 'Deployment').find(({ metadata }) => metadata.name === target);
        if (found === undefined) return [`${nameOf(scaler)}: no Deployment ${target}`];
        return at(found.spec, 'replicas') === undefined ? [] : [`${nameOf(found)}: replicas beside an autoscaler`];
      }),
    broken: (objects) => change(objects, simulator, (object) => Object.assign(object.spec!, { replicas: 2 })),
    finds: 'edtech-simulator: replicas beside',
  },
  {
    title: 'leaves it to a restore whether CronJobs are suspended',
    check: (objects) =>
      ofKind(objects, 'CronJob').flatMap((job) =>
        at(job.spec, 'suspend') === undefined ? [] : [`${nameOf(job)}: suspend is rendered`],
      ),
    broken: (objects) =>
      change(objects, byName('CronJob', 'edtech-backup-full'), (object) =>
        Object.assign(object.spec!, { suspend: false }),
      ),
    finds: 'edtech-backup-full: suspend is rendered',
  },
  {
    title: 'names Jobs by the content of their template and lets them stay',
    check: (objects) =>
      ofKind(objects, 'Job').flatMap((job) => [
        ...(/-[0-9a-f]{10}$/.test(job.metadata.name) ? [] : [`${nameOf(job)}: no content hash`]),
        ...(at(job.spec, 'ttlSecondsAfterFinished') === undefined ? [] : [`${nameOf(job)}: time to live`]),
      ]),
    broken: (objects) =>
      change(
        objects,
        ({ kind }) => kind === 'Job',
        (object) => Object.assign(object.spec!, { ttlSecondsAfterFinished: 60 }),
      ),
    finds: 'time to live',
  },
  {
    title: 'protects what has more than one pod, and the database, with a disruption budget',
    check: (objects) =>
      workloads(objects)
        .filter(({ object }) => {
          const replicas = at<number>(object.spec, 'replicas');
          return (
            object.kind === 'StatefulSet' || (object.kind === 'Deployment' && (replicas === undefined || replicas > 1))
          );
        })
        .filter(
          ({ template }) =>
            !ofKind(objects, 'PodDisruptionBudget').some((budget) =>
              matches(at(budget.spec, 'selector', 'matchLabels'), template.metadata?.labels),
            ),
        )
        .map(({ object }) => `${nameOf(object)}: no disruption budget`),
    broken: (objects) => objects.filter((object) => !byName('PodDisruptionBudget', 'edtech-postgres')(object)),
    finds: nameOf({ kind: 'StatefulSet', metadata: { name: 'edtech-postgres' } } as KubeObject),
  },
  {
    title: 'keeps the database before services and services before batch work',
    check: (objects) => {
      const value = new Map(
        ofKind(objects, 'PriorityClass').map((c) => [c.metadata.name, at<number>(c, 'value') ?? 0]),
      );
      const ordered = (value.get(PRIORITY.database) ?? 0) > (value.get(PRIORITY.service) ?? 0);
      const lower = (value.get(PRIORITY.service) ?? 0) > (value.get(PRIORITY.batch) ?? 0);
      const wrong = objects
        .filter(POSTGRES)
        .filter((o) => o.spec?.template?.spec.priorityClassName !== PRIORITY.database);
      return [
        ...(ordered && lower ? [] : ['priorities are out of order']),
        ...wrong.map((o) => `${nameOf(o)}: priority`),
      ];
    },
    broken: (objects) =>
      change(objects, POSTGRES, (object) => {
        object.spec!.template!.spec.priorityClassName = PRIORITY.batch;
      }),
    finds: 'StatefulSet/edtech-postgres: priority',
  },
];
