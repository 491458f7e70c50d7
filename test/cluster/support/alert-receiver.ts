import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where it listens: the machine under the test cluster, as pods reach it. */
export const RECEIVER = { address: '10.245.0.1', port: 18_099 } as const;

/** Address of a path of it, for the settings of a suite. */
export const receiverUrl = (path: string): string => `http://${RECEIVER.address}:${RECEIVER.port}/${path}`;

export interface Told {
  readonly atMs: number;
  readonly path: string;
  readonly status: 'firing' | 'resolved';
  readonly alert: string;
}

/** A webhook as a site would have one; remembers what it was told. */
export class AlertReceiver {
  readonly told: Told[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const { alerts } = JSON.parse(body) as { alerts: { status: Told['status']; labels: { alertname: string } }[] };
        for (const { status, labels } of alerts)
          this.told.push({ atMs: Date.now(), path: request.url ?? '', status, alert: labels.alertname });
        response.end();
      });
    });
  }

  /** Listens where suites on a cluster expect it, or elsewhere. @returns the port */
  async open({ address, port }: { address: string; port: number } = RECEIVER): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The first message about an alert since a moment. */
  about = (alert: string, status: Told['status'], sinceMs: number): Told | undefined =>
    this.told.find((told) => told.alert === alert && told.status === status && told.atMs >= sinceMs);
}
