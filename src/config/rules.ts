import { MAX_HISTORY_DAYS, parseStreamConfig, StreamConfigError } from '../../simulator/src/model/config';
import { parameterProblems } from '../constructs/postgres-parameters';
import { backup } from './backup-rules';
import { monitoring } from './monitoring-rules';
import { cidrProblems } from './addresses';
import { connections } from './connections';
import { bytesOf, coresOf, CPU_ALLOWED, MEMORY_ALLOWED } from './quantity';
import { pipelines } from './pipeline-rules';
import { isTimeOfDay } from './time-of-day';
import { isTimeZone } from './time-zone';
import type { PlatformConfig, ResourceSettings } from './types';
import { walRoom } from './wal-room';

type Rule = (config: PlatformConfig) => string[];

function checkResources(where: string, resources: ResourceSettings): string[] {
  const problems: string[] = [];
  const pairs = [
    ['cpu', coresOf(resources.cpuRequest), coresOf(resources.cpuLimit), resources.cpuRequest, resources.cpuLimit],
    [
      'memory',
      bytesOf(resources.memoryRequest),
      bytesOf(resources.memoryLimit),
      resources.memoryRequest,
      resources.memoryLimit,
    ],
  ] as const;
  for (const [kind, request, limit, requestText, limitText] of pairs) {
    const allowed = kind === 'cpu' ? CPU_ALLOWED : MEMORY_ALLOWED;
    if (request === undefined) problems.push(`${where}: ${kind} request ${requestText} is not a quantity; ${allowed}`);
    if (limit === undefined) problems.push(`${where}: ${kind} limit ${limitText} is not a quantity; ${allowed}`);
    if (request !== undefined && limit !== undefined && limit < request) {
      problems.push(`${where}: ${kind} limit ${limitText} is below its request ${requestText}`);
    }
  }
  return problems;
}

const quota: Rule = ({ quota: q }) => {
  const problems: string[] = [];
  for (const key of ['memoryRequests', 'memoryLimits'] as const) {
    if (bytesOf(q[key]) === undefined) {
      problems.push(`quota.${key} ${q[key]} is not a quantity; ${MEMORY_ALLOWED}`);
    }
  }
  if (coresOf(q.cpuRequests) === undefined) {
    problems.push(`quota.cpuRequests ${q.cpuRequests} is not a quantity; ${CPU_ALLOWED}`);
  }
  if (!Number.isInteger(q.pods) || q.pods < 1) problems.push(`quota.pods is ${q.pods}; allowed is a whole number`);
  return problems;
};

const resources: Rule = ({ postgres, backup: b, simulator, airflow, grafana, metrics, alerting, logs }) => [
  ...checkResources('postgres.resources', postgres.resources),
  ...(['repository', 'member', 'jobs'] as const).flatMap((part) => checkResources(`backup.${part}`, b[part])),
  ...checkResources('backup.drill.server', b.drill.server),
  ...checkResources('backup.drill.verify', b.drill.verify),
  ...checkResources('simulator.resources', simulator.resources),
  ...checkResources('simulator.backfillResources', simulator.backfillResources),
  ...checkResources('simulator.verification.resources', simulator.verification.resources),
  ...checkResources('airflow.apiServer', airflow.apiServer),
  ...checkResources('airflow.scheduler', airflow.scheduler),
  ...checkResources('airflow.dagProcessor', airflow.dagProcessor),
  ...checkResources('airflow.jobs', airflow.jobs),
  ...checkResources('grafana.resources', grafana.resources),
  ...(['prometheus', 'exporter', 'postgresExporter', 'kubeStateMetrics', 'nodeExporter'] as const).flatMap((part) =>
    checkResources(`metrics.${part}`, metrics[part]),
  ),
  ...checkResources('alerting.resources', alerting.resources),
  ...(['loki', 'collector'] as const).flatMap((part) => checkResources(`logs.${part}`, logs[part])),
];

