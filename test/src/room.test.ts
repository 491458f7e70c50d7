import { quotaProblems, type RenderedObject } from '../../src/room';

const NAMESPACE = 'library';
const container = (memory: string, limit = memory, cpu = '100m') => ({
  resources: { requests: { memory, cpu }, limits: { memory: limit } },
});

function object(kind: string, name: string, spec: object, namespace = NAMESPACE): RenderedObject {
  return { kind, metadata: { name, namespace }, spec };
}
const template = (...containers: object[]) => ({ template: { spec: { containers } } });
const surging = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };

/** A quota that has room for everything but what is given. */
const quota = (changes: Partial<Parameters<typeof quotaProblems>[2]>) => ({
  memoryRequests: '1Ti',
  memoryLimits: '1Ti',
  cpuRequests: '1000',
  pods: 1000,
  ...changes,
});

/** The least quota that is accepted, found by what the message allows. */
function needed(objects: RenderedObject[], key: 'memoryRequests' | 'memoryLimits' | 'cpuRequests' | 'pods'): string {
  const least = { memoryRequests: '1Mi', memoryLimits: '1Mi', cpuRequests: '1m', pods: 0 }[key];
  const [problem] = quotaProblems(objects, NAMESPACE, quota({ [key]: least }));
  const allowed = /allowed from (\S+),/.exec(problem)![1];
  expect(quotaProblems(objects, NAMESPACE, quota({ [key]: key === 'pods' ? Number(allowed) : allowed }))).toEqual([]);
  return allowed;
}

test('an autoscaler counts with its most pods, and an update with one more', () => {
  const web = object('Deployment', 'web', { ...surging, ...template(container('100Mi', '200Mi')) });
  const scaler = object('HorizontalPodAutoscaler', 'web', { scaleTargetRef: { name: 'web' }, maxReplicas: 4 });
  expect(needed([web], 'memoryRequests')).toBe('200Mi');
  expect(needed([web, scaler], 'memoryRequests')).toBe('500Mi');
  expect(needed([web, scaler], 'memoryLimits')).toBe('1000Mi');
  expect(needed([web, scaler], 'cpuRequests')).toBe('500m');
  expect(needed([web, scaler], 'pods')).toBe('5');
});

test('what is replaced in place has no pod more, Jobs and CronJobs have one', () => {
  const spec = template(container('100Mi'));
  const objects = [
    object('StatefulSet', 'db', { replicas: 3, ...spec }),
    object('Deployment', 'single', { replicas: 1, strategy: { type: 'Recreate' }, ...spec }),
    object('Job', 'migrate', spec),
    object('CronJob', 'backup', { jobTemplate: { spec } }),
  ];
  expect(needed(objects, 'pods')).toBe('6');
  expect(needed(objects, 'memoryRequests')).toBe('600Mi');
});

test('a pod counts as Kubernetes counts it: sidecars beside the others, init containers one after the other', () => {
  const pod = (initContainers: object[]) =>
    object('StatefulSet', 'db', {
      replicas: 1,
      template: { spec: { containers: [container('100Mi'), container('50Mi')], initContainers } },
    });
  const sidecar = { ...container('30Mi'), restartPolicy: 'Always' };
  expect(needed([pod([container('120Mi')])], 'memoryRequests')).toBe('150Mi');
  expect(needed([pod([container('220Mi')])], 'memoryRequests')).toBe('220Mi');
  expect(needed([pod([sidecar])], 'memoryRequests')).toBe('180Mi');
  expect(needed([pod([sidecar, container('220Mi')])], 'memoryRequests')).toBe('250Mi');
});

test('pods of another namespace do not count, and the message names the largest parts and what to allow', () => {
  const spec = { replicas: 2, ...template(container('2Gi')) };
  const objects = [
    object('StatefulSet', 'db', spec),
    object('DaemonSet', 'agent', spec),
    object('StatefulSet', 'far', spec, 'other'),
  ];
  expect(quotaProblems(objects, NAMESPACE, quota({ memoryLimits: '3Gi' }))).toEqual([
    'quota.memoryLimits is 3Gi, but pods need up to 4Gi when updates, Jobs and autoscalers come together ' +
      '(db 2 × 2Gi); allowed from 4Gi, or fewer or smaller pods',
  ]);
});
