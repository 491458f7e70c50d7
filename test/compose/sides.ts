import {
  podOf,
  secretVariables,
  workloadManifest,
  type Container,
  type Manifest,
  type PodSpec,
  type Probe,
} from '../../compose/manifests';
import type { Twin } from '../../compose/twins';
import { coresOf, mebibytes as quantity } from '../../src/config/quantity';
import { PORT } from '../../src/names';
import { mebibytes, type Service } from './support';

/** What both sides say about a service, by the name of what is compared; texts, so that they can be compared. */
export type Side = Readonly<Record<string, string>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? []));

const present = (entries: readonly (readonly [string, unknown])[]): Side =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined).map(([name, value]) => [name, text(value)]));

function probeTarget({ httpGet, exec }: Probe): string {
  return httpGet === undefined ? (exec?.command ?? []).join(' ') : `${httpGet.port}${httpGet.path}`;
}

function environmentOf(container: Container): [string, string][] {
  const secret = secretVariables(container);
  return (container.env ?? []).map(({ name, value }) => [
    `environment ${name}`,
    secret.includes(name) ? 'secret' : (value ?? 'set'),
  ]);
}

function writable({ volumes = [], containers }: PodSpec): [string, string][] {
  return (containers[0].volumeMounts ?? []).flatMap(({ name, mountPath }): [string, string][] => {
    const directory = volumes.find((volume) => volume.name === name)?.emptyDir;
    return directory === undefined ? [] : [[`writable ${mountPath}`, `${quantity(directory.sizeLimit ?? '0Mi')}`]];
  });
}

const selects = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** Ports that people outside reach. */
function published(manifests: readonly Manifest[], workload: Manifest): string[] {
  return manifests
    .filter(
      ({ kind, spec }) =>
        kind === 'Service' && spec?.type === 'NodePort' && selects(spec.selector ?? {}, workload.metadata.labels ?? {}),
    )
    .flatMap(({ spec }) => (spec?.ports ?? []).map(({ port }) => `${port}`));
}

function replicas(manifests: readonly Manifest[], { kind, metadata, spec }: Manifest): string | undefined {
  // Of an agent there is one per node, and here is one.
  if (kind === 'Job' || kind === 'DaemonSet') return '1';
  const autoscaler = manifests.find(({ spec: other }) => other?.scaleTargetRef?.name === metadata.name);
  return `${spec?.replicas ?? autoscaler?.spec?.minReplicas}`;
}

/** A twin as Kubernetes runs it. */
export function kubernetesSide(manifests: readonly Manifest[], { workload }: Twin): Side {
  const manifest = workloadManifest(manifests, workload);
  const pod = podOf(manifest);
  const [container] = pod.containers;
  const { startupProbe, readinessProbe, resources } = container;
  return present([
    ['image', container.image],
    ['command', container.command ?? container.args],
    ['user', `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`],
    ...environmentOf(container),
    ['ports', published(manifests, manifest)],
    ['replicas', replicas(manifests, manifest)],
    ['memory limit', `${quantity(resources.limits.memory)}`],
    ['memory request', `${quantity(resources.requests.memory)}`],
    ['cpu limit', `${coresOf(resources.limits.cpu)}`],
    ['stop seconds', manifest.kind === 'Job' ? undefined : `${pod.terminationGracePeriodSeconds}`],
    ...writable(pod),
    ...(readinessProbe === undefined || startupProbe === undefined
      ? []
      : ([
          ['health', probeTarget(readinessProbe)],
          ['health interval', `${readinessProbe.periodSeconds}`],
          ['health timeout', `${readinessProbe.timeoutSeconds}`],
          ['health retries', `${readinessProbe.failureThreshold}`],
          ['first health interval', `${startupProbe.periodSeconds}`],
          ['first health patience', `${startupProbe.periodSeconds * startupProbe.failureThreshold}`],
        ] as const)),
  ]);
}

/** In Compose a dollar is written twice. */
const undollar = (part: string): string => part.replace(/\$\$/g, '$');

/** A shell puts words apart by blanks or line ends alike. */
const words = (part: string): string => part.replace(/\s+/g, ' ');

function health([kind, ...command]: readonly string[]): string {
  if (kind !== 'CMD') throw new Error(`a health check of kind ${kind}; expected CMD`);
  const [program, port, path] = command;
  if (program === '/edtech/bin/probe') return `${port}${path}`;
  const asked = /^http:\/\/127\.0\.0\.1:(\d+\/.*)$/.exec(command.at(-1) ?? '');
  if (program === 'wget' && asked !== null) return asked[1];
  // It asks its own port for /ready.
  if (command.join(' ') === '/usr/bin/loki -health') return `${PORT.loki}/ready`;
  return command.filter((part) => part !== '/edtech/bin/with-secrets').join(' ');
}

const seconds = (duration: string): string => {
  if (!/^\d+s$/.test(duration)) throw new Error(`${duration} is no duration in seconds`);
  return duration.slice(0, -1);
};

/**
 * A twin as compose.yaml runs it.
 * @param secrets variables that the service `secrets` writes for it
 * @param added variables that it reads where it knows of the profiles, all of them chosen
 */
export function composeSide(
  service: Service,
  secrets: readonly string[],
  added: Readonly<Record<string, string>>,
): Side {
  const { healthcheck } = service;
  return present([
    ['image', service.image],
    ['command', service.command?.map(undollar)],
    ['user', service.user],
    ...Object.entries(service.environment ?? {}).map(([name, value]) => [`environment ${name}`, value] as const),
    ...secrets.map((name) => [`environment ${name}`, 'secret'] as const),
    ...(service.environment?.EDTECH_PROFILES === undefined
      ? []
      : Object.entries(added).map(([name, value]) => [`environment ${name}`, value] as const)),
    ['ports', (service.ports ?? []).map((port) => port.split(':').at(-1))],
    ['replicas', `${service.scale ?? 1}`],
    ['memory limit', `${mebibytes(service.mem_limit)}`],
    ['memory request', service.mem_reservation && `${mebibytes(service.mem_reservation)}`],
    ['cpu limit', `${service.cpus}`],
    // Ten seconds are the engine's own.
    ['stop seconds', service.restart === 'on-failure' ? undefined : seconds(service.stop_grace_period ?? '10s')],
    ...(service.tmpfs ?? []).map((entry) => {
      const [path, options] = entry.split(':');
      return [`writable ${path}`, `${mebibytes(/size=(\w+)/.exec(options)?.[1] ?? '')}`] as const;
    }),
    ...(service.shm_size === undefined ? [] : [['writable /dev/shm', `${mebibytes(service.shm_size)}`] as const]),
    ...(healthcheck === undefined
      ? []
      : ([
          ['health', health(healthcheck.test)],
          ['health interval', seconds(healthcheck.interval)],
          ['health timeout', seconds(healthcheck.timeout)],
          ['health retries', `${healthcheck.retries}`],
          ['first health interval', seconds(healthcheck.start_interval)],
          ['first health patience', seconds(healthcheck.start_period)],
        ] as const)),
  ]);
}

/** Every difference, as in the table of the meant ones but without reasons. */
export function differencesOf(kubernetes: Side, compose: Side): string[] {
  const names = [...new Set([...Object.keys(kubernetes), ...Object.keys(compose)])].sort();
  return names
    .filter((name) => words(kubernetes[name] ?? '') !== words(compose[name] ?? ''))
    .map((name) => `${name}: ${kubernetes[name] ?? 'absent'} → ${compose[name] ?? 'absent'}`);
}
