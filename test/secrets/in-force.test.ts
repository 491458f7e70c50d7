import { usesOfOldRevisions, type LivePod } from '../../src/secrets/in-force';
import { unsettledWorkloads, type LiveWorkload } from '../../src/cluster/settled';
import { AWAY, ScriptedCluster } from '../support/scripted-cluster';

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

describe('what was applied is waited for', () => {
  const wait = async (seconds: number, ...pods: readonly (typeof AWAY)[]): Promise<string> => {
    const answers = [...pods];
    const cluster = await ScriptedCluster.open((call) =>
      call.startsWith('get pods ') ? (answers.shift() ?? JSON.stringify({ items: [] })) : JSON.stringify({ items: [] }),
    );
    const { stdout } = await cluster.run('test/secrets/wait.ts', `${seconds}`, ...CURRENT);
    await cluster.close();
    return stdout.trim();
  };
  const old = JSON.stringify({ items: [pod('a', 'edtech-ca-r1'), pod('b', 'edtech-grafana-database-r11')] });

  test('also while the API server is away for a moment', async () => {
    expect(await wait(60, AWAY)).toBe('in force');
  });

  test('and what is missing in the end is told', async () => {
    expect(await wait(0, old)).toBe(
      'in force; the same call goes on: not within 0 s (pod b uses edtech-grafana-database-r11)',
    );
  });
});
