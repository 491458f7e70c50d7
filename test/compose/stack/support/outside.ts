import { createSocket, type Socket } from 'node:dgram';
import { docker } from './stack';
import { command } from '../../../support/command';

/** Name that a DNS query asks for. */
export function queriedName(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] > 0 && at < query.length; at += query[at] + 1) {
    labels.push(query.subarray(at + 1, at + 1 + query[at]).toString());
  }
  return labels.join('.');
}

/** A name server that knows nothing and keeps what it is asked. */
export class NameLog {
  readonly names: string[] = [];
  private socket: Socket | undefined;

  listen(address: string): Promise<void> {
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.on('message', (query, client) => {
      this.names.push(queriedName(query));
      const answer = Buffer.from(query);
      // A response, recursion available, no such name.
      answer.writeUInt16BE(0x8183, 2);
      socket.send(answer, client.port, client.address);
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(53, address, resolve);
    });
  }

  close(): void {
    this.socket?.close();
  }
}

export interface Bridge {
  readonly device: string;
  readonly gateway: string;
}

/** The host's end of a network. */
export async function bridgeOf(network: string): Promise<Bridge> {
  const [found] = JSON.parse(await docker(['network', 'inspect', network])) as {
    Id: string;
    IPAM: { Config: { Gateway: string }[] };
  }[];
  return { device: `br-${found.Id.slice(0, 12)}`, gateway: found.IPAM.Config[0].Gateway };
}

const COMMENT = 'edtech-egress';
const rule = (device: string, chain: string, beyond: readonly string[]): string[] => [
  chain,
  '-i',
  device,
  ...beyond,
  '-m',
  'conntrack',
  '--ctstate',
  'NEW',
  '-m',
  'comment',
  '--comment',
  COMMENT,
];

/** Counts connections that containers of a network open to anywhere else: to other networks, or to this machine. */
export class EgressCounter {
  private readonly rules: readonly string[][];

  constructor(device: string) {
    this.rules = [rule(device, 'FORWARD', ['!', '-o', device]), rule(device, 'INPUT', [])];
  }

  async start(): Promise<void> {
    for (const entry of this.rules) await command('iptables', ['-I', ...entry]);
  }

  /** First packets of connections. */
  async packets(): Promise<number> {
    const said = await command('bash', ['-c', `iptables -nvxL FORWARD; iptables -nvxL INPUT`]);
    const counted = said.split('\n').filter((line) => line.includes(COMMENT));
    if (counted.length !== this.rules.length)
      throw new Error(`${counted.length} counters; expected ${this.rules.length}`);
    return counted.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
  }

  async stop(): Promise<void> {
    for (const entry of this.rules) await command('iptables', ['-D', ...entry]);
  }
}