const postgres: Rule = ({ postgres: p }) => {
  const problems: string[] = [];
  if (!Number.isInteger(p.members) || p.members < 1) problems.push(`postgres.members is ${p.members}; at least 1`);
  if (p.synchronousMode !== 'off' && p.members < 2) {
    problems.push(`postgres.synchronousMode ${p.synchronousMode} with ${p.members} members; failover needs at least 2`);
  }
  if (p.synchronousStrict && p.members < 3) {
    problems.push(
      `postgres.synchronousStrict with ${p.members} members; strict synchronous replication needs at least 3`,
    );
  }
  if (p.synchronousStrict && p.synchronousMode === 'off') {
    problems.push('postgres.synchronousStrict with synchronousMode off; allowed with quorum or on');
  }
  if (p.synchronousMode !== 'off' && (p.synchronousStandbys < 1 || p.synchronousStandbys > p.members - 1)) {
    problems.push(
      `postgres.synchronousStandbys is ${p.synchronousStandbys}; allowed 1 to members − 1 = ${p.members - 1}`,
    );
  }
  if (bytesOf(p.volume.size) === undefined)
    problems.push(`postgres.volume.size ${p.volume.size} is not a quantity; ${MEMORY_ALLOWED}`);
  if (/nfs/i.test(p.volume.storageClass)) {
    problems.push(
      `postgres.volume.storageClass ${p.volume.storageClass} is NFS; the data directory needs a local or block volume`,
    );
  }
  return [...problems, ...parameterProblems(p.parameters, 'postgres.')];
};

/** What the simulator itself would refuse at its start. */
function stream({ stream: settings, students }: PlatformConfig['simulator']): string[] {
  if ('students' in settings) return ['simulator.stream has students; they are told in simulator.students'];
  try {
    parseStreamConfig({ ...settings, students });
    return [];
  } catch (error) {
    if (!(error instanceof StreamConfigError)) throw error;
    return error.problems.map((problem) => `simulator.stream, with the students: ${problem}`);
  }
}

const simulator: Rule = ({ simulator: s }) => {
  const problems: string[] = [];
  if (s.minReplicas < 2) problems.push(`simulator.minReplicas is ${s.minReplicas}; at least 2`);
  if (s.maxReplicas < s.minReplicas || s.maxReplicas > 64) {
    problems.push(
      `simulator.maxReplicas is ${s.maxReplicas}; allowed minReplicas = ${s.minReplicas} to 64, one per shard`,
    );
  }
  if (!Number.isInteger(s.students) || s.students < 1 || s.students > 1_000_000) {
    problems.push(`simulator.students is ${s.students}; allowed 1 to 1000000`);
  }
  if (!Number.isInteger(s.historyDays) || s.historyDays < 0 || s.historyDays > MAX_HISTORY_DAYS) {
    problems.push(`simulator.historyDays is ${s.historyDays}; allowed 0 to ${MAX_HISTORY_DAYS}`);
  }
  if (s.targetCpuPercent < 10 || s.targetCpuPercent > 400) {
    problems.push(`simulator.targetCpuPercent is ${s.targetCpuPercent}; allowed 10 to 400`);
  }
  if (!isTimeOfDay(s.verification.at)) {
    problems.push(`simulator.verification.at is ${s.verification.at}; allowed 00:00 to 23:59`);
  }
  return [...problems, ...stream(s)];
};

