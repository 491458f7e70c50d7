import { IMAGE } from '../../../src/images';
import { NAMESPACE } from '../../../src/names';
import { kubectl } from '../support/cluster';

/** A pod of the platform's kind that writes what a test wants to find again. */
export async function talk(name: string, script: string): Promise<void> {
  const app = 'edtech-log-test';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': app } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'talker',
          image: `${IMAGE.simulator.repository}:${IMAGE.simulator.tag}`,
          command: ['node', '-e', script],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '1', memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
  await kubectl(['apply', '--filename=-'], { input: JSON.stringify(pod) });
}

/** Writes `lines` numbered lines at once and stays, so that its labels can still be asked for. */
export const burst = (mark: string, lines: number): string =>
  `for (let i = 1; i <= ${lines}; i++) console.log('${mark} line ' + i); setInterval(() => {}, 1000);`;
