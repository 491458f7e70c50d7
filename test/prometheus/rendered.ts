import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { at, ofKind, templateOf, type KubeObject } from '../policy/support/objects';
import { eventually } from '../support/eventually';

/** A container of the rendered platform: what it runs, as whom, which files it finds, where it may write. */
export interface Rendered {
  readonly image: string;
  readonly args: readonly string[];
  readonly user: number;
  /** Content by absolute path. */
  readonly files: Readonly<Record<string, string>>;
  readonly writable: readonly string[];
  /** Folders of the node by where they are mounted. */
  readonly node: Readonly<Record<string, string>>;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The first container of a workload. Files of Secrets are any certificate: no server is reached with them. */
export function renderedContainer(objects: readonly KubeObject[], name: string): Rendered {
  const object = objects.find((one) => templateOf(one) !== undefined && one.metadata.name === name);
  if (object === undefined) throw new Error(`no workload ${name} is rendered`);
  const { spec } = templateOf(object)!;
  const [container] = spec.containers;
  const files: Record<string, string> = {
    [`${ACCOUNT}/token`]: 'none',
    [`${ACCOUNT}/ca.crt`]: rootCertificates[0],
  };
  const writable: string[] = [];
  const node: Record<string, string> = {};
  for (const { name: volumeName, mountPath } of container.volumeMounts ?? []) {
    const volume = spec.volumes?.find((one) => one.name === volumeName);
    if (volume?.configMap !== undefined) {
      const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === volume.configMap!.name);
      for (const [file, content] of Object.entries(map?.data ?? {})) files[`${mountPath}/${file}`] = content;
    } else if (volume?.secret !== undefined) files[`${mountPath}/ca.crt`] = rootCertificates[0];
    else if (volume?.hostPath === undefined || volumeName === 'state') writable.push(mountPath);
    else if (volumeName !== 'pod-logs') node[mountPath] = volume.hostPath.path;
  }
  return {
    image: container.image,
    args: container.args ?? [],
    user: at<number>(spec, 'securityContext', 'runAsUser')!,
    files,
    writable,
    node,
  };
}

/** By which `.ci/rules.sh` finds what a run that was stopped has left. */
const LABEL = process.env.EDTECH_CHECK_LABEL ?? 'edtech-components';

const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe' });

/** Containers of one test file, and the network between them. */
export class Containers {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'edtech-components-'));
  private readonly network = `edtech-components-${process.pid}`;
  private readonly started = new Set<string>();
  private readonly volumes: string[] = [];

  constructor() {
    docker('network', 'create', '--label', LABEL, this.network);
    execFileSync('chmod', ['755', this.folder]);
  }

  /** Options for a read-only root without capabilities, with the files and writable folders of the rendered pod. */
  private options(alias: string, { user, files, writable, node }: Rendered): string[] {
    const mounts = Object.entries(files).flatMap(([target, content], index) => {
      const file = path.join(this.folder, `${alias}-${index}`);
      writeFileSync(file, content, { mode: 0o644 });
      return ['--volume', `${file}:${target}:ro`];
    });
    const scratch = writable.flatMap((target) => ['--tmpfs', `${target}:uid=${user},mode=775`]);
    return [
      ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', `${user}:${user}`],
      ...[
        '--env',
        'NODE_NAME=node',
        '--env',
        'KUBERNETES_SERVICE_HOST=127.0.0.1',
        '--env',
        'KUBERNETES_SERVICE_PORT=1',
      ],
      ...scratch,
      ...Object.entries(node).flatMap(([target, folder]) => ['--volume', `${folder}:${target}:ro`]),
      ...mounts,
    ];
  }

  /** Starts it and returns the address of one of its ports on this machine. */
  start(alias: string, rendered: Rendered, port: number, more: readonly string[] = []): string {
    const name = `${this.network}-${alias}`;
    this.started.add(name);
    docker(
      ...['run', '--detach', '--label', LABEL, '--name', name, '--network', this.network, '--network-alias', alias],
      ...['--publish', `127.0.0.1::${port}`],
      ...this.options(alias, rendered),
      ...more,
      rendered.image,
      ...rendered.args,
    );
    return `http://${docker('port', name, `${port}`).trim().split('\n')[0]}`;
  }

  stop(alias: string): void {
    const name = `${this.network}-${alias}`;
    docker('stop', '--time', '30', name);
    docker('rm', '--volumes', name);
    this.started.delete(name);
  }

  /** A volume that outlives a container. */
  volume(): string {
    const name = `${this.network}-${this.volumes.length}`;
    docker('volume', 'create', '--label', LABEL, name);
    this.volumes.push(name);
    return name;
  }

  /** Number of files below a folder of a volume. */
  filesIn(volume: string, folder: string): number {
    const place = docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume).trim();
    const below = path.join(place, folder);
    return existsSync(below)
      ? readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
      : 0;
  }

  logs = (alias: string): string =>
    execFileSync('bash', ['-c', `docker logs ${this.network}-${alias} 2>&1`], { encoding: 'utf8' });

  /** Runs a program of the image on the same files to its end. @returns what it says @throws Error when it fails */
  run(alias: string, rendered: Rendered, program: string, args: readonly string[]): string {
    const command = [...this.options(alias, rendered), '--entrypoint', program, rendered.image, ...args];
    return execFileSync('bash', ['-c', 'docker run --rm --network none "$@" 2>&1', '-', ...command], {
      encoding: 'utf8',
    });
  }

  /** A folder on this machine with files in it, for a container to read. */
  place(files: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(path.join(this.folder, 'files-'));
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    }
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    return folder;
  }

  close(): void {
    if (this.started.size > 0) docker('rm', '--force', '--volumes', ...this.started);
    if (this.volumes.length > 0) docker('volume', 'rm', ...this.volumes);
    docker('network', 'rm', this.network);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks until it answers with 200. */
export async function untilReady(url: string, seconds: number, logs: () => string): Promise<void> {
  const ask = async (): Promise<true> => {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
    if (status !== 200) throw new Error(`it is ${status}`);
    return true;
  };
  await eventually(url, seconds, ask, 0.25).catch((error: Error) => {
    throw new Error(`${error.message}\n${logs().slice(-2000)}`);
  });
}
