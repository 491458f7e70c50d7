import { PRODUCT, RESTORE_REQUEST } from '../names';
import { find, kubectl } from '../kubectl';
import { targetText, type Target } from './options';

/**
 * How far a restore is. `requested`: the old database is being taken away; `emptied`: its volumes are gone and members may start;
 * `restored`: the database is back, what was stopped for it is started again.
 */
export type Phase = 'requested' | 'emptied' | 'restored';

/** A restore under way: the ConfigMap that tells the bootstrap what to restore also remembers what a second call needs. */
export interface Request {
  readonly target: string;
  readonly phase: Phase;
  /** Replicas of the simulator before it was stopped. */
  readonly simulators: number;
  /** Last sign of life of the old primary, as an instant; empty where there was none. */
  readonly lastSeen: string;
  readonly beganAt: string;
  /**
   * Newest segment of the archive when the old database was gone; empty before. The new one archives too, as soon as it runs: what a later
   * call finds in the archive says nothing about how far the restore had to go.
   */
  readonly newestSegment: string;
}

const PREFIX = `restore.${PRODUCT}/`;
const KEYS = ['phase', 'simulators', 'lastSeen', 'beganAt', 'newestSegment'] as const;

interface ConfigMap {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}

/** The restore under way, if there is one. @throws Error for one that this command has not made */
export async function readRequest(): Promise<Request | undefined> {
  const found = await find<ConfigMap>('configmap', RESTORE_REQUEST);
  if (found === undefined) return undefined;
  const annotations = found.metadata.annotations ?? {};
  const missing = KEYS.filter((key) => annotations[`${PREFIX}${key}`] === undefined);
  if (missing.length > 0 || found.data?.target === undefined) {
    throw new Error(
      `ConfigMap ${RESTORE_REQUEST} is there and was not made by this command (it lacks ${missing.join(', ') || 'target'}): ` +
        'a restore by hand is under way, or it was left over and must be deleted',
    );
  }
  const value = (key: (typeof KEYS)[number]): string => annotations[`${PREFIX}${key}`];
  return {
    target: found.data.target,
    phase: value('phase') as Phase,
    simulators: Number(value('simulators')),
    lastSeen: value('lastSeen'),
    beganAt: value('beganAt'),
    newestSegment: value('newestSegment'),
  };
}

export async function writeRequest(request: Request): Promise<Request> {
  const annotations = Object.fromEntries(KEYS.map((key) => [`${PREFIX}${key}`, `${request[key]}`]));
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: RESTORE_REQUEST, annotations },
    data: { target: request.target },
  };
  await kubectl(['apply', '--server-side', '--force-conflicts', '--filename=-'], { input: JSON.stringify(object) });
  return request;
}

export const deleteRequest = (): Promise<string> =>
  kubectl(['delete', 'configmap', RESTORE_REQUEST, '--ignore-not-found']);

export const isFor = (request: Request, target: Target): boolean => request.target === targetText(target);
