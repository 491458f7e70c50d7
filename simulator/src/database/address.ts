import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A name server answers within some milliseconds or, when its node has died, not at all. A later answer counts for the next connection. */
const ANSWER_MS = 50;

const known = new Map<string, string>();

async function ask(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Where to connect for a host: the address that its name stands for, or the last known one while nobody answers for the name. In a
 * failover half of the cluster's name servers may be gone, and the address of a Service does not change as long as it exists.
 * @param names asks for all addresses of a name; default: the system's resolver
 * @returns the host itself where it has several addresses, since only a connection can tell which of them is right
 * @throws Error of the resolver for a name that was never found
 */
export async function addressOf(host: string, names: typeof ask = ask): Promise<string> {
  if (isIP(host) !== 0) return host;
  const last = known.get(host);
  const answer = names(host).then((addresses) => remember(host, addresses));
  if (last === undefined) return answer;
  return (await within(ANSWER_MS, answer).catch(() => undefined)) ?? last;
}

function remember(host: string, addresses: readonly string[]): string {
  if (addresses.length === 1) {
    known.set(host, addresses[0]);
    return addresses[0];
  }
  known.delete(host);
  return host;
}
