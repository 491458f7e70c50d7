import { NAMESPACE } from '../../../src/names';
import { kubectl } from '../support/cluster';
import { scriptPod } from '../support/script-pod';

/** A folder of the node on which a small file system of memory is mounted. */
export const SMALL_DISK = '/var/lib/edtech-test-small';
export const SMALL = 'edtech-alert-test-small';
export const CRASHING = 'edtech-alert-test-crashing';

const apply = (...items: object[]): Promise<string> =>
  kubectl(['apply', '--filename=-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });

/** A Deployment whose program ends at once. */
export const applyCrashing = (): Promise<string> =>
  apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: CRASHING, namespace: NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': CRASHING } },
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': CRASHING } },
        spec: scriptPod('test', 'process.exit(1)'),
      },
    },
  });

/** Writes until the disk is full, and stays. */
const FILL = `
const fs = require('node:fs');
const file = fs.openSync('/data/full', 'w');
const part = Buffer.alloc(1 << 20);
for (;;) try { fs.writeSync(file, part); } catch (error) { if (error.code !== 'ENOSPC') throw error; break; }
setInterval(() => {}, 1000);`;

/** The small disk of a node as a volume, and a pod that fills it. */
export const applyFullDisk = (node: string): Promise<string> =>
  apply(
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: SMALL },
      spec: {
        capacity: { storage: '48Mi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: SMALL,
        claimRef: { namespace: NAMESPACE, name: SMALL },
        local: { path: SMALL_DISK },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: SMALL, namespace: NAMESPACE },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: SMALL,
        volumeName: SMALL,
        resources: { requests: { storage: '48Mi' } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: SMALL, namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': SMALL } },
      spec: scriptPod('test', FILL, SMALL),
    },
  );

export async function deleteFullDisk(): Promise<void> {
  for (const kind of ['pod', 'pvc', 'pv']) await kubectl(['delete', kind, SMALL, '--ignore-not-found']);
}

export const deleteCrashing = (): Promise<string> => kubectl(['delete', 'deployment', CRASHING, '--ignore-not-found']);
