import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../../src/config/environments';
import { PORT, WORKLOAD } from '../../../src/names';

/** Ends of a flow outside the namespace, by their words in the documented table. */
export const END = {
  people: 'allowed addresses outside',
  api: 'Kubernetes API',
  dns: 'cluster DNS',
  outside: 'outside',
} as const;

const EVERY = /^every workload \((\d+)\)$/;

/**
 * What the documented table allows, one `from → to:port` each. The API server's port is 0, since each site has its own; a row for every
 * workload is one entry per workload.
 */
export function documentedFlows(): Set<string> {
  const page = readFileSync(path.join(ROOT, 'docs/architecture/network.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \| .+ \|$/gm)].map(([, ...cells]) => cells);
  const flows = rows.slice(1).flatMap(([from, to, port]) => {
    const number = to === END.api ? 0 : Number.parseInt(port, 10);
    if (!Number.isInteger(number)) throw new Error(`row ${from} → ${to} has the port ${port}`);
    const every = EVERY.exec(from);
    const workloads = Object.values(WORKLOAD);
    if (every !== null && Number(every[1]) !== workloads.length)
      throw new Error(`the table counts ${every[1]} workloads; there are ${workloads.length}`);
    return (every === null ? [from] : workloads).map((source) => flow(source, to, number));
  });
  if (flows.length < Object.keys(WORKLOAD).length) throw new Error(`only ${flows.length} flows found in the table`);
  return new Set(flows);
}

export const flow = (from: string, to: string, port: number): string => `${from} → ${to}:${port}`;

export const DNS_PORT = PORT.dns;
