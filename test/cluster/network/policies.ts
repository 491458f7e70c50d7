import { type WorkloadName } from '../../../src/names';
import { get, kubectl } from '../support/cluster';

interface Rule {
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[];
  readonly to?: unknown;
  readonly from?: unknown;
}

export interface Policy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly ingress?: readonly Rule[]; readonly egress?: readonly Rule[] };
}

export async function policyOf(workload: WorkloadName): Promise<Policy> {
  const { apiVersion, kind, metadata, spec } = await get<Policy>(['networkpolicy', workload]);
  return { apiVersion, kind, metadata: { name: metadata.name, labels: metadata.labels }, spec };
}

/** Puts policies in place, as an apply of the platform would; the same call with the former ones takes a change back. */
export async function putPolicies(policies: readonly Policy[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies });
  await kubectl(['apply', '--server-side', '--filename=-'], { input: list });
}

/** The policy without its rule for a port in one direction. @throws Error if there is none */
export function without(policy: Policy, direction: 'ingress' | 'egress', port: number): Policy {
  const rules = policy.spec[direction] ?? [];
  const left = rules.filter(({ ports = [] }) => !ports.some((one) => one.port === port));
  if (left.length === rules.length) throw new Error(`${policy.metadata.name} has no ${direction} rule for ${port}`);
  return { ...policy, spec: { ...policy.spec, [direction]: left } };
}

/** The policy with one more port in its rule for another one. @throws Error if there is none */
export function widened(policy: Policy, direction: 'ingress' | 'egress', port: number, also: number): Policy {
  const rules = policy.spec[direction] ?? [];
  if (!rules.some(({ ports = [] }) => ports.some((one) => one.port === port)))
    throw new Error(`${policy.metadata.name} has no ${direction} rule for ${port}`);
  const changed = rules.map((rule) =>
    (rule.ports ?? []).some((one) => one.port === port)
      ? { ...rule, ports: [...(rule.ports ?? []), { protocol: 'TCP', port: also }] }
      : rule,
  );
  return { ...policy, spec: { ...policy.spec, [direction]: changed } };
}
