import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig, type QueryResult, type QueryResultRow } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { addressOf } from './address';

/** Where the database is and how long to wait for it. */
export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** File with the password, read at each connection: a rotated one is taken up without a restart. */
  readonly passwordFile?: string;
  /** File with the certificate authority (PEM) of the server's certificate; without one the connection is not encrypted. */
  readonly caFile?: string;
  readonly connectTimeoutMs: number;
  /** An answer that takes longer makes the session close its socket. */
  readonly queryTimeoutMs: number;
}

/** No answer in time; the session is gone, and whether its last statement took effect is unknown. */
export class AnswerTimeout extends Error {}

/**
 * One connection. Node.js has no TCP user timeout: a statement in flight to a dead server would wait for minutes, so each
 * answer is waited for by our own clock, and the socket is destroyed when it runs out.
 */
export class Session {
  private failure: Error | undefined;

  private constructor(
    private readonly client: Client,
    private readonly queryTimeoutMs: number,
  ) {
    // Without a listener a connection lost between two queries would end the process.
    client.on('error', (error) => this.fail(error));
  }

  /**
   * @param applicationName shown in `pg_stat_activity`
   * @param settings PostgreSQL settings of the session
   */
  static async open(
    config: DatabaseConfig,
    applicationName: string,
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<Session> {
    const client = new Client(await clientConfig(config, applicationName, settings));
    const session = new Session(client, config.queryTimeoutMs);
    await client.connect();
    return session;
  }

  /** The server's process id of this session. */
  get pid(): number {
    return (this.client as unknown as { processID: number }).processID;
  }

  get usable(): boolean {
    return this.failure === undefined;
  }

  /** @param timeoutMs @default the configuration's query timeout */
  query<Row extends QueryResultRow>(text: string, values?: unknown[], timeoutMs?: number): Promise<QueryResult<Row>> {
    if (this.failure) return Promise.reject(this.failure);
    return this.answered(text, timeoutMs ?? this.queryTimeoutMs, () => this.client.query<Row>(text, values));
  }

  /**
   * Runs `COPY … FROM STDIN`. The next chunk is asked for when the one before is handed to the system, so that a producer
   * may use one buffer for all of them and memory stays bounded whatever the server's pace.
   */
  async copy(text: string, chunks: Iterable<Buffer>, timeoutMs = this.queryTimeoutMs): Promise<number> {
    if (this.failure) throw this.failure;
    const stream = this.client.query(copyFrom(text));
    const failed = new Promise<never>((_, reject) => stream.on('error', reject));
    failed.catch(() => undefined); // Always raced below; an error after the race must not end the process.
    const step = (action: (done: (error?: Error | null) => void) => void): Promise<void> =>
      this.answered(text, timeoutMs, () =>
        Promise.race([
          failed,
          new Promise<void>((resolve, reject) => action((error) => (error ? reject(error) : resolve()))),
        ]),
      );
    try {
      for (const chunk of chunks) await step((done) => stream.write(chunk, done));
      await step((done) => stream.end(done));
      return stream.rowCount;
    } catch (error) {
      // A COPY that is left in the middle would keep the session waiting for its rest.
      if (sqlState(error) === undefined) this.destroy(error as Error);
      throw error;
    }
  }

  /** Runs `work` in a transaction; on any error the transaction is rolled back, or the session is gone and the server does it. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('begin');
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (this.usable) await this.query('rollback').catch((cause: Error) => this.destroy(cause));
      throw error;
    }
    const { command } = await this.query('commit');
    // The server answers COMMIT of a failed transaction with ROLLBACK, and no error.
    if (command !== 'COMMIT')
      throw new Error(`the transaction was rolled back at its end (server answered ${command})`);
    return result;
  }

  /** Closes the socket at once; every statement under way fails with `cause`. */
  destroy(cause: Error = new Error('session destroyed')): void {
    this.fail(cause);
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  /** Says goodbye to the server, and closes the socket if it does not answer. */
  async close(): Promise<void> {
    if (this.failure) return;
    this.failure = new Error('session closed');
    try {
      await this.answered('goodbye', this.queryTimeoutMs, () => this.client.end());
    } catch (error) {
      if (!(error instanceof AnswerTimeout)) throw error;
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
  }

  private answered<T>(what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new AnswerTimeout(`no answer within ${timeoutMs} ms: ${what.trim().slice(0, 80)}`);
        reject(error);
        this.destroy(error);
      }, timeoutMs);
      work()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}

/** Settings of a `pg` client. @param settings PostgreSQL settings of the session */
export async function clientConfig(
  config: DatabaseConfig,
  applicationName: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<ClientConfig> {
  const server = { timezone: 'UTC', tcp_user_timeout: 8000, tcp_keepalives_idle: 5, ...settings };
  return {
    host: await addressOf(config.host),
    port: config.port,
    database: config.database,
    user: config.user,
    password: await readPassword(config),
    ssl: config.caFile === undefined ? false : await verified(config.host, config.caFile),
    application_name: applicationName,
    options: Object.entries(server)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    connectionTimeoutMillis: config.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
  };
}

/** The server's certificate has to name the host, whatever address it was found at. */
async function verified(host: string, caFile: string): Promise<ConnectionOptions> {
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { ca: await readFile(caFile, 'utf8'), rejectUnauthorized: true, ...name };
}

async function readPassword({ password, passwordFile }: DatabaseConfig): Promise<string | undefined> {
  return passwordFile === undefined ? password : (await readFile(passwordFile, 'utf8')).trimEnd();
}

/** SQLSTATE of a server's error, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** An instant as PostgreSQL reads it, to the millisecond. */
export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** A UTC day (days since 1970-01-01) as a date. */
export const dateText = (day: number): string => timestamp(day * 86_400_000).slice(0, 10);
