import type { Machines } from '../support/cluster';
import type { Member } from '../support/members';

const DATA = '/pgdata/pg17';

/**
 * Bash that lists processes of a member by words of their command line, for its node: none can stop or kill the first process of its own
 * container.
 */
const listed = (member: string, words: string): string => `for p in /proc/[0-9]*; do
    if tr '\\0' '\\n' <$p/environ 2>/dev/null | grep -qx 'HOSTNAME=${member}' && tr '\\0' ' ' <$p/cmdline | grep -q '${words}'
    then echo \${p#/proc/}; fi
  done`;

/** @returns whether there was one */
export async function signalPatroni(
  machines: Machines,
  { node, name }: Member,
  signal: 'STOP' | 'CONT' | 'KILL',
): Promise<boolean> {
  const script = `found=$(${listed(name, 'patroni /etc/patroni')}); [ -z "$found" ] || kill -${signal} $found; echo $found`;
  return (await machines.exec(node, 'bash', '-c', script)).trim() !== '';
}

/** Stops a copy of the primary on its way, once it has begun to write; looks for 20 s. @returns whether there was one */
export async function stopClone(machines: Machines, { node, name }: Pick<Member, 'node' | 'name'>): Promise<boolean> {
  const script = `for i in {1..200}; do
    for p in $(${listed(name, 'pg_basebackup')}); do
      if [ -e /proc/$p/root${DATA}/backup_label ]; then kill -STOP $p; echo $p; exit; fi
    done
    sleep 0.1
  done`;
  return (await machines.exec(node, 'bash', '-c', script)).trim() !== '';
}
