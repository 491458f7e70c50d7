import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

/** `elsewhere`: on another machine, of which this one knows nothing. */
export type Life = 'alive' | 'dead' | 'elsewhere';

const socketOf = (name: string): string => path.join(tmpdir(), `edtech-restore-${name.split('/').at(-1)}`);

/** @returns a name for this process; others on this machine can tell by it whether it lives, since the kernel closes its socket */
export async function beKnown(): Promise<string> {
  const name = `${hostname()}/${process.pid}/${randomBytes(6).toString('hex')}`;
  const server = createServer((socket) => socket.destroy()).listen(socketOf(name));
  // Without one, as where nothing can be written, a call that was killed counts as ended some time later.
  await once(server, 'listening').catch(() => undefined);
  server.unref();
  return name;
}

export function lifeOf(name: string): Promise<Life> {
  return new Promise((resolve) => {
    const socket = connect(socketOf(name));
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' ? 'dead' : 'elsewhere'));
  });
}

/** What is left of a process that has ended. */
export const forget = (name: string): void => rmSync(socketOf(name), { force: true });
