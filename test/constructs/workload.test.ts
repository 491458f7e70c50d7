import type { ContainerProps } from '../../src/constructs/container';
import { emptyDir } from '../../src/constructs/volumes';
import { WebService, type WebServiceProps } from '../../src/constructs/web-service';
import { Workload, type WorkloadProps } from '../../src/constructs/workload';
import { at, templateOf } from '../policy/support/objects';
import { find, PROBES, RESOURCES, testChart } from './support';

// Required<…>: a new property breaks this file until a test says what it does.
const CONTAINER: Required<ContainerProps> = {
  name: 'web',
  image: 'library/catalogue:1.2.3',
  command: ['serve'],
  args: ['--all'],
  env: {
    PLAIN: 'text',
    POD: { fieldPath: 'metadata.name' },
    PASSWORD: { secretName: 'catalogue-r1', key: 'password' },
  },
  ports: { http: 8080 },
  probes: PROBES,
  resources: RESOURCES,
  mounts: [{ path: '/tmp', volume: emptyDir('tmp', '16Mi') }],
  preStop: ['sleep', '5'],
  asRoot: false,
  sidecar: false,
};

const PROPS: Required<WorkloadProps> = {
  name: 'catalogue-web',
  version: '1.2.4',
  replicas: 3,
  update: 'surge',
  maxUnavailable: 1,
  containers: [CONTAINER],
  initContainers: [{ name: 'wait', image: 'library/wait:1', resources: RESOURCES }],
  user: 1000,
  group: 2000,
  fsGroup: 3000,
  priorityClassName: 'library-service',
  terminationGracePeriodSeconds: 45,
  spread: { nodes: 'even' },
  usesKubernetesApi: false,
  onEveryNode: false,
  quickDns: true,
  besides: 'catalogue-store',
};

function rendered(props: WorkloadProps = PROPS) {
  const chart = testChart();
  const workload = new Workload(chart, 'web', props);
  return { chart, workload, deployment: find(chart, 'Deployment', props.name) };
}

test('a workload names its Deployment, account and budget after itself', () => {
  const { chart, deployment } = rendered();
  expect(find(chart, 'ServiceAccount').metadata.name).toBe('catalogue-web');
  expect(find(chart, 'PodDisruptionBudget').metadata.name).toBe('catalogue-web');
  expect(templateOf(deployment)?.spec.serviceAccountName).toBe('catalogue-web');
});

test('a workload selects on name and instance, and labels pods with its own version', () => {
  const { deployment, workload } = rendered();
  const selector = { 'app.kubernetes.io/name': 'catalogue-web', 'app.kubernetes.io/instance': 'test' };
  expect(workload.selector).toEqual(selector);
  expect(at(deployment.spec, 'selector', 'matchLabels')).toEqual(selector);
  expect(templateOf(deployment)?.metadata?.labels).toMatchObject({ ...selector, 'app.kubernetes.io/version': '1.2.4' });
});

test('a container gets values, fields and Secret keys as variables', () => {
  expect(templateOf(rendered().deployment)?.spec.containers[0].env).toEqual([
    { name: 'PLAIN', value: 'text' },
    { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'catalogue-r1', key: 'password' } } },
  ]);
});

test('a pod runs as the given user and group and may be spread over nodes and zones', () => {
  const spec = templateOf(rendered().deployment)?.spec;
  expect(spec?.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000 });
  expect(at(spec, 'topologySpreadConstraints', 0, 'whenUnsatisfiable')).toBe('DoNotSchedule');
  expect(at(spec, 'topologySpreadConstraints', 1, 'topologyKey')).toBe('topology.kubernetes.io/zone');
  expect(at(spec, 'terminationGracePeriodSeconds')).toBe(45);
});

test('a workload that an autoscaler scales leaves its replicas out', () => {
  expect(at(rendered({ ...PROPS, replicas: 'autoscaled' }).deployment.spec, 'replicas')).toBeUndefined();
  expect(at(rendered().deployment.spec, 'replicas')).toBe(3);
});

test('an update makes a new pod first, or none beside the old one where two would disturb each other', () => {
  expect(at(rendered().deployment.spec, 'strategy', 'rollingUpdate')).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  expect(at(rendered({ ...PROPS, update: 'recreate' }).deployment.spec, 'strategy', 'type')).toBe('Recreate');
});

test('a container that keeps running is refused without probes', () => {
  const silent = { ...CONTAINER, probes: undefined };
  expect(() => rendered({ ...PROPS, containers: [silent] })).toThrow('container web of catalogue-web');
});

test('two volumes of one name and different content are refused', () => {
  const other = { ...CONTAINER, name: 'side', mounts: [{ path: '/tmp', volume: emptyDir('tmp', '32Mi') }] };
  expect(() => rendered({ ...PROPS, containers: [CONTAINER, other] })).toThrow('volume tmp differs');
});

test('a web service gives its address and refuses a port that nothing listens on', () => {
  const chart = testChart();
  const props: Required<WebServiceProps> = {
    ...PROPS,
    port: 8080,
    portName: 'http',
    exposure: { type: 'NodePort', nodePort: 30123 },
  };
  const service = new WebService(chart, 'web', props);
  expect(service.endpoint).toEqual({ host: 'catalogue-web.library.svc', nearHost: 'catalogue-web', port: 8080 });
  expect(find(chart, 'Service').spec).toMatchObject({
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    ports: [{ name: 'http', port: 8080, nodePort: 30123 }],
  });
  expect(() => new WebService(testChart(), 'web', { ...props, port: 9 })).toThrow('port 9 is not a port of any');
});

test('a pod that goes with another one stands on its node', () => {
  const [term] = at<Record<string, unknown>[]>(
    templateOf(rendered().deployment)?.spec,
    'affinity',
    'podAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
  ) as Record<string, unknown>[];
  expect(term).toEqual({
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: {
      matchLabels: { 'app.kubernetes.io/name': 'catalogue-store', 'app.kubernetes.io/instance': 'test' },
    },
  });
});

test('pods that want a node of their own keep off those of their like, also beside the one that they go with', () => {
  const alone = (besides?: string) =>
    templateOf(rendered({ ...PROPS, besides, spread: { nodes: 'own' } }).deployment)?.spec;
  const onNodeOf = (name: string) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'test' } },
      },
    ],
  });
  expect(at(alone(), 'affinity')).toEqual({ podAntiAffinity: onNodeOf('catalogue-web') });
  expect(at(alone(), 'topologySpreadConstraints')).toEqual([
    expect.objectContaining({ topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }),
  ]);
  expect(at(alone(PROPS.besides), 'affinity')).toEqual({
    podAffinity: onNodeOf('catalogue-store'),
    podAntiAffinity: onNodeOf('catalogue-web'),
  });
});

test('an init container that is a sidecar goes on beside the others, and needs a probe for that', () => {
  const wait = { name: 'wait', image: 'library/wait:1', resources: RESOURCES };
  const proxy = { ...wait, name: 'proxy', sidecar: true, probes: { startup: PROBES.startup } };
  const policies = (initContainers: WorkloadProps['initContainers']): unknown[] =>
    (templateOf(rendered({ ...PROPS, initContainers }).deployment)?.spec.initContainers ?? []).map((container) =>
      at(container, 'restartPolicy'),
    );
  expect(policies([wait, proxy])).toEqual([undefined, 'Always']);
  expect(() => policies([{ ...proxy, probes: undefined }])).toThrow('sidecar proxy keeps running and has no probes');
});
