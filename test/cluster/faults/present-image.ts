import { LOOP_SECONDS } from '../../../src/constructs/postgres-settings';
import { IMAGE } from '../../../src/images';
import type { Conditions } from './report';

/** What an image of the database's members has in common with the one before it. */
interface Alike {
  readonly tag: string;
  readonly because: string;
  /** Faults that the difference is about: rounds of these with the earlier tag do not count. */
  readonly except?: readonly string[];
}

/**
 * The earlier tag whose members go through a failover as those of a tag do. Rounds count for the present image along this chain;
 * a tag that is not here counts for itself alone.
 */
const AS_BEFORE: Readonly<Record<string, Alike>> = {
  '17.12-26': {
    tag: '17.12-25',
    because:
      'an unfinished copy of the data is taken away before Patroni starts; the exit code of a backup without a record',
  },
  '17.12-25': {
    tag: '17.12-24',
    because: 'a new primary makes its calls of the Kubernetes API through one connection, so writes point to it sooner',
    except: ['setting-changed'],
  },
  '17.12-24': {
    tag: '17.12-23',
    because:
      'a conflict at a lock that has run out counts as no answer as well, which concerns an API server that stood still',
    except: ['api-server-stopped'],
  },
  '17.12-23': {
    tag: '17.12-22',
    because:
      'a conflict at the leader lock without time to look again counts as no answer; what the reconciler asks before a restart; how soon the archiver tries again',
    except: [
      'api-server-stopped',
      'setting-changed',
      'single-copy-node-killed',
      'primary-and-repository-node-killed',
      'pod-deleted-repository-away',
    ],
  },
  '17.12-22': {
    tag: '17.12-20',
    because:
      'only the programs of the reconciler and which older segments a new primary pushes differ; since then clients take a known address sooner where a node with a name server is lost',
    except: ['primary-node-killed', 'primary-node-partitioned', 'primary-and-dns-node-killed', 'standby-node-killed'],
  },
  '17.12-20': {
    tag: '17.12-18',
    because: 'which older segments a new primary pushes differs, and who looks for the repository’s address',
  },
  '17.12-18': {
    tag: '17.12-17',
    because: 'a standby tries to connect to the repository before it fetches: 8 ms where it answers',
  },
  '17.12-17': {
    tag: '17.12-16',
    because:
      'the archiver of a new primary pushes older segments too, beside the writes; calls of the Kubernetes API have a name',
  },
  '17.12-15': {
    tag: '17.12-14',
    because: 'only the programs of the reconciler and of backups and what pushes a segment differ',
  },
};

/** A tag and all that count as it, for a fault. */
export function alikeInFailover(tag: string, fault: string, asBefore = AS_BEFORE): string[] {
  const before = asBefore[tag];
  if (before === undefined || before.except?.includes(fault) === true) return [tag];
  return [tag, ...alikeInFailover(before.tag, fault, asBefore)];
}

/** Whether rounds of a fault with an image of members are rounds with the present one. @param image full reference, a site's mirror included */
export function isPresent(
  image: string,
  fault: string,
  present: string = IMAGE.postgres.tag,
  asBefore = AS_BEFORE,
): boolean {
  const [repository, tag] = image.split(/:(?=[^:/]*$)/);
  const own = repository === IMAGE.postgres.repository || repository.endsWith(`/${IMAGE.postgres.repository}`);
  return own && alikeInFailover(present, fault, asBefore).includes(tag);
}

/** Whether rounds of a fault on such members count for what a full run has: their image, or one as good for it, and loop are the present ones. */
export const countsAsPresent = (fault: string, on: Pick<Conditions, 'image' | 'loopSeconds'>): boolean =>
  isPresent(on.image, fault) && on.loopSeconds === LOOP_SECONDS;
