import { IMAGE } from '../../../src/images';

/** Spec of a pod that runs a script of Node.js in the simulator's image, as the namespace demands pods. @param claim volume at /data */
export const scriptPod = (container: string, script: string, claim?: string): object => ({
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 1,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    ...(claim !== undefined && { fsGroup: 1000 }),
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [
    {
      name: container,
      image: `${IMAGE.simulator.repository}:${IMAGE.simulator.tag}`,
      command: ['node', '-e', script],
      resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '1', memory: '128Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      ...(claim !== undefined && { volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
    },
  ],
  ...(claim !== undefined && { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] }),
});
