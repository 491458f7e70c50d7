import { ScriptedCluster, type Answer } from '../support/scripted-cluster';
import { ScriptedLease } from './scripted-lease';

/** Calls, what kubectl says to them, and who is told of them. */
export type Scripted = readonly [
  RegExp,
  ReturnType<Answer> | ((input: string) => ReturnType<Answer>),
  ((input: string) => void)?,
];

/**
 * A cluster in which the first answer that fits counts; what has none does as it is told and says nothing. It keeps the restore's Lease,
 * which a call that takes long renews.
 */
export function scripted(...answers: readonly Scripted[]): Promise<ScriptedCluster> {
  const lease = new ScriptedLease();
  return ScriptedCluster.open((line, input) => {
    const [, answer = lease.answer(line, input) ?? '', seen] = answers.find(([pattern]) => pattern.test(line)) ?? [];
    seen?.(input);
    return typeof answer === 'function' ? answer(input) : answer;
  });
}

export const items = (...found: object[]): string => JSON.stringify({ items: found });

export const condition = (type: string): object => ({ conditions: [{ type, status: 'True' }] });

/** The primary. */
export const member = (restartCount: number) => ({
  metadata: { name: 'edtech-postgres-0', labels: { role: 'primary' } },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'postgres', restartCount }],
  },
});
export const replica = (number: number) => ({
  metadata: {
    name: `edtech-postgres-${number}`,
    labels: { role: 'replica' },
    annotations: { status: JSON.stringify({ replication_state: 'streaming' }) },
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

/** A release's Job. */
export const releaseJob = (workload: string, status: object = condition('Complete')): object => ({
  metadata: { name: `${workload}-0123456789`, creationTimestamp: '2026-03-02T10:00:00Z' },
  spec: { template: { metadata: { labels: {} }, spec: {} } },
  status,
});
/** The release's Job of the migrations. */
export const RELEASE: Scripted = [/^get jobs .*edtech-migrations /, items(releaseJob('edtech-migrations'))];
/** That Job repeated without a failure. */
export const MIGRATIONS: readonly Scripted[] = [
  RELEASE,
  [/^get job edtech-migrations-after-restore /, JSON.stringify({ status: condition('Complete') })],
];

let reconcilers = 0;
/** The reconciler: deleted, another one is ready. */
export const RECONCILER: readonly Scripted[] = [
  [/^delete pod .*edtech-postgres-reconciler /, '', () => reconcilers++],
  [
    /^get pods .*edtech-postgres-reconciler /,
    () => items({ metadata: { name: 'reconciler', uid: `${reconcilers}` }, status: condition('Ready') }),
  ],
];
