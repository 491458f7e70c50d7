import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Whether the program can do its work now. */
export interface Readiness {
  /** Why not; undefined when it can. */
  readonly waitingFor?: string;
  readonly [detail: string]: unknown;
}

export interface HealthServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: Registry;
  readonly readiness: () => Readiness;
}

/**
 * `/healthz` (the process answers, so its event loop turns; it depends on nothing else, or a database that is away would have
 * every replica restarted), `/readyz` (200 or 503 with the reason) and `/metrics`.
 * @throws Error naming the port if it is taken
 */
export async function startHealthServer(
  options: HealthServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { host, port, metrics, readiness } = options;
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return json(response, 405, { error: 'only GET is allowed' });
    if (path === '/healthz') return json(response, 200, { status: 'alive' });
    if (path === '/readyz') {
      const state = readiness();
      return json(response, state.waitingFor === undefined ? 200 : 503, {
        ready: state.waitingFor === undefined,
        ...state,
      });
    }
    if (path !== '/metrics')
      return json(response, 404, { error: `no such page, there are /healthz, /readyz and /metrics` });
    metrics.metrics().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      (error: Error) => json(response, 500, { error: error.message }),
    );
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' ? new Error(`HTTP_PORT ${port} on ${host} is taken by another program`) : error,
      ),
    );
    server.listen(port, host, () => resolve());
  });
}
