import { kubectl } from '../support/cluster';
import { eventually, sleep } from '../../support/eventually';
import { members, pods } from '../support/members';
import {
  archiveGaps,
  archiver,
  closeSegment,
  scaleRepository,
  untilArchived,
  waitsForArchive,
} from '../support/repository';
import { WORKLOAD } from '../../../src/names';

/** Between the return of the repository, or the end of any other round, and the moment when all that was written must be archived. */
const ARCHIVED_SECONDS = 120;

/** The member that takes writes now, on a node with power. */
export async function primaryNow(deadNodes: readonly string[]): Promise<string> {
  const found = (await members()).find(({ role, node }) => role === 'primary' && !deadNodes.includes(node));
  if (found === undefined) throw new Error('no member takes writes');
  return found.name;
}

/** An archiver with nowhere to go, as one sees it after a segment was closed. */
export interface Archiving {
  /** Tries that have failed so far. */
  failed(): Promise<number>;
  /** Closes a segment and returns its name. */
  close(): Promise<string>;
  /** Whether a closed segment is not archived yet. */
  waits(segment: string): Promise<boolean>;
}

const PATIENCE = {
  /** A repository that works has a segment long before that. */
  archivedSeconds: 6,
  /** A closed segment wakes the archiver, and a try gives up after the 20 s of pgBackRest's `protocol-timeout`. */
  failedTrySeconds: 60,
};

/** Closes a segment. @throws Error when it is archived, or when no try to archive it fails: then nothing was away */
export async function waitsInVain(archiving: Archiving, patience = PATIENCE): Promise<string> {
  const failedBefore = await archiving.failed();
  const segment = await archiving.close();
  const stillWaits = async (): Promise<void> => {
    if (!(await archiving.waits(segment))) throw new Error(`segment ${segment} was archived`);
  };
  await sleep(patience.archivedSeconds);
  await stillWaits();
  await eventually(
    `a failed try to archive ${segment}`,
    patience.failedTrySeconds,
    async () => (await archiving.failed()) > failedBefore,
  );
  await stillWaits();
  return segment;
}

/** The repository is away: a closed segment waits with the primary. @throws Error when it does not */
export async function walWaits(deadNodes: readonly string[], note: (text: string) => void): Promise<void> {
  const primary = await primaryNow(deadNodes);
  const segment = await waitsInVain({
    failed: async () => (await archiver(primary)).failed,
    close: () => closeSegment(primary),
    waits: (name) => waitsForArchive(primary, name),
  }).catch((error: Error) => {
    throw new Error(`${primary} keeps no WAL waiting although the repository's node has no power: ${error.message}`);
  });
  const { waiting } = await archiver(primary);
  note(`${waiting} segments wait for the repository, ${segment} among them`);
}

/** After the repository's node was started: all that waited is archived in time, and the archive has no hole. */
export async function walArchived(node: string, note: (text: string) => void): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', `node/${node}`, '--timeout=120s'], { timeoutSeconds: 130 });
  await allArchived(`${node} was ready again`, note);
}

/** @param since what has just happened, after which all that waited is to be archived in time, without a hole in the archive */
async function allArchived(since: string, note: (text: string) => void): Promise<void> {
  const begun = Date.now();
  // The dead member's pod may still carry its label until it is back.
  const primary = await eventually('one member takes writes', ARCHIVED_SECONDS, async () => {
    const [name, another] = (await members()).filter(({ role, ready }) => role === 'primary' && ready);
    return another === undefined ? name?.name : undefined;
  });
  await untilArchived(primary, ARCHIVED_SECONDS - (Date.now() - begun) / 1000);
  note(`all archived ${((Date.now() - begun) / 1000).toFixed(0)} s after ${since}`);
  const holes = await archiveGaps();
  if (holes.length > 0) throw new Error(`the archive has holes: ${holes.join('; ')}`);
}

/** What is asked of the archive after each round. */
export class ArchiveCheck {
  private readonly told = new Set<string>();

  constructor(
    private readonly archived = (primary: string): Promise<void> => untilArchived(primary, ARCHIVED_SECONDS),
    private readonly holes = archiveGaps,
  ) {}

  /**
   * Closes a segment and waits until it is archived. Returns holes of the archive; each counts in the round that shows it first.
   * @throws Error when the segment is not archived in time
   */
  async newHoles(primary: string): Promise<string[]> {
    await this.archived(primary);
    const found = (await this.holes()).filter((hole) => !this.told.has(hole));
    for (const hole of found) this.told.add(hole);
    return found;
  }
}

/** The repository's host is taken away, and does not come back by itself. */
export async function takeRepositoryAway(): Promise<void> {
  await scaleRepository(0);
  await eventually('no repository host is left', 120, async () => (await pods(WORKLOAD.backupRepository)).length === 0);
}

/** The repository's host comes back: all that waited is archived in time, and the archive has no hole. */
export async function bringRepositoryBack(note: (text: string) => void): Promise<void> {
  await scaleRepository(1);
  await allArchived('the repository was asked back', note);
}
