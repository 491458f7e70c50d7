import { k8s } from 'cdk8s-plus-27';
import type { SecretValue } from './secret-ref';
import type { Mount } from './volumes';

/** CPU in cores or millicores (`250m`), memory with a binary unit (`256Mi`). */
export interface Resources {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memoryRequest: string;
  readonly memoryLimit: string;
}

/** Enough for a wait, a copy or a check before the real work. */
export const SMALL: Resources = { cpuRequest: '10m', cpuLimit: '500m', memoryRequest: '48Mi', memoryLimit: '96Mi' };

export type EnvValue = string | SecretValue | { readonly fieldPath: string };

/** One way to ask a container how it is. */
export interface Probe {
  readonly http?: { readonly path: string; readonly port: number; readonly scheme?: 'HTTP' | 'HTTPS' };
  readonly tcpPort?: number;
  readonly command?: readonly string[];
  readonly periodSeconds: number;
  /** @default 5 */
  readonly timeoutSeconds?: number;
  readonly failureThreshold: number;
  /** Seconds between SIGTERM and SIGKILL when this probe ends the container; not for readiness. @default the pod's */
  readonly graceSeconds?: number;
}

export interface Probes {
  /** How long a first start may take. */
  readonly startup: Probe;
  /** Whether traffic may come. @default none, for sidecars only. Also without one the pod is ready only while the container runs */
  readonly readiness?: Probe;
  /** Whether a restart would help. Never asks another service. @default none */
  readonly liveness?: Probe;
}

export interface ContainerProps {
  readonly name: string;
  /** Full reference with a tag. */
  readonly image: string;
  /** @default the image's entrypoint */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, EnvValue>>;
  readonly ports?: Readonly<Record<string, number>>;
  /** Required for what keeps running; jobs and init containers have none. */
  readonly probes?: Probes;
  readonly resources: Resources;
  readonly mounts?: readonly Mount[];
  readonly preStop?: readonly string[];
  /**
   * An init container that goes on beside the containers of the pod and ends after them (native sidecar).
   * @default false
   */
  readonly sidecar?: boolean;
  /** For what reads files of the node that only root may read; needs a privileged namespace. @default false */
  readonly asRoot?: boolean;
}

function envVar(name: string, value: EnvValue): k8s.EnvVar {
  if (typeof value === 'string') return { name, value };
  if ('fieldPath' in value) return { name, valueFrom: { fieldRef: { fieldPath: value.fieldPath } } };
  return { name, valueFrom: { secretKeyRef: { name: value.secretName, key: value.key } } };
}

function probe(props: Probe): k8s.Probe {
  return {
    periodSeconds: props.periodSeconds,
    timeoutSeconds: props.timeoutSeconds ?? 5,
    failureThreshold: props.failureThreshold,
    terminationGracePeriodSeconds: props.graceSeconds,
    ...(props.http && {
      httpGet: {
        path: props.http.path,
        port: k8s.IntOrString.fromNumber(props.http.port),
        scheme: props.http.scheme ?? 'HTTP',
      },
    }),
    ...(props.tcpPort !== undefined && { tcpSocket: { port: k8s.IntOrString.fromNumber(props.tcpPort) } }),
    ...(props.command && { exec: { command: [...props.command] } }),
  };
}

const quantity = (text: string): k8s.Quantity => k8s.Quantity.fromString(text);

/** A container as Pod Security `restricted` and the platform's rules want it. */
export function container(props: ContainerProps): k8s.Container {
  const { resources, probes } = props;
  return {
    name: props.name,
    image: props.image,
    // A tag is never overwritten, and preloaded images must work where no registry can be reached.
    imagePullPolicy: 'IfNotPresent',
    command: props.command && [...props.command],
    args: props.args && [...props.args],
    env: props.env && Object.entries(props.env).map(([name, value]) => envVar(name, value)),
    ports: props.ports && Object.entries(props.ports).map(([name, containerPort]) => ({ name, containerPort })),
    resources: {
      requests: { cpu: quantity(resources.cpuRequest), memory: quantity(resources.memoryRequest) },
      limits: { cpu: quantity(resources.cpuLimit), memory: quantity(resources.memoryLimit) },
    },
    startupProbe: probes && probe(probes.startup),
    readinessProbe: probes?.readiness && probe(probes.readiness),
    livenessProbe: probes?.liveness && probe(probes.liveness),
    lifecycle: props.preStop && { preStop: { exec: { command: [...props.preStop] } } },
    volumeMounts: props.mounts?.map(({ path, volume, readOnly, subPath, seesLaterMounts }) => ({
      name: volume.name,
      mountPath: path,
      readOnly,
      subPath,
      mountPropagation: seesLaterMounts === true ? 'HostToContainer' : undefined,
    })),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: props.asRoot !== true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}
