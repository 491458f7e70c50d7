import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:https';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createCa, issue } from '../../src/secrets/certificates';
import { generatePasswords } from '../../local/postgres/bootstrap';
import { startThrowawayServer, type ThrowawayServer } from '../support/throwaway-server';

const PROGRAM = path.join(__dirname, '../../images/postgres/alive.py');
const PATIENCE_SECONDS = '1';

/** What Patroni would say to `/liveness`. */
let answer = 200;
let patroni: Server;
let postgres: ThrowawayServer;
let socket: string;

interface Verdict {
  readonly code: number;
  readonly reason: string;
}

function alive(path = socket, port = (patroni.address() as AddressInfo).port): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile('python3', ['-I', PROGRAM, path, `${port}`, PATIENCE_SECONDS], (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), reason: stderr.trim() }),
    );
  });
}

const signal = (name: NodeJS.Signals): boolean => process.kill(postgres.server.postmasterPid as number, name);

beforeAll(async () => {
  const ca = await createCa('test', new Date());
  const { certificate, key } = await issue(
    ca,
    { commonName: 'member', usage: 'server', hosts: ['member.test'] },
    new Date(),
  );
  patroni = createServer({ cert: certificate, key }, (request, response) => {
    response.statusCode = request.url === '/liveness' ? answer : 404;
    response.end();
  });
  await new Promise<void>((resolve) => patroni.listen(0, '127.0.0.1', resolve));
  // Relative to the data directory: a path in a deep temporary folder may be too long for a socket.
  postgres = await startThrowawayServer(generatePasswords(), { unix_socket_directories: '.', max_connections: 5 });
  socket = path.join(postgres.dataDirectory, `.s.PGSQL.${postgres.port}`);
});

afterAll(() => {
  patroni.close();
  postgres.remove();
});

beforeEach(() => {
  answer = 200;
});

test('a member is alive whose postmaster answers a new connection', async () => {
  expect(await alive()).toEqual({ code: 0, reason: '' });
});

test('a frozen postmaster is found, and no longer once it goes on', async () => {
  signal('SIGSTOP');
  try {
    expect(await alive()).toEqual({
      code: 1,
      reason: `PostgreSQL accepts no new connection: no answer within 1 s at ${socket}`,
    });
  } finally {
    signal('SIGCONT');
  }
  expect(await alive()).toEqual({ code: 0, reason: '' });
});

test('no server is Patroni’s business: without a socket, and with one that a crash left behind', async () => {
  expect(await alive(`${socket}.none`)).toEqual({ code: 0, reason: '' });
  const left = path.join(postgres.dataDirectory, 'left');
  // What a killed process leaves: a socket file on which nobody listens.
  await new Promise((resolve) =>
    execFile('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(left)})`], resolve),
  );
  expect(await alive(left)).toEqual({ code: 0, reason: '' });
});

test('a server that closes the connection without an answer is ending, not frozen', async () => {
  const closing = path.join(postgres.dataDirectory, 'closing');
  const server = createSocketServer((connection) => connection.destroy());
  await new Promise<void>((resolve) => server.listen(closing, resolve));
  try {
    expect(await alive(closing)).toEqual({ code: 0, reason: '' });
  } finally {
    server.close();
  }
});

test('a Patroni whose loop stalls, or that is not there, is not alive', async () => {
  answer = 503;
  expect(await alive()).toEqual({ code: 1, reason: 'Patroni answers /liveness with 503' });
  expect(await alive(socket, 1)).toMatchObject({
    code: 1,
    reason: expect.stringMatching(/^Patroni does not answer: /),
  });
});
