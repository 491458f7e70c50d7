import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Home } from './home';
import { holdingUp, InterruptedError } from './interrupted';
import { superuserUrl } from './postgres/bootstrap';
import { freePort, portIsFree, PostgresServer, runningServer } from './postgres/server';

/** SQLSTATE of a server that comes up, recovers or ends. */
const CANNOT_CONNECT_NOW = '57P03';
const ASK_AGAIN_MS = 200;

export function serverOf(home: Home, port: number): PostgresServer {
  return new PostgresServer({
    programs: home.programs,
    dataDirectory: home.dataDirectory,
    logFile: home.logFile,
    account: home.account,
    superuserPassword: home.state.passwords.superuser,
    port,
  });
}

/**
 * Finds the server of the local run, or starts it.
 * @param stop ends it as long as there is no server
 * @returns its port, and whether it was there
 * @throws InterruptedError, with a server that was started stopped
 */
export async function bringUp(home: Home, stop?: AbortSignal): Promise<{ port: number; left: boolean }> {
  const left = await leftBehind(home, stop);
  if (left !== undefined) return { port: left, left: true };
  const server = serverOf(home, await choosePort(home.state.port));
  await holdingUp(() => server.initialise(), stop);
  try {
    return { port: await start(home, server, stop), left: false };
  } catch (error) {
    if (error instanceof InterruptedError && runningServer(home.dataDirectory)?.port === server.port)
      stopServer(home, server);
    throw error;
  }
}

/** @returns the port of the server that runs then */
async function start(home: Home, server: PostgresServer, stop: AbortSignal | undefined): Promise<number> {
  try {
    await holdingUp(() => server.start(), stop);
    return server.port;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    // pg_ctl gives up after a minute, the server does not: recovery may take longer. Or another first start was faster by a moment.
    const running = await leftBehind(home, stop);
    if (running === undefined) throw error;
    return running;
  }
}

async function choosePort(remembered: number | undefined): Promise<number> {
  return remembered !== undefined && (await portIsFree(remembered)) ? remembered : freePort();
}

/** Stops a server; one that does not end is told on standard error. @returns false if it had ended before */
export function stopServer(home: Home, server: PostgresServer): boolean {
  try {
    server.stop();
  } catch (error) {
    if (runningServer(home.dataDirectory) === undefined) return false;
    process.stderr.write(`the database goes on: ${(error as Error).message}\n`);
  }
  return true;
}

/**
 * Port of a server of ours that runs on the data directory: of another run, or left behind by one. Its pid file alone proves nothing: after a power cut the number may
 * belong to another program, so the server is asked, and waited for while it comes up or ends.
 * @throws InterruptedError if `stop` is aborted over that
 */
export async function leftBehind(home: Home, stop?: AbortSignal): Promise<number | undefined> {
  for (let asked = 0; ; asked++) {
    const running = runningServer(home.dataDirectory);
    if (running === undefined) return undefined;
    const answer = await ask(home, running.port);
    if (answer !== 'later') return answer === 'ours' ? running.port : undefined;
    if (stop?.aborted === true) throw new InterruptedError();
    if (asked === 0) process.stderr.write('waiting for the database, which comes up or ends\n');
    await pause(ASK_AGAIN_MS);
  }
}

async function ask(home: Home, port: number): Promise<'ours' | 'later' | 'not ours'> {
  const address = { port, database: 'postgres', passwords: home.state.passwords };
  const client = new Client({ connectionString: superuserUrl(address), connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return rows[0].folder === home.dataDirectory ? 'ours' : 'not ours';
  } catch (error) {
    // Whatever else answers there is not our server: pg_ctl then starts ours and says what is in the way.
    return (error as { code?: unknown }).code === CANNOT_CONNECT_NOW ? 'later' : 'not ours';
  } finally {
    await client.end().catch(() => undefined);
  }
}