const site: Rule = ({ tier, apiServers, nodeCidrs, nameServers, encryptionAtRest, pages }) => {
  const problems: string[] = [];
  if (apiServers.length === 0) problems.push('apiServers is empty; tell the address of each API server endpoint');
  if (nodeCidrs.length === 0) problems.push('nodeCidrs is empty; tell the addresses of the nodes');
  const networks: [name: string, needs: string, cidrs: readonly string[]][] = [
    ['apiServers', 'the addresses of its API servers', apiServers.map(({ cidr }) => cidr)],
    ['nodeCidrs', 'the addresses of its nodes', nodeCidrs],
    ['nameServers', 'the addresses of its name servers', nameServers],
    ['pages.allowedCidrs', 'the networks of its people', pages.allowedCidrs],
  ];
  problems.push(...networks.flatMap(([name, needs, cidrs]) => cidrProblems(tier, { name, needs }, cidrs)));
  if (pages.tls === 'ingress' && pages.exposure.kind !== 'Ingress') {
    problems.push(`pages.tls ingress with exposure ${pages.exposure.kind}; allowed with Ingress only`);
  }
  if (pages.tls === 'internal-ca' && pages.exposure.kind === 'Ingress') {
    problems.push(
      'pages.tls internal-ca with exposure Ingress, whose controller would speak HTTP to a page that serves TLS; allowed ingress',
    );
  }
  if (pages.exposure.kind === 'Ingress' && pages.grafanaHost === pages.airflowHost) {
    problems.push(
      `pages.grafanaHost and pages.airflowHost are both ${pages.grafanaHost}; allowed are two names, by which an Ingress tells the pages apart`,
    );
  }
  if (pages.exposure.kind !== 'Ingress' && pages.allowedCidrs.length === 0) {
    problems.push('pages.allowedCidrs is empty; tell which addresses may open the pages');
  }
  if (tier !== 'production') return problems;
  if (encryptionAtRest.by === 'nothing') {
    problems.push('encryptionAtRest is nothing; production needs storage-class, or disks with a reason');
  }
  if (encryptionAtRest.by === 'disks' && encryptionAtRest.reason.trim().length < 10) {
    problems.push('encryptionAtRest by disks without a reason; say how the disks are encrypted');
  }
  if (pages.tls === 'off') problems.push('pages.tls is off; production needs internal-ca or ingress');
  return problems;
};

const controller: Rule = ({ tier, pages: { exposure } }) => {
  if (exposure.kind !== 'Ingress' || exposure.controllerCidrs === undefined) return [];
  const cidrs = exposure.controllerCidrs;
  const where = 'pages.exposure.controllerCidrs';
  const problems = cidrProblems(tier, { name: where, needs: 'the addresses of its controller' }, cidrs);
  if (cidrs.length === 0) problems.push(`${where} is empty; tell the controller's addresses, or leave it out`);
  return problems;
};

const nodePorts: Rule = ({ pages: { exposure } }) => {
  if (exposure.kind !== 'NodePort') return [];
  const ports = { grafanaPort: exposure.grafanaPort, airflowPort: exposure.airflowPort };
  const problems = Object.entries(ports)
    .filter(([, port]) => !Number.isInteger(port) || port < 30000 || port > 32767)
    .map(([name, port]) => `pages.exposure.${name} is ${port}; allowed 30000 to 32767`);
  if (ports.grafanaPort === ports.airflowPort)
    problems.push(`pages.exposure: both node ports are ${ports.grafanaPort}`);
  return problems;
};

const images: Rule = ({ images: resolved, registryPrefix }) => {
  const problems = Object.entries(resolved)
    .filter(([, image]) => !/^[\w][\w.-]{0,127}$/.test(image.tag) || image.tag === 'latest')
    .map(([name, image]) => `image ${name} has tag '${image.tag}'; allowed is a fixed tag other than latest`);
  if (registryPrefix.endsWith('/')) problems.push(`registryPrefix ${registryPrefix} ends with a slash; leave it out`);
  return problems;
};

const services: Rule = ({ tier, airflow, grafana, timeZone }) => {
  const problems: string[] = [];
  if (airflow.apiServerReplicas < 1)
    problems.push(`airflow.apiServerReplicas is ${airflow.apiServerReplicas}; at least 1`);
  if (airflow.parallelism < 1) problems.push(`airflow.parallelism is ${airflow.parallelism}; at least 1`);
  if (grafana.replicas < 1) problems.push(`grafana.replicas is ${grafana.replicas}; at least 1`);
  if (tier === 'production' && (airflow.apiServerReplicas < 2 || grafana.replicas < 2)) {
    problems.push(
      `airflow.apiServerReplicas is ${airflow.apiServerReplicas}, grafana.replicas is ${grafana.replicas}; production needs 2 for updates without a gap`,
    );
  }
  if (!isTimeZone(timeZone)) {
    problems.push(`timeZone ${timeZone} is not an IANA zone; allowed is UTC or a name such as Europe/Berlin`);
  }
  return problems;
};

/** Rules over several values; each returns what is wrong, the value got and what is allowed. */
export const RULES: readonly Rule[] = [
  site,
  controller,
  nodePorts,
  images,
  postgres,
  walRoom,
  connections,
  backup,
  simulator,
  pipelines,
  services,
  monitoring,
  quota,
  resources,
];
