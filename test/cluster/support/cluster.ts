import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { NAMESPACE } from '../../../src/names';
import { command, type CommandOptions } from '../../support/command';

export const kubectl = (args: readonly string[], options?: CommandOptions): Promise<string> =>
  command('kubectl', ['--namespace', NAMESPACE, '--request-timeout=30s', ...args], options);

export async function get<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '--output=json'])) as T;
}

export const inPod = (pod: string, container: string, args: readonly string[], options?: CommandOptions) =>
  command(
    'kubectl',
    ['--namespace', NAMESPACE, 'exec', '--stdin', pod, '--container', container, '--', ...args],
    options,
  );

/** A port of a workload on this machine's loopback, past all network policies. @param target for example `deployment/NAME` */
export async function forwardPort(target: string, port: number): Promise<{ readonly port: number; close(): void }> {
  const args = ['--namespace', NAMESPACE, 'port-forward', '--address=127.0.0.1', target, `:${port}`];
  const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const local = await new Promise<number>((resolve, reject) => {
    const hear = (part: Buffer): void => {
      said += part.toString();
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said);
      if (found !== null) resolve(Number(found[1]));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`port-forward to ${target} ended with ${code}: ${said.trim()}`)));
  });
  return { port: local, close: () => void child.kill() };
}

/** The machines under Kubernetes, as far as a test may hurt them. Nodes are numbered; their names end in the number. */
export class Machines {
  /** @param tool program with the verbs node-kill, node-start, node-partition, node-heal and node-exec */
  constructor(
    private readonly tool: string,
    private readonly stateDirectory = process.env.CLUSTER_DIR ?? '/var/lib/edtech-cluster',
  ) {}

  private node(verb: string, node: string, args: readonly string[] = [], timeoutSeconds = 240): Promise<string> {
    return command(this.tool, [verb, node.replace(/^.*\D/, ''), ...args], { timeoutSeconds });
  }

  kill = (node: string): Promise<string> => this.node('node-kill', node);
  start = (node: string): Promise<string> => this.node('node-start', node);
  partition = (node: string): Promise<string> => this.node('node-partition', node);
  heal = (node: string): Promise<string> => this.node('node-heal', node);
  exec = (node: string, ...args: string[]): Promise<string> => this.node('node-exec', node, args, 30);

  /** Freezes the API server or lets it go on. */
  apiServer(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const [pid] = readFileSync(`${this.stateDirectory}/run/apiserver.pid`, 'utf8').split(' ');
    process.kill(Number(pid), signal);
  }
}
