import { ApiAccess, type ApiAccessProps } from '../../src/constructs/api-access';
import { NodeAgent, type NodeAgentProps } from '../../src/constructs/node-agent';
import { dataVolume, StatefulService, type StatefulServiceProps } from '../../src/constructs/stateful-service';
import { nodeFolder } from '../../src/constructs/volumes';
import { at, templateOf, type KubeObject } from '../policy/support/objects';
import { find, PROBES, RESOURCES, testChart } from './support';

const CONTAINER = {
  name: 'store',
  image: 'library/store:1',
  resources: RESOURCES,
  probes: PROBES,
  ports: { http: 8080 },
};

// Required<…>: a new property breaks this file until a test says what it does.
const STORE: Required<Omit<StatefulServiceProps, 'initContainers' | 'spread'>> = {
  name: 'catalogue-store',
  version: '2.0.0',
  replicas: 2,
  port: 8080,
  portName: 'web',
  headless: true,
  claim: { size: '5Gi', storageClass: 'fast' },
  containers: [{ ...CONTAINER, mounts: [{ path: '/data', volume: dataVolume() }] }],
  user: 1000,
  group: 2000,
  fsGroup: 3000,
  priorityClassName: 'library-service',
  terminationGracePeriodSeconds: 45,
  usesKubernetesApi: false,
  onEveryNode: false,
  quickDns: true,
  besides: 'catalogue-web',
};

test('a stateful service has a claim of its own for each pod, and a Service and a budget of its name', () => {
  const chart = testChart();
  const { endpoint } = new StatefulService(chart, 'store', STORE);
  expect(endpoint).toEqual({ host: 'catalogue-store.library.svc', nearHost: 'catalogue-store', port: 8080 });
  const { spec } = find(chart, 'StatefulSet', 'catalogue-store');
  expect(at(spec, 'replicas')).toBe(2);
  expect(at(spec, 'volumeClaimTemplates', 0, 'spec')).toMatchObject({
    storageClassName: 'fast',
    resources: { requests: { storage: '5Gi' } },
  });
  // The claim's volume is the controller's to add.
  expect(at(spec, 'template', 'spec', 'volumes')).toBeUndefined();
  const service = find(chart, 'Service', 'catalogue-store');
  expect(at(service.spec, 'clusterIP')).toBe('None');
  expect(at(service.spec, 'ports', 0, 'name')).toBe('web');
  expect(at(find(chart, 'PodDisruptionBudget').spec, 'maxUnavailable')).toBe(1);
});

test('a stateful service can take a volume that is there already, and that pods of other nodes mount too', () => {
  const chart = testChart();
  new StatefulService(chart, 'store', {
    ...STORE,
    claim: { size: '5Gi', storageClass: 'fast', sharedVolume: 'archive' },
  });
  expect(at(find(chart, 'StatefulSet').spec, 'volumeClaimTemplates', 0, 'spec')).toMatchObject({
    accessModes: ['ReadWriteMany'],
    storageClassName: '',
    volumeName: 'archive',
  });
});

test('a stateful service without a claim has none, and one pod', () => {
  const chart = testChart();
  new StatefulService(chart, 'store', { name: 'plain', port: 8080, user: 1000, containers: [CONTAINER] });
  const { spec } = find(chart, 'StatefulSet', 'plain');
  expect(at(spec, 'volumeClaimTemplates')).toBeUndefined();
  expect(at(spec, 'replicas')).toBe(1);
  expect(at(find(chart, 'Service').spec, 'clusterIP')).toBeUndefined();
});

test('an agent stands on every node in its own namespace, and only who asks for it is root', () => {
  const agent = (name: string, asRoot: boolean): KubeObject => {
    const chart = testChart();
    const props: NodeAgentProps = {
      name,
      namespace: 'library-agents',
      user: asRoot ? 0 : 1000,
      containers: [
        { ...CONTAINER, asRoot, mounts: [{ path: '/logs', volume: nodeFolder('logs', '/var/log'), readOnly: true }] },
      ],
    };
    new NodeAgent(chart, 'agent', props);
    expect(find(chart, 'ServiceAccount', name).metadata.namespace).toBe('library-agents');
    return find(chart, 'DaemonSet', name);
  };
  const reader = agent('reader', false);
  expect(reader.metadata.namespace).toBe('library-agents');
  expect(at(templateOf(reader)?.spec, 'tolerations')).toEqual([{ operator: 'Exists' }]);
  expect(at(templateOf(reader)?.spec, 'volumes', 0, 'hostPath')).toEqual({ path: '/var/log', type: 'Directory' });
  expect(at(templateOf(reader)?.spec, 'securityContext', 'runAsNonRoot')).toBe(true);
  const root = templateOf(agent('root', true))?.spec;
  expect(at(root, 'securityContext', 'runAsNonRoot')).toBe(false);
  expect(root?.containers[0].securityContext).toMatchObject({ runAsNonRoot: false, capabilities: { drop: ['ALL'] } });
});

test('read access is a Role in each namespace, and a ClusterRole without a namespace for what has none', () => {
  const chart = testChart();
  const props: Required<ApiAccessProps> = {
    account: 'reader',
    namespace: 'library',
    labels: chart.labels,
    namespaces: ['library', 'library-agents'],
    rules: [{ resources: ['pods'] }, { apiGroup: 'apps', resources: ['deployments'], verbs: ['list'] }],
    clusterRules: [{ resources: ['nodes'] }],
  };
  new ApiAccess(chart, 'access', props);
  const objects = chart.toJson() as KubeObject[];
  const roles = objects.filter(({ kind }) => kind === 'Role');
  expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['library', 'library-agents']);
  expect(roles[0].rules).toEqual([
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
  ]);
  expect(find(chart, 'ClusterRole').metadata.namespace).toBeUndefined();
  expect(find(chart, 'ClusterRoleBinding').subjects).toEqual([
    { kind: 'ServiceAccount', name: 'reader', namespace: 'library' },
  ]);
});
