import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FLOWS } from '../../../charts/flows';
import { NAMESPACE, namespaceOf, WORKLOAD, type WorkloadName } from '../../../src/names';
import { ROOT } from '../../../src/root';

/** Ends of a flow outside the namespace, by their words in the documented table. */
export const END = {
  people: 'allowed addresses outside',
  api: 'Kubernetes API',
  dns: 'cluster DNS',
  kubelets: 'kubelets of the nodes',
  receivers: 'receivers of alerts',
  outside: 'outside',
} as const;

const EVERY = /^every workload that asks for names \((\d+) of \d+\)$/;

/** Workloads that are tried: agents on the nodes are in another namespace, whose policies the tests of the charts compare. */
export const MEASURED: readonly WorkloadName[] = Object.values(WORKLOAD).filter(
  (workload) => namespaceOf(workload) === NAMESPACE,
);
const AGENTS: readonly string[] = Object.values(WORKLOAD).filter((workload) => namespaceOf(workload) !== NAMESPACE);

/** Whether a flow can be tried here: no receiver of alerts is configured in development. */
const isTried = (from: string, to: string): boolean =>
  !AGENTS.includes(from) && !AGENTS.includes(to) && to !== END.receivers && to !== 'alert-receivers';

/** How many flows there are to try, by the program. */
export const triedFlows = (): number => FLOWS.filter(({ from, to }) => isTried(from, to)).length;

/** Workloads that may ask for names. */
export const namedWorkloads = (): string[] => FLOWS.filter(({ to }) => to === 'dns').map(({ from }) => from);

/**
 * What the documented table allows, one `from → to:port` each. The API server's port is 0, since each site has its own; a row for every
 * workload is one entry per workload.
 */
export function documentedFlows(): Set<string> {
  const page = readFileSync(path.join(ROOT, 'docs/architecture/network.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \| .+ \|$/gm)].map(([, ...cells]) => cells);
  const flows = rows.slice(1).flatMap(([from, to, port]) => {
    if (!isTried(from, to)) return [];
    const number = to === END.api ? 0 : Number.parseInt(port, 10);
    if (!Number.isInteger(number)) throw new Error(`row ${from} → ${to} has the port ${port}`);
    const every = EVERY.exec(from);
    const named = namedWorkloads();
    if (every !== null && Number(every[1]) !== named.length)
      throw new Error(`the table counts ${every[1]} workloads; there are ${named.length}`);
    const sources = every === null ? [from] : named.filter((workload) => isTried(workload, to));
    return sources.map((source) => flow(source, to, number));
  });
  if (flows.length < Object.keys(WORKLOAD).length) throw new Error(`only ${flows.length} flows found in the table`);
  return new Set(flows);
}

export const flow = (from: string, to: string, port: number): string => `${from} → ${to}:${port}`;
