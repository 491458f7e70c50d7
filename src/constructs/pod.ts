import { JsonPatch, type ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { selectorOf, workloadLabels, type Labels } from '../labels';
import { container, type ContainerProps } from './container';
import type { PodVolume } from './volumes';

/** How pods of one workload are kept apart; of zones it is preferred that they differ. */
export interface Spread {
  /**
   * `own`: a pod waits rather than share a node with its like; `even`: rather than that its node has two more of them than another
   * one that takes pods; `prefer`: it goes where it has to.
   */
  readonly nodes: 'own' | 'even' | 'prefer';
}

export interface PodProps {
  readonly containers: readonly ContainerProps[];
  readonly initContainers?: readonly ContainerProps[];
  /** Numeric user; `restricted` does not accept a user's name. */
  readonly user: number;
  /** @default the user's number */
  readonly group?: number;
  /** @default the group's number; files of volumes belong to it */
  readonly fsGroup?: number;
  readonly priorityClassName?: string;
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** @default no constraint */
  readonly spread?: Spread;
  /** Name of a workload whose node the pod must share, as for a volume of one node. @default any node */
  readonly besides?: string;
  /** Whether the pod talks to the Kubernetes API and gets a token. @default false */
  readonly usesKubernetesApi?: boolean;
  /**
   * Whether a question to DNS is given up after a second, for programs that ask again by themselves and must find a Service soon after a node
   * has died. @default false: as patient as the image's resolver
   */
  readonly quickDns?: boolean;
  /** Whether the pod also stands on nodes that others keep off. @default false */
  readonly onEveryNode?: boolean;
}

const NODE = 'kubernetes.io/hostname';

function spreadConstraints(spread: Spread, labels: Labels): k8s.TopologySpreadConstraint[] {
  const labelSelector = { matchLabels: selectorOf(labels) };
  const byNode: k8s.TopologySpreadConstraint = {
    maxSkew: 1,
    topologyKey: NODE,
    whenUnsatisfiable: spread.nodes === 'even' ? 'DoNotSchedule' : 'ScheduleAnyway',
    // A lost node is tainted: without this it would count as an empty one and keep a pod waiting for it.
    nodeTaintsPolicy: 'Honor',
    labelSelector,
  };
  const byZone: k8s.TopologySpreadConstraint = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector,
  };
  return [...(spread.nodes === 'own' ? [] : [byNode]), byZone];
}

function volumesOf(containers: readonly ContainerProps[]): PodVolume[] {
  const volumes = new Map<string, PodVolume>();
  for (const { name, mounts = [] } of containers) {
    for (const { volume } of mounts) {
      const known = volumes.get(volume.name);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(volume)) {
        throw new Error(
          `container ${name}: volume ${volume.name} differs from another container's volume of that name`,
        );
      }
      volumes.set(volume.name, volume);
    }
  }
  return [...volumes.values()];
}

/**
 * A name server whose node has died stays behind the Service of the cluster's DNS until Kubernetes has noticed, 50 s later, and takes half of
 * the questions. glibc asks it again and again for 10 s, from the same port and so the same one; a new question may go to another.
 */
const QUICK_DNS: readonly k8s.PodDnsConfigOption[] = [
  { name: 'timeout', value: '1' },
  { name: 'attempts', value: '1' },
];

/** Which pods a pod must have on its node, and which it must not. */
function affinity({ besides, spread }: PodProps, labels: Labels): k8s.Affinity | undefined {
  // A spread cannot keep pods on nodes of their own: it allows a second one as soon as all other nodes have one or are cordoned or lost.
  const alone = spread?.nodes === 'own';
  if (besides === undefined && !alone) return undefined;
  const onTheNode = (of: Labels): k8s.PodAffinity & k8s.PodAntiAffinity => ({
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: NODE, labelSelector: { matchLabels: selectorOf(of) } },
    ],
  });
  return {
    podAffinity: besides === undefined ? undefined : onTheNode(workloadLabels(labels, besides)),
    podAntiAffinity: alone ? onTheNode(labels) : undefined,
  };
}

/**
 * Marks the init containers that are sidecars.
 * @param path of the pod's spec in the object
 */
export function markSidecars(object: ApiObject, pod: Pick<PodProps, 'initContainers'>, path: string): void {
  const patches = (pod.initContainers ?? []).flatMap(({ sidecar }, index) =>
    sidecar === true ? [JsonPatch.add(`${path}/initContainers/${index}/restartPolicy`, 'Always')] : [],
  );
  if (patches.length === 0) return;
  // The field came with Kubernetes 1.28; the L1 of an earlier version drops what it does not know, patches of its own included.
  const render = object.toJson.bind(object) as () => unknown;
  object.toJson = (): unknown => JsonPatch.apply(render(), ...patches) as unknown;
}

/** A pod template as Pod Security `restricted` wants it. `claims` are volumes that the controller makes itself. */
export function podTemplate(
  props: PodProps,
  labels: Labels,
  serviceAccountName: string,
  options: { readonly restartPolicy?: 'Never' | 'OnFailure'; readonly claims?: readonly string[] } = {},
): k8s.PodTemplateSpec {
  for (const { name, sidecar, probes } of props.initContainers ?? []) {
    if (sidecar === true && probes === undefined) throw new Error(`sidecar ${name} keeps running and has no probes`);
  }
  const all = [...(props.initContainers ?? []), ...props.containers];
  const volumes = volumesOf(all).filter((volume) => !options.claims?.includes(volume.name));
  const group = props.group ?? props.user;
  return {
    metadata: { labels: { ...labels } },
    spec: {
      serviceAccountName,
      automountServiceAccountToken: props.usesKubernetesApi ?? false,
      // Variables for every Service of the namespace would collide with those that programs read, as AIRFLOW_*.
      enableServiceLinks: false,
      dnsConfig: props.quickDns === true ? { options: [...QUICK_DNS] } : undefined,
      priorityClassName: props.priorityClassName,
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 30,
      restartPolicy: options.restartPolicy,
      securityContext: {
        runAsNonRoot: !all.some(({ asRoot }) => asRoot === true),
        runAsUser: props.user,
        runAsGroup: group,
        fsGroup: props.fsGroup ?? group,
        // The default would make a data directory group-writable at the second mount, and PostgreSQL refuses it then.
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      tolerations: props.onEveryNode === true ? [{ operator: 'Exists' }] : undefined,
      affinity: affinity(props, labels),
      topologySpreadConstraints: props.spread && spreadConstraints(props.spread, labels),
      initContainers: props.initContainers?.map(container),
      containers: props.containers.map(container),
      volumes: volumes.length > 0 ? volumes : undefined,
    },
  };
}
