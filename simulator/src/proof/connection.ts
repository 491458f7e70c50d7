import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { AnswerTimeout, clientConfig, type DatabaseConfig } from '../database/session';
import { MINUTE_MS } from '../model/day';
import { PROOF_APPLICATION } from './application';

/**
 * An answer that takes longer does not come any more. A day of a large stream takes the server minutes, so the query timeout of ticks is
 * none for a proof; a dead node is found out within seconds by the socket's keep-alive, unless a statement was on its way to it.
 */
const ANSWER_WITHIN_MS = 30 * MINUTE_MS;
const GOODBYE_MS = 1000;

/**
 * Runs `work` with a connection of its own.
 * @throws Error that says how the connection was lost, whichever statement met it; AnswerTimeout if the server is silent
 */
export async function withConnection<T>(
  database: DatabaseConfig,
  work: (client: Client) => Promise<T>,
  answerWithinMs = ANSWER_WITHIN_MS,
): Promise<T> {
  const client = new Client({
    ...(await clientConfig(database, PROOF_APPLICATION)),
    query_timeout: answerWithinMs,
  });
  let lost: Error | undefined;
  // Without a listener a connection lost between two statements would end the process.
  client.on('error', (error) => (lost ??= error));
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    // What pg says of a statement that took longer; a later one only learns that there is no connection.
    if ((error as Error).message === 'Query read timeout')
      throw new AnswerTimeout(`no answer of the database within ${answerWithinMs} ms`, { cause: error });
    throw lost ?? error;
  } finally {
    await Promise.race([client.end().catch(() => undefined), sleep(GOODBYE_MS, undefined, { ref: false })]);
  }
}
