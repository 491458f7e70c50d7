import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canEnter, serverAccount } from '../../local/postgres/account';
import { postgresPrograms } from '../../local/postgres/binaries';
import type { Passwords } from '../../local/postgres/bootstrap';
import { freePort, PostgresServer } from '../../local/postgres/server';

export interface ThrowawayServer {
  readonly port: number;
  readonly dataDirectory: string;
  readonly server: PostgresServer;
  /** Stops the server and deletes its data. */
  remove(): void;
}

/**
 * A PostgreSQL server for tests in a new temporary folder, on a free port of the loopback.
 * @param settings PostgreSQL settings on top of those of the local run, such as `synchronous_commit`
 */
export async function startThrowawayServer(
  passwords: Passwords,
  settings: Record<string, string | number> = {},
): Promise<ThrowawayServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-test-'));
  chmodSync(folder, 0o755);
  const account = serverAccount();
  if (account) chownSync(folder, account.uid, account.gid);
  const reachable = canEnter(path.dirname(require.resolve('pg/package.json')), account);
  const dataDirectory = path.join(folder, 'data');
  const server = new PostgresServer({
    programs: postgresPrograms(reachable ? undefined : path.join(folder, 'programs')),
    dataDirectory,
    logFile: path.join(folder, 'server.log'),
    account,
    superuserPassword: passwords.superuser,
    port: await freePort(),
    settings,
  });
  server.initialise();
  server.start();
  return {
    port: server.port,
    dataDirectory,
    server,
    remove: () => {
      server.stop('immediate');
      rmSync(folder, { recursive: true });
    },
  };
}
