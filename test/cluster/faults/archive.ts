import { kubectl } from '../support/cluster';
import { eventually } from '../support/command';
import { members, sql } from '../support/members';
import { archiveGaps, archiver, untilArchived } from '../support/repository';

/** Between the return of the repository's node and the moment when all that was written meanwhile must be archived. */
const ARCHIVED_SECONDS = 120;

/** The member that takes writes now, on a node with power. */
export async function primaryNow(deadNodes: readonly string[]): Promise<string> {
  const found = (await members()).find(({ role, node }) => role === 'primary' && !deadNodes.includes(node));
  if (found === undefined) throw new Error('no member takes writes');
  return found.name;
}

/** Closes a segment while the repository is away. @throws Error when it is archived: then nothing was away */
export async function walWaits(deadNodes: readonly string[], note: (text: string) => void): Promise<void> {
  const primary = await primaryNow(deadNodes);
  await sql(primary, 'select pg_switch_wal();');
  const { waiting } = await archiver(primary);
  if (waiting === 0) throw new Error(`${primary} archives although the repository's node has no power`);
  note(`${waiting} segments wait for the repository`);
}

/** After the repository's node was started: all that waited is archived in time, and the archive has no hole. */
export async function walArchived(node: string, note: (text: string) => void): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', `node/${node}`, '--timeout=120s'], { timeoutSeconds: 130 });
  const begun = Date.now();
  // The dead member's pod may still carry its label until it is back.
  const primary = await eventually('one member takes writes', ARCHIVED_SECONDS, async () => {
    const [name, another] = (await members()).filter(({ role, ready }) => role === 'primary' && ready);
    return another === undefined ? name?.name : undefined;
  });
  await untilArchived(primary, ARCHIVED_SECONDS - (Date.now() - begun) / 1000);
  note(`all archived ${((Date.now() - begun) / 1000).toFixed(0)} s after ${node} was ready again`);
  const holes = await archiveGaps();
  if (holes.length > 0) throw new Error(`the archive has holes: ${holes.join('; ')}`);
}
