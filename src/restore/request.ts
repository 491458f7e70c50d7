import { PRODUCT, RESTORE_REQUEST } from '../names';
import { find, kubectl } from '../cluster/kubectl';
import { targetText, type RestoreOptions } from './options';

/**
 * How far a restore is. `requested`: the old database is being taken away; `emptied`: its volumes are gone and members may start;
 * `restored`: the database is back, what was stopped for it is started again.
 */
export type Phase = 'requested' | 'emptied' | 'restored';

/** A restore under way: the ConfigMap that tells the bootstrap what to restore also remembers what a second call needs. */
export interface Request {
  readonly target: string;
  /** The timeline that is followed. */
  readonly timeline: number;
  /** Label of the backup that it begins with. */
  readonly backup: string;
  readonly phase: Phase;
  /** Replicas of the simulator before it was stopped. */
  readonly simulators: number;
  /** Last sign of life of the old primary, as an instant; empty where there was none. */
  readonly lastSeen: string;
  readonly beganAt: string;
  /**
   * Timeline of the database that was lost, known when it is gone; undefined before. An attempt that comes up short writes one of its own,
   * which must not be taken for it: until a restore is complete, this is what `--latest` means, and members hold nothing worth archiving.
   */
  readonly lost: number | undefined;
  /** Segment that the restore must have read something of, known when the old database is gone; empty before, and for a point in time. */
  readonly newestSegment: string;
}

const PREFIX = `restore.${PRODUCT}/`;
const ANNOTATIONS = ['phase', 'simulators', 'lastSeen', 'beganAt', 'lost', 'newestSegment'] as const;
const DATA = ['target', 'timeline', 'backup'] as const;

interface ConfigMap {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}

/** The restore under way, if there is one. @throws Error for one that this command has not made */
export async function readRequest(): Promise<Request | undefined> {
  const found = await find<ConfigMap>('configmap', RESTORE_REQUEST);
  if (found === undefined) return undefined;
  const { data = {}, metadata } = found;
  const annotations = metadata.annotations ?? {};
  const missing = [
    ...ANNOTATIONS.filter((key) => annotations[`${PREFIX}${key}`] === undefined),
    ...DATA.filter((key) => data[key] === undefined),
  ];
  if (missing.length > 0) {
    throw new Error(
      `ConfigMap ${RESTORE_REQUEST} is there and was not made by this command (it lacks ${missing.join(', ')}): ` +
        'a restore by hand is under way, or it was left over and must be deleted',
    );
  }
  const value = (key: (typeof ANNOTATIONS)[number]): string => annotations[`${PREFIX}${key}`];
  return {
    target: data.target,
    timeline: Number(data.timeline),
    backup: data.backup,
    phase: value('phase') as Phase,
    simulators: Number(value('simulators')),
    lastSeen: value('lastSeen'),
    beganAt: value('beganAt'),
    lost: value('lost') === '' ? undefined : Number(value('lost')),
    newestSegment: value('newestSegment'),
  };
}

export async function writeRequest(request: Request): Promise<Request> {
  const annotations = Object.fromEntries(ANNOTATIONS.map((key) => [`${PREFIX}${key}`, `${request[key] ?? ''}`]));
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: RESTORE_REQUEST, annotations },
    data: Object.fromEntries(DATA.map((key) => [key, `${request[key]}`])),
  };
  await kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], { input: JSON.stringify(object) });
  return request;
}

export const deleteRequest = (): Promise<string> =>
  kubectl(['delete', 'configmap', RESTORE_REQUEST, '--ignore-not-found']);

/** Whether a call asks for the same; what it does not name is as the first one chose it. */
export const isFor = (request: Request, { target, timeline, backup }: RestoreOptions): boolean =>
  request.target === targetText(target) &&
  (timeline ?? request.timeline) === request.timeline &&
  (backup ?? request.backup) === request.backup;

/** The timeline of the lost database, while what members hold is at most an attempt to bring it back. */
export const lostTimeline = (request: Request | undefined): number | undefined =>
  request === undefined || request.phase === 'restored' ? undefined : request.lost;
