import { NOBODY, reachedAt, routeProblems } from '../../rules/alertmanager';
import { LEAST_LOG_DAYS } from '../../rules/errors';
import { cidrProblems } from './addresses';
import { bytesOf, MEMORY_ALLOWED } from './quantity';
import type { AlertingSettings, LogsSettings, MetricsSettings, PlatformConfig, VolumeSettings } from './types';

/** Share of a volume that may be full by plan: the rest is for what is being written and compacted. */
const USABLE = 0.8;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)}Gi`;

const isDays = (days: number, least = 1): boolean => Number.isInteger(days) && days >= least && days <= 3650;

function volumeProblems(where: string, { size }: VolumeSettings): string[] {
  return bytesOf(size) === undefined ? [`${where}.size ${size} is not a quantity; ${MEMORY_ALLOWED}`] : [];
}

function metricsProblems({ retentionDays, retentionSize, volume }: MetricsSettings): string[] {
  const problems = volumeProblems('metrics.volume', volume);
  if (!isDays(retentionDays)) problems.push(`metrics.retentionDays is ${retentionDays}; allowed 1 to 3650 whole days`);
  const [wanted, there] = [bytesOf(retentionSize), bytesOf(volume.size)];
  if (wanted === undefined)
    problems.push(`metrics.retentionSize ${retentionSize} is not a quantity; ${MEMORY_ALLOWED}`);
  if (wanted !== undefined && there !== undefined && wanted > there * USABLE) {
    problems.push(
      `metrics.retentionSize is ${retentionSize} on a volume of ${volume.size}; allowed is ${gibibytes(there * USABLE)}, four fifths of it`,
    );
  }
  return problems;
}

function logsProblems({ retentionDays, expectedPerDay, volume }: LogsSettings): string[] {
  const problems = volumeProblems('logs.volume', volume);
  if (!isDays(retentionDays, LEAST_LOG_DAYS)) {
    problems.push(
      `logs.retentionDays is ${retentionDays}; allowed ${LEAST_LOG_DAYS} to 3650 whole days: new errors are told from those of the days before`,
    );
  }
  const [daily, there] = [bytesOf(expectedPerDay), bytesOf(volume.size)];
  if (daily === undefined) problems.push(`logs.expectedPerDay ${expectedPerDay} is not a quantity; ${MEMORY_ALLOWED}`);
  // Loki keeps by time only: what does not fit stops it.
  if (daily !== undefined && there !== undefined && retentionDays * daily > there * USABLE) {
    problems.push(
      `logs.retentionDays is ${retentionDays} at ${expectedPerDay} a day, which needs ${gibibytes(retentionDays * daily)} of a volume of ${volume.size}; allowed is ${gibibytes(there * USABLE)}, four fifths of it`,
    );
  }
  return problems;
}

/**
 * Receivers at a port that no destination has. Their addresses cannot be compared, since a receiver is told by name; one that the network does
 * not reach loses what it should tell, and of tickets nobody would know.
 */
function unreachable({ receivers, destinations, smtp }: AlertingSettings): string[] {
  const given = destinations.map(({ cidr, port }) => `${cidr} at port ${port}`).join(', ');
  return Object.entries(receivers).flatMap(([name, receiver]) => {
    const end = reachedAt(receiver, smtp);
    if (end === undefined || destinations.some(({ port }) => port === end.port)) return [];
    return `alerting.destinations is ${given === '' ? 'empty' : given}; allowed with the address of ${end.host} at port ${end.port}, where ${name} is reached`;
  });
}

function alertingProblems(tier: PlatformConfig['tier'], alerting: AlertingSettings): string[] {
  const { receivers, routes, destinations, runbookBase } = alerting;
  const problems = [
    ...volumeProblems('alerting.volume', alerting.volume),
    ...routeProblems(alerting).map((problem) => `alerting: ${problem}`),
  ];
  for (const { cidr, port } of destinations) {
    problems.push(
      ...cidrProblems(tier, { name: 'alerting.destinations', needs: 'the addresses of its receivers' }, [cidr]),
    );
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      problems.push(`alerting.destinations: port ${port} of ${cidr}; allowed 1 to 65535`);
  }
  problems.push(...unreachable(alerting));
  if (runbookBase !== '' && !/^https?:\/\/\S+\/$/.test(runbookBase))
    problems.push(`alerting.runbookBase is ${runbookBase}; allowed is http(s)://… with a slash at the end`);
  if (tier !== 'production') return problems;
  for (const severity of ['critical', 'none'] as const) {
    if (routes[severity] === NOBODY || receivers[routes[severity]]?.kind === 'none') {
      problems.push(
        `alerting.routes.${severity} is ${routes[severity]}, which tells nobody; production needs ${severity === 'none' ? 'a dead-man receiver' : 'a receiver that pages'}`,
      );
    }
  }
  return problems;
}

/** Metrics, alerts and logs: what is kept must fit its volume, and who is told must exist. */
export const monitoring = ({ tier, metrics, alerting, logs }: PlatformConfig): string[] => [
  ...metricsProblems(metrics),
  ...alertingProblems(tier, alerting),
  ...logsProblems(logs),
];
