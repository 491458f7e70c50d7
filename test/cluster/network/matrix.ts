import type { PlatformConfig } from '../../../src/config/types';
import { PORT } from '../../../src/names';
import { tryAll, type Source } from './sources';
import { dnsAddresses, hostAddresses, nodeAddresses, runningPods, type Target } from './targets';
import { END, flow } from './table';

/** Something outside the platform that listens, for whoever may go there. @default the registry of the test cluster */
const [OUTSIDE_HOST, OUTSIDE_PORT] = (process.env.EDTECH_OUTSIDE ?? '10.245.0.1:5000').split(':');

/** What was tried and how it ended. */
export interface Matrix {
  readonly tried: number;
  readonly open: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
  /** Those of the open ones that were tried at a pod's own node only: Kubernetes lets a pod and its node talk whatever policies say. */
  readonly ownNode: ReadonlySet<string>;
}

/** Every declared port of every pod, DNS, the API server, the kubelets and one outside address. */
async function targets(config: PlatformConfig): Promise<(Target & { readonly pod?: string })[]> {
  const pods = (await runningPods()).flatMap(({ workload, pod, address, ports }) =>
    ports.map((port) => ({ to: workload, pod, host: address, port })),
  );
  const dns = (await dnsAddresses()).map((host) => ({ to: END.dns, host, port: PORT.dns }));
  const api = config.apiServers.map(({ cidr, port }) => ({ to: END.api, host: cidr.split('/')[0], port }));
  const kubelets = (await nodeAddresses()).map((host) => ({ to: END.kubelets, host, port: PORT.kubelet }));
  return [...pods, ...dns, ...api, ...kubelets, { to: END.outside, host: OUTSIDE_HOST, port: Number(OUTSIDE_PORT) }];
}

const keyOf = (source: Source, { to, port }: Target): string => flow(source.workload, to, to === END.api ? 0 : port);

/**
 * Tries all targets from all sources. A pod's own ports are left out: traffic within a pod is no policy's business.
 * @throws Error where two pods of a workload get different answers
 */
export async function measure(config: PlatformConfig, sources: readonly Source[]): Promise<Matrix> {
  const all = await targets(config);
  const ends: Record<'open' | 'refused', Set<string>> = { open: new Set(), refused: new Set() };
  const hosts = await hostAddresses();
  const ownNode = new Set<string>();
  let tried = 0;
  const left = [...sources];
  const worker = async (): Promise<void> => {
    for (let source = left.pop(); source !== undefined; source = left.pop()) {
      const from = source;
      const others = all.filter(({ pod }) => pod !== from.pod);
      const outcomes = await tryAll(from, others);
      outcomes.forEach((outcome, index) => {
        const target = others[index];
        const own = target.to === END.kubelets && target.host === hosts.get(from.pod) && outcome === 'open';
        (own ? ownNode : ends[outcome]).add(keyOf(from, target));
      });
      tried += outcomes.length;
    }
  };
  // A few at a time: an attempt that had to wait for a processor would look like one that was refused.
  await Promise.all(Array.from({ length: 4 }, worker));
  const both = [...ends.open].filter((key) => ends.refused.has(key));
  if (both.length > 0) throw new Error(`open for some pods and refused for others: ${both.join('; ')}`);
  // What other nodes say counts; where there are none, the own node is all that is known.
  for (const key of ownNode) {
    if (ends.open.has(key) || ends.refused.has(key)) ownNode.delete(key);
    else ends.open.add(key);
  }
  return { tried, ...ends, ownNode };
}

/** Ports on which nothing listens would be "refused" as well: each pod reaches its own. @returns those that it does not */
export async function silentPorts(sources: readonly Source[]): Promise<string[]> {
  const pods = await runningPods();
  const silent: string[] = [];
  for (const source of sources) {
    const own = pods.find(({ pod }) => pod === source.pod);
    if (own === undefined || own.ports.length === 0) continue;
    const targets = own.ports.map((port) => ({ to: own.workload, host: '127.0.0.1', port }));
    const outcomes = await tryAll(source, targets);
    outcomes.forEach((outcome, index) => outcome !== 'open' && silent.push(`${source.pod}:${own.ports[index]}`));
  }
  return silent;
}

/** How a measured matrix differs from the documented flows. */
export function deviations({ open, refused, ownNode }: Matrix, documented: ReadonlySet<string>): string[] {
  return [
    ...[...open].filter((key) => !documented.has(key) && !ownNode.has(key)).map((key) => `${key} is open`),
    ...[...refused].filter((key) => documented.has(key)).map((key) => `${key} is refused`),
  ].sort();
}
