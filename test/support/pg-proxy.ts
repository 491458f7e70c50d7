import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FrontendParser, type FrontendMessage } from './pg-frontend';

/** A message of a client, seen just before it is passed on. */
export interface SeenMessage extends FrontendMessage {
  readonly connection: ProxiedConnection;
}

/** One connection through the proxy. */
export class ProxiedConnection {
  private muted = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
  ) {
    server.on('data', (data) => {
      if (!this.muted) client.write(data);
    });
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    // A reset is followed by "close", which is all that matters.
    for (const socket of [client, server]) socket.on('error', () => undefined);
  }

  /** Passes bytes of the client on. */
  forward(data: Buffer): void {
    if (!this.server.destroyed) this.server.write(data);
  }

  /** The server's answers do not reach the client any more; it still gets what the client sends. */
  mute(): void {
    this.muted = true;
  }

  /** Closes both sides at once: whether the server still sees what was sent is open. */
  cut(): void {
    this.client.destroy();
    this.server.end();
  }

  /** Closes the client's side only, when the server has answered what it was sent so far. */
  cutAfterAnswer(): void {
    this.mute();
    this.server.once('data', () => this.client.destroy());
  }
}

/**
 * A TCP proxy in front of a PostgreSQL server that reads the client's messages, so that a fault can be placed at an event such
 * as "third chunk of COPY" or "COMMIT was sent" instead of a moment.
 */
export class PgProxy {
  private observer: ((message: SeenMessage) => void) | undefined;
  private readonly connections = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  /** @param target port of the server on the loopback */
  static async start(target: number): Promise<PgProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new PgProxy(server, target);
    server.on('connection', (client) => proxy.accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Calls `observer` with each message, after it was passed on; undefined: nobody looks. */
  observe(observer: ((message: SeenMessage) => void) | undefined): void {
    this.observer = observer;
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    this.connections.add(client).add(server);
    client.on('close', () => this.connections.delete(client));
    server.on('close', () => this.connections.delete(server));
    const connection = new ProxiedConnection(client, server);
    const parser = new FrontendParser();
    client.on('data', (data) => {
      // Message by message: an observer that stops a process or closes a socket decides what the server gets to see.
      for (const message of parser.push(data)) {
        connection.forward(message.bytes);
        this.observer?.({ ...message, connection });
      }
    });
  }
}
