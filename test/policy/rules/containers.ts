import { bytesOf, coresOf } from '../../../src/config/quantity';
import { IMAGE } from '../../../src/images';
import { AGENTS_NAMESPACE } from '../../../src/names';
import { containersOf, isLongRunning, nameOf, workloads, type KubeObject } from '../support/objects';
import { byName, change, type Rule } from '../support/rule';

const simulator = byName('Deployment', 'edtech-simulator');

/** Probes that only look at their own process. Whatever asks another service must not restart a container. */
const LIVENESS: Readonly<Record<string, readonly string[]>> = {
  postgres: ['edtech-alive'],
  repository: ['tcp'],
  reconciler: ['/healthz'],
  simulator: ['/healthz'],
  'api-server': ['/api/v2/version'],
  scheduler: ['tcp'],
  grafana: ['/healthz'],
  prometheus: ['/-/healthy'],
  alertmanager: ['/-/healthy'],
  exporter: ['/healthz'],
  'postgres-exporter': ['/'],
  'kube-state-metrics': ['/healthz'],
  'node-exporter': ['/'],
  loki: ['tcp'],
  'log-collector': ['/'],
};

/** What the agents on the nodes may do beyond `restricted`, by container, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'log-collector': {
    runAsNonRoot: 'log files of containers belong to root and nobody else may read them',
    runAsUser: 'the same',
    '/var/log/pods': 'the logs of the containers',
    '/var/lib/edtech-log-collector': 'how far it has read, and what it could not send yet: a restart goes on there',
  },
  'node-exporter': {
    '/proc': 'what the kernel of the node counts',
    '/sys': 'the same',
    '/': 'room on the file systems of the node',
  },
};
const isExcepted = (object: KubeObject, container: string, what: string): boolean =>
  object.metadata.namespace === AGENTS_NAMESPACE && EXCEPTIONS[container]?.[what] !== undefined;

export const containerRules: readonly Rule[] = [
  {
    title: 'sets CPU and memory requests and limits on every container, init containers included',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) =>
        containersOf(template).flatMap(({ name, resources }) => {
          const problems: string[] = [];
          for (const [key, parse] of [
            ['cpu', coresOf],
            ['memory', bytesOf],
          ] as const) {
            const request = parse(resources?.requests?.[key] ?? '');
            const limit = parse(resources?.limits?.[key] ?? '');
            if (request === undefined || limit === undefined || limit < request) {
              problems.push(`${nameOf(object)} ${name}: ${key} request or limit is missing or reversed`);
            }
          }
          return problems;
        }),
      ),
    broken: (objects) =>
      change(objects, simulator, (object) => delete object.spec?.template?.spec.initContainers?.[0].resources),
    finds: 'wait-for-history: cpu',
  },
  {
    title: 'has startup and readiness probes on everything that keeps running',
    check: (objects) =>
      workloads(objects)
        .filter(({ object }) => isLongRunning(object))
        .flatMap(({ object, template }) => [
          ...template.spec.containers
            .filter(({ startupProbe, readinessProbe }) => startupProbe === undefined || readinessProbe === undefined)
            .map(({ name }) => `${nameOf(object)} ${name}: startup or readiness probe is missing`),
          ...(template.spec.initContainers ?? [])
            .filter(({ restartPolicy, startupProbe }) => restartPolicy === 'Always' && startupProbe === undefined)
            .map(({ name }) => `${nameOf(object)} ${name}: startup probe of a sidecar is missing`),
        ]),
    broken: (objects) =>
      change(objects, simulator, (object) => delete object.spec?.template?.spec.containers[0].readinessProbe),
    finds: 'edtech-simulator simulator: startup or readiness',
  },
  {
    title: 'restarts a container only for what its own process says',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) =>
        template.spec.containers.flatMap(({ name, livenessProbe }) => {
          if (livenessProbe === undefined) return [];
          const asked = livenessProbe.tcpSocket
            ? 'tcp'
            : (livenessProbe.httpGet?.path ?? livenessProbe.exec?.command.join(' ') ?? 'nothing');
          return LIVENESS[name]?.includes(asked) ? [] : [`${nameOf(object)} ${name}: liveness asks ${asked}`];
        }),
      ),
    broken: (objects) =>
      change(objects, byName('Deployment', 'edtech-grafana'), (object) => {
        object.spec!.template!.spec.containers[0].livenessProbe = { httpGet: { path: '/api/health', port: 3000 } };
      }),
    finds: 'grafana: liveness asks /api/health',
  },
  {
    title: 'runs every container as Pod Security restricted and with a read-only root',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) =>
        containersOf(template).flatMap(({ name, securityContext: own = {} }) => {
          const pod = template.spec.securityContext ?? {};
          const wrong = [
            own.allowPrivilegeEscalation === false || 'allowPrivilegeEscalation',
            own.readOnlyRootFilesystem === true || 'readOnlyRootFilesystem',
            own.runAsNonRoot === true || 'runAsNonRoot',
            JSON.stringify(own.capabilities) === '{"drop":["ALL"]}' || 'capabilities',
            JSON.stringify(own.seccompProfile) === '{"type":"RuntimeDefault"}' || 'seccompProfile',
            own.privileged === undefined || 'privileged',
            (typeof pod.runAsUser === 'number' && pod.runAsUser > 0) || 'runAsUser',
            pod.fsGroupChangePolicy === 'OnRootMismatch' || 'fsGroupChangePolicy',
          ].filter((field): field is string => field !== true && !isExcepted(object, name, `${field}`));
          return wrong.map((field) => `${nameOf(object)} ${name}: ${field}`);
        }),
      ),
    broken: (objects) =>
      change(objects, simulator, (object) => {
        object.spec!.template!.spec.containers[0].securityContext!.readOnlyRootFilesystem = false;
      }),
    finds: 'edtech-simulator simulator: readOnlyRootFilesystem',
  },
  {
    title: 'uses only images that are pinned in src/images.ts',
    check: (objects) => {
      const pinned = Object.values(IMAGE).map(({ repository, tag }) => `${repository}:${tag}`);
      return workloads(objects).flatMap(({ object, template }) =>
        containersOf(template)
          .filter(({ image }) => !pinned.includes(image) || image.endsWith(':latest'))
          .map(({ name, image }) => `${nameOf(object)} ${name}: image ${image} is not pinned`),
      );
    },
    broken: (objects) =>
      change(objects, simulator, (object) => {
        object.spec!.template!.spec.containers[0].image = 'edtech-stream/simulator:latest';
      }),
    finds: 'edtech-stream/simulator:latest is not pinned',
  },
  {
    title: 'takes nothing from the node and mounts only volumes that restricted allows',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template: { spec } }) => [
        ...(spec.hostNetwork || spec.hostPID || spec.hostIPC ? [`${nameOf(object)}: host namespace`] : []),
        ...(spec.volumes ?? [])
          .filter((volume) => volume.hostPath !== undefined || volume.nfs !== undefined)
          .filter(({ hostPath }) => !isExcepted(object, spec.containers[0].name, hostPath?.path ?? 'nfs'))
          .map((volume) => `${nameOf(object)}: volume ${volume.name}`),
        ...(spec.volumes ?? [])
          .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined)
          .map(({ name }) => `${nameOf(object)}: scratch volume ${name} has no limit`),
      ]),
    broken: (objects) =>
      change(objects, simulator, (object) =>
        object.spec!.template!.spec.volumes!.push({ name: 'node', hostPath: { path: '/proc' } }),
      ),
    finds: 'volume node',
  },
  {
    title: 'reads folders of a node without changing them, but for one that the log collector owns',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) => {
        const folders = new Map(
          (template.spec.volumes ?? []).flatMap(({ name, hostPath }) => (hostPath ? [[name, hostPath.path]] : [])),
        );
        return containersOf(template).flatMap(({ name, volumeMounts = [] }) =>
          volumeMounts
            .filter((mount) => folders.has(mount.name) && mount.readOnly !== true)
            .filter((mount) => folders.get(mount.name) !== '/var/lib/edtech-log-collector')
            .map((mount) => `${nameOf(object)} ${name}: may write ${folders.get(mount.name)}`),
        );
      }),
    broken: (objects) =>
      change(objects, byName('DaemonSet', 'edtech-node-exporter'), (object) => {
        for (const mount of object.spec!.template!.spec.containers[0].volumeMounts!) delete mount.readOnly;
      }),
    finds: 'node-exporter: may write /proc',
  },
];
