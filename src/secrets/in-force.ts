import { apply } from '../cluster/apply';
import { list, until } from '../cluster/kubectl';
import { hasEnded, unsettledWorkloads, type LiveWorkload } from '../cluster/settled';
import { words } from '../words';

/** As much of a live pod as telling which Secrets it uses needs. */
export interface LivePod {
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly status?: { readonly phase?: string };
}

const REVISION = /^(.+)-r[1-9]\d*$/;

/**
 * Pods that have not ended and use another revision of a Secret than the present one; pods that are ending still do.
 * @param current present name of each Secret, as `edtech-ca-r1`
 */
export function usesOfOldRevisions(pods: readonly LivePod[], current: readonly string[]): string[] {
  const present = new Map(current.map((name) => [REVISION.exec(name)?.[1], name]));
  return pods
    .filter((pod) => !hasEnded(pod))
    .flatMap(({ metadata, spec }) =>
      [...new Set(words(spec))]
        .filter((word) => {
          const base = REVISION.exec(word)?.[1];
          return base !== undefined && present.has(base) && present.get(base) !== word;
        })
        .map((word) => `pod ${metadata.name} uses ${word}`),
    );
}

const WAITED_FOR = { Deployment: 'deployment.apps', StatefulSet: 'statefulset.apps', Job: 'job.batch' };

/** Applies a rendered directory. @returns what was applied, as kubectl names it */
export async function applyDirectory(directory: string): Promise<ReadonlySet<string>> {
  const said = await apply(directory);
  return new Set(said.split('\n').map((line) => line.split(' ')[0]));
}

/**
 * Waits until everything applied is ready and no pod uses an earlier revision of a Secret.
 * @param applied as from {@link applyDirectory}; what else is in the namespace does not matter
 * @returns seconds that it took
 * @throws Error that names what is missing when the time is over
 */
export async function untilInForce(
  applied: ReadonlySet<string>,
  current: readonly string[],
  seconds: number,
): Promise<number> {
  const begun = Date.now();
  let open: readonly string[] = [];
  await until(
    'in force; the same call goes on',
    seconds,
    async () => {
      const workloads = (await list<LiveWorkload>('deployments,statefulsets,jobs')).filter(({ kind, metadata }) =>
        applied.has(`${WAITED_FOR[kind as keyof typeof WAITED_FOR]}/${metadata.name}`),
      );
      open = [...unsettledWorkloads(workloads), ...usesOfOldRevisions(await list<LivePod>('pods'), current)];
      return open.length === 0 ? true : undefined;
    },
    () => open.join('; '),
  );
  return (Date.now() - begun) / 1000;
}
