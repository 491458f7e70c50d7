import { connect } from 'node:net';

/** Who answered. */
const answers = (host: string, port: number, patienceMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(patienceMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });

/** Tries connections from this machine, many at once. @returns those that were accepted, as `host:port` */
export async function scan(targets: readonly (readonly [string, number])[], patienceMs = 3000): Promise<string[]> {
  const open: string[] = [];
  const left = [...targets];
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [host, port] = next;
      if (await answers(host, port, patienceMs)) open.push(`${host}:${port}`);
    }
  };
  await Promise.all(Array.from({ length: 128 }, worker));
  return open.sort();
}
