import path from 'node:path';
import { Containers, LOCKED_DOWN, runProgram, type Outcome } from '../support/containers';
import { eventually } from '../support/eventually';
import type { Rendered } from './rendered';

/** Containers of one test file that run as they are rendered: on a read-only root without capabilities, with the pod's files and writable folders. */
export class RenderedContainers extends Containers {
  /** @param alias its host name for the others @param port to be published @param more further options of `docker run` @returns its id */
  start(alias: string, rendered: Rendered, port: number, more: readonly string[] = []): string {
    const options = [...this.options(rendered), ...more];
    return this.run({ image: rendered.image, aliases: [alias], publish: port, options, command: rendered.args });
  }

  /** Address of its port on this machine. */
  url(id: string, port: number): string {
    return `http://127.0.0.1:${this.port(id, port)}`;
  }

  /** Runs a program of the image on the same files. */
  check(rendered: Rendered, program: string, args: readonly string[]): Outcome {
    return runProgram(rendered.image, program, args, this.options(rendered));
  }

  /** Asks until a path of it answers with 200. @throws Error with its log after `seconds` */
  async untilReady(id: string, port: number, at: string, seconds: number): Promise<void> {
    const ask = async (): Promise<true> => {
      const { status } = await fetch(this.url(id, port) + at, { signal: AbortSignal.timeout(2000) });
      if (status !== 200) throw new Error(`it is ${status}`);
      return true;
    };
    await eventually(`200 from port ${port}${at}`, seconds, ask, 0.25).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.logs(id).slice(-2000)}`);
    });
  }

  private options({ user, files, writable, node }: Rendered): string[] {
    const mounted = (target: string, folder: string): string[] => ['--volume', `${folder}:${target}:ro`];
    return [
      ...LOCKED_DOWN,
      ...ENV.flatMap((variable) => ['--env', variable]),
      ...['--user', `${user}:${user}`],
      ...writable.flatMap((target) => ['--tmpfs', `${target}:uid=${user},mode=775`]),
      ...Object.entries(node).flatMap(([target, folder]) => mounted(target, folder)),
      ...Object.entries(byFolder(files)).flatMap(([target, content]) => mounted(target, this.folderOf(content))),
    ];
  }
}

/** What Kubernetes tells a container, of a node and an API server that are not there. */
const ENV = ['NODE_NAME=node', 'KUBERNETES_SERVICE_HOST=127.0.0.1', 'KUBERNETES_SERVICE_PORT=1'];

function byFolder(files: Rendered['files']): Record<string, Record<string, string>> {
  const folders: Record<string, Record<string, string>> = {};
  for (const [file, content] of Object.entries(files))
    (folders[path.dirname(file)] ??= {})[path.basename(file)] = content;
  return folders;
}
