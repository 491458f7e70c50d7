import { NAMESPACE } from '../../../src/names';
import { kubectl } from '../support/cluster';
import { scriptPod } from '../support/script-pod';

/** A pod of the platform's kind that writes what a test wants to find again. */
export async function talk(name: string, script: string): Promise<void> {
  const app = 'edtech-log-test';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': app } },
    spec: { restartPolicy: 'Never', ...scriptPod('talker', script) },
  };
  await kubectl(['apply', '--filename=-'], { input: JSON.stringify(pod) });
}

/** Writes `lines` numbered lines at once and stays, so that its labels can still be asked for. */
export const burst = (mark: string, lines: number): string =>
  `for (let i = 1; i <= ${lines}; i++) console.log('${mark} line ' + i); setInterval(() => {}, 1000);`;
