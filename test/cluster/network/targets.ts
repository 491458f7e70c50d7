import { get } from '../support/cluster';

const NAME = 'app.kubernetes.io/name';

interface ContainerObject {
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly containerPort: number }[];
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly ContainerObject[];
    readonly initContainers?: readonly ContainerObject[];
  };
  readonly status: { readonly phase?: string; readonly podIP?: string };
}

/** A pod that runs. */
export interface RunningPod {
  readonly workload: string;
  readonly pod: string;
  readonly address: string;
  /** Every declared port. */
  readonly ports: readonly number[];
}

/** Init containers that go on beside the others. */
const sidecarsOf = ({ initContainers = [] }: PodObject['spec']): readonly ContainerObject[] =>
  initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');

export async function runningPods(): Promise<RunningPod[]> {
  const { items } = await get<{ items: PodObject[] }>(['pods']);
  return items
    .filter(({ status }) => status.phase === 'Running')
    .map(({ metadata, spec, status }) => ({
      workload: metadata.labels?.[NAME] ?? '',
      pod: metadata.name,
      address: status.podIP ?? '',
      ports: [...spec.containers, ...sidecarsOf(spec)].flatMap(({ ports = [] }) =>
        ports.map(({ containerPort }) => containerPort),
      ),
    }))
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));
}

/** Address of the node of each pod, by the pod's name. */
export async function hostAddresses(): Promise<ReadonlyMap<string, string>> {
  const { items } = await get<{ items: { metadata: { name: string }; status: { hostIP?: string } }[] }>([
    'pods',
    '--all-namespaces',
  ]);
  return new Map(items.map(({ metadata, status }) => [metadata.name, status.hostIP ?? '']));
}

/** Something that a connection is tried to. */
export interface Target {
  /** As in the table: a workload, or what stands there for something outside the namespace. */
  readonly to: string;
  readonly host: string;
  readonly port: number;
}

interface ServiceObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly port: number; readonly nodePort?: number }[];
  };
}

export interface PlatformService {
  readonly name: string;
  /** Undefined for a headless one. */
  readonly address: string | undefined;
  readonly ports: readonly number[];
  readonly nodePorts: readonly number[];
}

export async function services(): Promise<PlatformService[]> {
  const { items } = await get<{ items: ServiceObject[] }>(['services']);
  return items.map(({ metadata, spec }) => ({
    name: metadata.name,
    address: spec.clusterIP === 'None' ? undefined : spec.clusterIP,
    ports: (spec.ports ?? []).map(({ port }) => port),
    nodePorts: (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort === undefined ? [] : [nodePort])),
  }));
}

/** Addresses of the cluster's DNS pods. */
export async function dnsAddresses(): Promise<string[]> {
  const selector = ['pods', '--namespace=kube-system', '--selector=k8s-app=kube-dns'];
  return (await get<{ items: PodObject[] }>(selector)).items.flatMap(({ status }) => status.podIP ?? []);
}

export async function nodeAddresses(): Promise<string[]> {
  const { items } = await get<{ items: { status: { addresses: { type: string; address: string }[] } }[] }>(['nodes']);
  return items.flatMap(({ status }) =>
    status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
}
