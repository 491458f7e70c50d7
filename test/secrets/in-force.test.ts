import { usesOfOldRevisions, type LivePod } from '../../src/secrets/in-force';
import { unsettledWorkloads, type LiveWorkload } from '../../src/settled';

const pod = (name: string, secret: string, phase = 'Running'): LivePod => ({
  metadata: { name },
  spec: { containers: [{ env: [{ valueFrom: { secretKeyRef: { name: secret, key: 'password' } } }] }] },
  status: { phase },
});
const CURRENT = ['edtech-ca-r1', 'edtech-grafana-database-r12'];

describe('uses of earlier revisions', () => {
  test('are told by pod, whether it starts, runs or ends', () => {
    const pods = [pod('a', 'edtech-grafana-database-r11'), pod('b', 'edtech-grafana-database-r1', 'Pending')];
    expect(usesOfOldRevisions(pods, CURRENT)).toEqual([
      'pod a uses edtech-grafana-database-r11',
      'pod b uses edtech-grafana-database-r1',
    ]);
  });

  test('of pods that have ended do not matter', () => {
    const ended = ['Succeeded', 'Failed'].map((phase) => pod(phase, 'edtech-grafana-database-r11', phase));
    expect(usesOfOldRevisions(ended, CURRENT)).toEqual([]);
  });

  test('are none where the present revision or another object is used', () => {
    const pods = [pod('a', 'edtech-grafana-database-r12'), pod('b', 'other-r3'), pod('c', 'edtech-grafana-database')];
    expect(usesOfOldRevisions(pods, CURRENT)).toEqual([]);
  });
});

describe('a workload is settled', () => {
  const deployment = (status: LiveWorkload['status'], replicas?: number): LiveWorkload => ({
    kind: 'Deployment',
    metadata: { name: 'd', generation: 3 },
    spec: { replicas },
    status,
  });
  const job = (type: string): LiveWorkload => ({
    kind: 'Job',
    metadata: { name: 'j' },
    spec: {},
    status: { conditions: [{ type, status: 'True' }] },
  });

  test('when all its pods are of the present template and ready', () => {
    const status = { observedGeneration: 3, readyReplicas: 2, updatedReplicas: 2 };
    expect(unsettledWorkloads([deployment(status, 2)])).toEqual([]);
    for (const worse of [{ observedGeneration: 2 }, { readyReplicas: 1 }, { updatedReplicas: 1 }]) {
      expect(unsettledWorkloads([deployment({ ...status, ...worse }, 2)])).toHaveLength(1);
    }
    expect(unsettledWorkloads([deployment(undefined)])).toEqual(['Deployment d has 0 of 1 ready']);
  });

  test('when it is a Job that is complete; one that failed is an error', () => {
    expect(unsettledWorkloads([job('Complete')])).toEqual([]);
    expect(unsettledWorkloads([job('Suspended')])).toEqual(['Job j is not complete']);
    expect(() => unsettledWorkloads([job('Failed')])).toThrow('Job j failed');
  });
});
