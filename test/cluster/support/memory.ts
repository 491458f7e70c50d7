import { AGENTS_NAMESPACE, NAMESPACE } from '../../../src/names';
import { mebibytes } from '../../../src/config/quantity';
import { get, kubectl } from './cluster';
import { sleep } from '../../support/eventually';

const MIB = 2 ** 20;
const NAMESPACES = [NAMESPACE, AGENTS_NAMESPACE];
/** The later flag wins over the one of all tests. */
const podsOf = <T>(namespace: string): Promise<T> => get<T>(['pods', `--namespace=${namespace}`]);

interface Summary {
  readonly pods?: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers?: readonly { readonly name: string; readonly memory?: { readonly workingSetBytes?: number } }[];
  }[];
}

interface PodSpecs {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: Readonly<Partial<Record<'containers' | 'initContainers', readonly ContainerSpec[]>>>;
  }[];
}

interface ContainerSpec {
  readonly name: string;
  readonly resources?: {
    readonly requests?: { readonly memory?: string };
    readonly limits?: { readonly memory?: string };
  };
}

/** Memory of one container in MiB. */
export interface ContainerMemory {
  /** Pod and container, divided by a slash. */
  readonly name: string;
  readonly now: number;
  readonly peak: number;
  readonly request: number;
  readonly limit: number;
}

const rounded = (mebibytes: number): number => Math.round(mebibytes * 10) / 10;

/** Keeps asking the kubelets for the working set of every container of the platform, init containers and Jobs included. */
export class MemoryWatch {
  private readonly peaks = new Map<string, number>();
  private latest = new Map<string, number>();
  private readonly specs = new Map<string, ContainerSpec>();
  private readonly watching: Promise<void>;
  private stopped = false;
  private failures: string[] = [];

  /** @param everySeconds kubelets measure every 10 to 15 s */
  constructor(everySeconds = 3) {
    this.watching = this.run(everySeconds);
  }

  private async run(everySeconds: number): Promise<void> {
    while (!this.stopped) {
      // An answer that fails leaves a gap, which `stop` tells.
      await this.sample().catch((error: Error) => this.failures.push(error.message));
      await sleep(everySeconds);
    }
  }

  private async sample(): Promise<void> {
    const nodes = (await get<{ items: { metadata: { name: string } }[] }>(['nodes'])).items;
    const specs = await Promise.all(NAMESPACES.map((namespace) => podsOf<PodSpecs>(namespace)));
    for (const { metadata, spec } of specs.flatMap(({ items }) => items)) {
      for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
        this.specs.set(`${metadata.name}/${container.name}`, container);
      }
    }
    const latest = new Map<string, number>();
    for (const node of nodes) {
      const path = `/api/v1/nodes/${node.metadata.name}/proxy/stats/summary`;
      const { pods = [] } = JSON.parse(await kubectl(['get', '--raw', path])) as Summary;
      for (const { podRef, containers = [] } of pods) {
        if (!NAMESPACES.includes(podRef.namespace)) continue;
        for (const { name, memory } of containers) {
          if (memory?.workingSetBytes === undefined) continue;
          const key = `${podRef.name}/${name}`;
          const used = memory.workingSetBytes / MIB;
          latest.set(key, used);
          this.peaks.set(key, Math.max(used, this.peaks.get(key) ?? 0));
        }
      }
    }
    this.latest = latest;
  }

  /** Ends the watch. @returns every container seen; those that have ended use nothing now */
  async stop(): Promise<{ readonly containers: ContainerMemory[]; readonly failures: readonly string[] }> {
    this.stopped = true;
    await this.watching;
    const containers = [...this.peaks].map(([name, peak]) => {
      const { requests, limits } = this.specs.get(name)?.resources ?? {};
      const size = (text: string | undefined): number => (text === undefined ? NaN : mebibytes(text));
      return {
        name,
        now: rounded(this.latest.get(name) ?? 0),
        peak: rounded(peak),
        request: size(requests?.memory),
        limit: size(limits?.memory),
      };
    });
    return { containers, failures: this.failures };
  }
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly terminated?: { readonly reason?: string } };
  readonly lastState?: { readonly terminated?: { readonly reason?: string } };
}

interface PodStatuses {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: Readonly<Record<string, readonly ContainerStatus[] | undefined>>;
  }[];
}

/** Containers that were ended for want of memory, and containers in which a process was. */
export async function outOfMemory(): Promise<string[]> {
  const lists = await Promise.all(NAMESPACES.map((namespace) => podsOf<PodStatuses>(namespace)));
  const ended = lists
    .flatMap(({ items }) => items)
    .flatMap(({ metadata, status }) =>
      [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
        .filter(({ state, lastState }) => [state, lastState].some((of) => of?.terminated?.reason === 'OOMKilled'))
        .map(({ name }) => `${metadata.name}/${name} was ended`),
    );
  const nodes = (await get<{ items: { metadata: { name: string } }[] }>(['nodes'])).items;
  const counted = await Promise.all(
    nodes.map(async ({ metadata }) => {
      const text = await kubectl(['get', '--raw', `/api/v1/nodes/${metadata.name}/proxy/metrics/cadvisor`]);
      const lines = text.split('\n').filter((line) => line.startsWith('container_oom_events_total{'));
      if (lines.length === 0) throw new Error(`the kubelet of ${metadata.name} counts no out-of-memory events`);
      return lines.filter(
        (line) => NAMESPACES.some((name) => line.includes(`namespace="${name}"`)) && !/ 0( \d+)?$/.test(line),
      );
    }),
  );
  return [...ended, ...counted.flat()];
}
