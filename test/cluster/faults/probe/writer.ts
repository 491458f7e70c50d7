/**
 * Runs in a pod, alone: commits numbered rows and prints what became of each, one line per event. Settings: environment variable
 * WRITERS (JSON list of {@link Writer}), libpq's PGPORT, PGDATABASE, PGUSER, PGPASSWORD, and CA_FILE.
 *
 *   ack WRITER NUMBER SENT_MS ANSWERED_MS TIMELINE    the server answered that the row is committed
 *   open WRITER AT_MS ADDRESS                         a connection is there
 *   fail WRITER AT_MS REASON                          said once per reason, until something else happens
 */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** One stream of rows. */
export interface Writer {
  readonly name: string;
  readonly host: string;
  /** `keep`: one connection, a new one after any error. `fresh`: a connection per row, each with a question for the name. `pinned`: as keep, but a refusal by the server is no reason to leave it. */
  readonly connection: 'keep' | 'fresh' | 'pinned';
  readonly everyMs: number;
}

const CONNECT_TIMEOUT_MS = 2000;
/** As in the simulator's `addressOf`. */
const KNOWN_NAME_TIMEOUT_MS = 50;
const ANSWER_TIMEOUT_MS = 3000;
const PAUSE_MS = 50;
const ca = readFileSync(process.env.CA_FILE as string, 'utf8');

function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const destroy = (client: Client): void =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();

class Stream {
  private client: Client | undefined;
  private address: string | undefined;
  private number = 0;
  private lastReason = '';
  /** Numbers begin again when the pod does; a name with its start keeps them apart. */
  private readonly id: string;

  constructor(private readonly writer: Writer) {
    this.id = `${writer.name}@${Date.now()}`;
  }

  async run(): Promise<never> {
    for (;;) {
      const begun = Date.now();
      try {
        await this.commit();
        this.lastReason = '';
      } catch (error) {
        this.failed(error as Error & { code?: string });
        await sleep(PAUSE_MS);
      }
      await sleep(Math.max(0, begun + this.writer.everyMs - Date.now()));
    }
  }

  /** One row in a transaction of its own. A number is sent once: what was not acknowledged is not tried again. */
  private async commit(): Promise<void> {
    const client = (this.client ??= await this.open());
    const number = ++this.number;
    const sent = Date.now();
    const { rows } = await within(
      ANSWER_TIMEOUT_MS,
      'insert',
      client.query<{ timeline: string }>(
        `insert into fault_probe.writes (writer, number) values ($1, $2)
         returning substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) as timeline`,
        [this.id, number],
      ),
    );
    console.log(`ack ${this.id} ${number} ${sent} ${Date.now()} ${rows[0].timeline}`);
    if (this.writer.connection === 'fresh') this.leave();
  }

  private async open(): Promise<Client> {
    // The last known address serves while no name server answers, as for the simulator; a member that is cut off can be asked still.
    const remembers = this.writer.connection !== 'fresh' && this.address !== undefined;
    const name = lookup(this.writer.host, 4);
    this.address = await within(remembers ? KNOWN_NAME_TIMEOUT_MS : CONNECT_TIMEOUT_MS, 'name', name).then(
      ({ address }) => address,
      (error: Error) => {
        if (remembers) return this.address as string;
        throw error;
      },
    );
    const client = new Client({
      host: this.address,
      ssl: { ca, servername: this.writer.host },
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'fault-probe',
    });
    client.on('error', () => {
      if (this.client === client) this.leave();
    });
    try {
      await within(CONNECT_TIMEOUT_MS, 'connect', client.connect());
    } catch (error) {
      destroy(client);
      throw error;
    }
    if (this.writer.connection !== 'fresh') console.log(`open ${this.id} ${Date.now()} ${this.address}`);
    return client;
  }

  private leave(): void {
    const { client } = this;
    this.client = undefined;
    if (client) destroy(client);
  }

  private failed(error: Error & { code?: string }): void {
    const reason = `${error.code ?? ''} ${error.message}`.trim().replace(/\s+/g, ' ');
    // A standby refuses ten times a second.
    if (reason !== this.lastReason) console.log(`fail ${this.id} ${Date.now()} ${reason}`);
    this.lastReason = reason;
    const refused = /^[0-9A-Z]{5}$/.test(error.code ?? '');
    if (this.writer.connection !== 'pinned' || !refused || /^(57|08)/.test(error.code as string)) this.leave();
  }
}

for (const writer of JSON.parse(process.env.WRITERS as string) as Writer[]) void new Stream(writer).run();
