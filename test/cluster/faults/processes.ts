import { DATA_DIRECTORY } from '../../../src/constructs/postgres-cluster';
import type { Machines } from '../support/cluster';
import type { Member } from '../support/members';

/**
 * Bash that lists processes of a member by a pattern of one of their arguments, for its node: none can stop or kill the first process of
 * its own container. One look at all processes of the machine, since a small clone takes a second.
 */
const listed = (member: string, argument: string): string =>
  `for f in $(grep --files-with-matches --no-messages --null-data -E '${argument}' /proc/[0-9]*/cmdline); do
    p=\${f#/proc/}; p=\${p%/cmdline}
    if grep --quiet --no-messages --null-data -x 'HOSTNAME=${member}' /proc/$p/environ; then echo $p; fi
  done`;

/** @throws Error if there is none, unless it is to go on: a member's container may have been replaced while it stood still */
export async function signalPatroni(
  machines: Machines,
  { node, name }: Member,
  signal: 'STOP' | 'CONT' | 'KILL',
): Promise<void> {
  const script = `found=$(${listed(name, '(^|/)patroni$')}); [ -z "$found" ] || kill -${signal} $found; echo $found`;
  const found = await machines.exec(node, 'bash', '-c', script);
  if (found.trim() === '' && signal !== 'CONT') throw new Error(`no Patroni of ${name} on ${node}`);
}

/** Stops a copy of the primary on its way, once it has begun to write; looks for 20 s. @returns whether there was one */
export async function stopClone(machines: Machines, { node, name }: Pick<Member, 'node' | 'name'>): Promise<boolean> {
  const script = `for i in {1..200}; do
    for p in $(${listed(name, '(^|/)pg_basebackup$')}); do
      if [ -e /proc/$p/root${DATA_DIRECTORY}/backup_label ]; then kill -STOP $p; echo $p; exit; fi
    done
    sleep 0.1
  done`;
  return (await machines.exec(node, 'bash', '-c', script)).trim() !== '';
}
