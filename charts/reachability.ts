import { FLOWS } from './flows';
import { PORT, WORKLOAD } from '../src/names';

const END: Readonly<Record<string, string>> = {
  people: 'allowed addresses outside',
  'kubernetes-api': 'Kubernetes API',
  kubelets: 'kubelets of the nodes',
  'alert-receivers': 'receivers of alerts',
  dns: 'cluster DNS',
};

/** Markdown table of every allowed flow; what is not in it is refused. Flows to DNS are one line for all workloads. */
export function reachabilityTable(): string {
  const rows = FLOWS.filter(({ to }) => to !== 'dns').map(
    ({ from, to, port, why }) => `| ${END[from] ?? from} | ${END[to] ?? to} | ${port || 'as configured'} | ${why} |`,
  );
  const named = FLOWS.filter(({ to }) => to === 'dns').length;
  return [
    '| from | to | port | why |',
    '|---|---|---|---|',
    ...rows,
    `| every workload that asks for names (${named} of ${Object.keys(WORKLOAD).length}) | ${END.dns} | ${PORT.dns} UDP, TCP | names |`,
    '',
  ].join('\n');
}
