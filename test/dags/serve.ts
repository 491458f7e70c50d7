import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { runSimulator } from '../../local/children';
import { databaseUrl, generatePasswords, superuserUrl, type DatabaseAddress } from '../../local/postgres/bootstrap';
import { withClient } from '../../local/postgres/client';
import { createMigrated } from '../../local/postgres/migrated';
import { runAnswerKey } from '../../simulator/src/proof/answer-key';
import { runVerify } from '../../simulator/src/proof/verify';
import { startThrowawayServer } from '../support/throwaway-server';
import { databaseAt } from '../support/database';

/**
 * A throwaway PostgreSQL with a history of the simulator for the tests of the DAGs. Prints one line of JSON with connection strings, then
 * obeys one line of JSON each on standard input (see {@link Request}) and answers each with one line. Ends, and deletes everything, when
 * standard input is closed.
 */
type Request =
  | { readonly command: 'start' }
  | { readonly command: 'stop'; readonly mode: 'fast' | 'immediate' }
  | { readonly command: 'backfill'; readonly to: string }
  | { readonly command: 'answer-key' }
  | { readonly command: 'verify' };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      students: { type: 'string', default: '300' },
      days: { type: 'string' },
      to: { type: 'string' },
      seed: { type: 'string', default: '7' },
    },
  });
  const { students, days, to, seed } = values;
  if (days === undefined || to === undefined) throw new Error('--days N and --to INSTANT are needed');
  const passwords = generatePasswords();
  const server = await startThrowawayServer(passwords, { max_connections: 60 });
  try {
    const edtech: DatabaseAddress = { port: server.port, database: 'edtech', passwords };
    await createMigrated(edtech);
    // The metadata database and its owner, as the platform's reconciler makes them.
    await withClient(superuserUrl(edtech), async (client) => {
      await client.query(`create role airflow login password ${client.escapeLiteral(passwords.owner)}`);
      await client.query('create database airflow owner airflow');
    });
    const simulator = (args: readonly string[], now: string): Promise<string> =>
      runSimulator(args, {
        DATABASE_URL: databaseUrl(edtech, 'simulator'),
        STREAM_STUDENTS: students,
        STREAM_SEED: seed,
        STREAM_HISTORY_DAYS: days,
        // Stream time stands still at the end of the history: nothing depends on the day of the test.
        CLOCK_STREAM_ORIGIN: now,
        CLOCK_WALL_ORIGIN: now,
        CLOCK_RATE: '0',
        HTTP_PORT: 'off',
        LOG_LEVEL: 'warn',
      });
    await simulator(['backfill', '--to', to], to);
    say({
      analytics: databaseUrl(edtech, 'analytics'),
      superuser: superuserUrl(edtech),
      metadata: `postgresql://airflow:${passwords.owner}@127.0.0.1:${server.port}/airflow`,
    });
    for await (const line of createInterface({ input: process.stdin })) {
      const request = JSON.parse(line) as Request;
      try {
        say({ ok: await answer(request) });
      } catch (error) {
        say({ error: (error as Error).message });
      }
    }

    async function answer(request: Request): Promise<string> {
      switch (request.command) {
        case 'start':
          server.server.start();
          return '';
        case 'stop':
          server.server.stop(request.mode);
          return '';
        case 'backfill':
          return simulator(['backfill', '--to', request.to], request.to);
        case 'answer-key':
          return JSON.stringify(await runAnswerKey({ database: databaseAt(databaseUrl(edtech, 'simulator')) }));
        case 'verify':
          return JSON.stringify(
            await runVerify({ database: databaseAt(databaseUrl(edtech, 'simulator')), record: true }),
          );
      }
    }
  } finally {
    // A test may have left it stopped; what counts is that nothing stays behind.
    if (server.server.postmasterPid === undefined) server.server.start();
    server.remove();
  }
}

function say(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
