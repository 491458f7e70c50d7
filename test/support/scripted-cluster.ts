import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NAMESPACE } from '../../src/names';
import { ROOT } from '../../src/root';

/** What kubectl says to a call and its standard input; the platform's namespace is left out of the call, another one stands before it. */
export type Answer = (
  call: string,
  input: string,
) => string | { readonly code: number; readonly stdout?: string; readonly stderr?: string };

/** What kubectl says while no API server is there, as when a control plane starts again. */
export const AWAY: ReturnType<Answer> = {
  code: 1,
  stderr: 'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?\n',
};

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster as kubectl's callers see it: what it holds is a function of the test. Those with a real one are in test/cluster. */
export class ScriptedCluster {
  /** Calls so far, each in one line. */
  readonly calls: string[] = [];
  /** The context that each of them named. */
  readonly contexts: (string | undefined)[] = [];
  /** The current one of the kubectl configuration; within a pod there is none. */
  currentContext: string | undefined = 'scripted';
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'edtech-kubectl-'));
  private readonly server: Server;

  private constructor(answer: Answer) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      let received = '';
      socket.setEncoding('utf8').on('data', (chunk) => (received += chunk));
      socket.on('end', () => {
        const { args, input } = JSON.parse(received) as { args: string[]; input: string };
        const said = args[0] === 'config' ? this.configuration(args) : this.called(args, input, answer);
        const outcome = typeof said === 'string' ? { code: 0, stdout: said } : said;
        socket.end(JSON.stringify({ stdout: '', stderr: '', ...outcome }));
      });
    });
  }

  private configuration(args: readonly string[]): ReturnType<Answer> {
    if (args[1] !== 'current-context') return { code: 1, stderr: `not scripted: ${args.join(' ')}` };
    // As kubectl says it.
    if (this.currentContext === undefined) return { code: 1, stderr: 'error: current-context is not set\n' };
    return `${this.currentContext}\n`;
  }

  private called(args: readonly string[], input: string, answer: Answer): ReturnType<Answer> {
    const named = args.filter((arg) => arg.startsWith('--context='));
    const rest = args.filter((arg) => !named.includes(arg));
    const call = rest.slice(rest[1] === NAMESPACE ? 2 : 0).join(' ');
    this.contexts.push(named.at(-1)?.slice('--context='.length));
    this.calls.push(call);
    return answer(call, input);
  }

  private get socket(): string {
    return path.join(this.folder, 'socket');
  }

  static async open(answer: Answer): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(answer);
    symlinkSync(path.join(__dirname, 'kubectl-client.js'), path.join(cluster.folder, 'kubectl'));
    await new Promise<void>((resolve) => cluster.server.listen(cluster.socket, resolve));
    return cluster;
  }

  /** Runs a program of the root in a process of its own: nothing but this folder's kubectl is in its reach, and no real cluster. */
  run(program: string, ...args: readonly string[]): Promise<Ended> {
    return this.runIn(ROOT, program, ...args);
  }

  /** The same for a program of another checkout. */
  runIn(root: string, program: string, ...args: readonly string[]): Promise<Ended> {
    const env = {
      PATH: `${this.folder}:${path.dirname(process.execPath)}`,
      KUBECONFIG: path.join(this.folder, 'none'),
      EDTECH_TEST_KUBECTL: this.socket,
    };
    const command = ['-r', path.join(root, 'local/register.js'), path.join(root, program), ...args];
    return new Promise((resolve) => {
      execFile(process.execPath, command, { env, timeout: 110_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? NaN), stdout, stderr }),
      );
    });
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }
}
