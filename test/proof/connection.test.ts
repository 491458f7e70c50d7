import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { verify } from '../../simulator/src/commands/verify';
import { readConfig, type SimulatorConfig } from '../../simulator/src/config';
import { AnswerTimeout } from '../../simulator/src/database/session';
import { withConnection } from '../../simulator/src/proof/connection';
import type { VerifyResult } from '../../simulator/src/proof/verify';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { PgProxy } from '../support/pg-proxy';
import { loadStream } from './support/load';
import { smallStream } from './support/small-stream';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const admin = await database.connect('superuser');
  await loadStream(admin, [smallStream('2026-03-02', 63)], Date.UTC(2026, 2, 3));
});
afterAll(() => database.drop());

/** The simulator's configuration with another port of the loopback. */
function through(port: number): SimulatorConfig {
  const config = readConfig({ DATABASE_URL: database.url('simulator'), DATABASE_CONNECT_TIMEOUT_MS: '300' });
  return { ...config, database: { ...config.database, port } };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

it('a server that falls silent ends a proof', async () => {
  const proxy = await PgProxy.start(database.port);
  proxy.observe(({ query, connection }) => {
    if (query === 'select 2') connection.mute();
  });
  const silenced = withConnection(
    through(proxy.port).database,
    async (client) => {
      await client.query('select 1');
      await client.query('select 2');
    },
    500,
  );
  await expect(silenced).rejects.toThrow(AnswerTimeout);
  await expect(silenced).rejects.toThrow('no answer of the database within 500 ms');
  await proxy.close();
});

it('a server that never answers is not waited for longer than the configuration says', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  const config = through(await listening(silent));
  await expect(withConnection(config.database, () => Promise.resolve())).rejects.toThrow('timeout');
  silent.close();
});

it('a connection that is lost between two statements ends a proof, which says how it was lost', async () => {
  const admin = await database.connect('superuser');
  const ended = withConnection(through(database.port).database, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const gone = new Promise((resolve) => client.once('end', resolve));
    await admin.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await gone;
    await client.query('select 1');
  });
  await expect(ended).rejects.toThrow('terminating connection due to administrator command');
});

it('a result that cannot be recorded is printed all the same, and the command fails', async () => {
  let connections = 0;
  // The first connection reads the snapshot, the second one records.
  const once = createServer((client) => {
    client.on('error', () => undefined);
    const server = connect(database.port, '127.0.0.1').on('error', () => undefined);
    client.on('close', () => server.destroy());
    if (connections++ > 0) client.destroy();
    else client.pipe(server).pipe(client);
  });
  const config = through(await listening(once));
  let printed = '';
  const output = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await expect(verify(config, { due: false, record: true })).rejects.toThrow('the result could not be recorded: ');
  } finally {
    output.mockRestore();
    once.close();
  }
  expect(connections).toBe(2);
  expect(JSON.parse(printed) as VerifyResult).toMatchObject({ lost: 0, extra: 0, changed: 0 });
});
