import { WORKLOAD } from '../names';
import { list, tryKubectl } from '../cluster/kubectl';

const SELECTOR = `app.kubernetes.io/name=${WORKLOAD.postgres}`;

export interface MemberPod {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

export const memberPods = (): Promise<readonly MemberPod[]> => list<MemberPod>('pods', SELECTOR);

/** What a member says of itself in Patroni's annotation. */
export const saidBy = ({ metadata }: MemberPod): Readonly<Record<string, string | number | undefined>> =>
  JSON.parse(metadata.annotations?.status ?? '{}') as Record<string, string | number | undefined>;

/** Runs SQL as superuser in a member's pod. @returns rows, fields divided by `|`; undefined where there is no answer */
export async function trySql(member: string, text: string, database = 'postgres'): Promise<string[] | undefined> {
  const args = ['exec', '--stdin', member, '--container=postgres', '--'];
  const psql = ['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database];
  const { code, stdout } = await tryKubectl([...args, ...psql], { input: text, timeoutSeconds: 30 });
  return code === 0 ? stdout.split('\n').filter((line) => line !== '') : undefined;
}

/** So long a primary is waited for: a failover takes less. */
export const PRIMARY_SECONDS = 60;

/** The member that accepts writes, if one answers. */
export async function primaryMember(): Promise<string | undefined> {
  for (const { metadata } of await memberPods()) {
    if (metadata.deletionTimestamp !== undefined) continue;
    const answer = await trySql(metadata.name, 'select pg_is_in_recovery();');
    if (answer?.[0] === 'f') return metadata.name;
  }
  return undefined;
}

/** What tells a database cluster from every other one, also from one that holds the same. */
export async function systemIdentifier(member: string): Promise<string> {
  const [identifier] = (await trySql(member, 'select system_identifier from pg_control_system();')) ?? [];
  if (identifier === undefined) throw new Error(`${member} does not say which database it holds`);
  return identifier;
}
