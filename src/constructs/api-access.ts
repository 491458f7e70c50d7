import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { withoutNamespace } from './cluster-wide';
import type { Labels } from '../labels';

/** What may be done with some objects of the Kubernetes API. */
export interface ApiRule {
  /** @default the core group */
  readonly apiGroup?: string;
  readonly resources: readonly string[];
  /** @default objects of every name */
  readonly names?: readonly string[];
  /** @default get, list and watch */
  readonly verbs?: readonly string[];
}

export interface ApiAccessProps {
  /** ServiceAccount, and name of the roles. */
  readonly account: string;
  /** Namespace of the account. */
  readonly namespace: string;
  readonly labels: Labels;
  /** Where the rules hold. */
  readonly namespaces: readonly string[];
  readonly rules: readonly ApiRule[];
  /** In the whole cluster, for what belongs to no namespace. @default nothing */
  readonly clusterRules?: readonly ApiRule[];
}

const policyRule = ({
  apiGroup = '',
  resources,
  names,
  verbs = ['get', 'list', 'watch'],
}: ApiRule): k8s.PolicyRule => ({
  apiGroups: [apiGroup],
  resources: [...resources],
  resourceNames: names && [...names],
  verbs: [...verbs],
});

/** Access of one account to the Kubernetes API: a Role in each namespace, and a ClusterRole only where there is no other way. */
export class ApiAccess extends Construct {
  constructor(scope: Construct, id: string, props: ApiAccessProps) {
    super(scope, id);
    const { account: name, clusterRules = [] } = props;
    const labels = { ...props.labels };
    const subjects = [{ kind: 'ServiceAccount', name, namespace: props.namespace }];
    const apiGroup = 'rbac.authorization.k8s.io';
    for (const namespace of props.namespaces) {
      const metadata = { name, namespace, labels };
      new k8s.KubeRole(this, `role-${namespace}`, { metadata, rules: props.rules.map(policyRule) });
      new k8s.KubeRoleBinding(this, `role-binding-${namespace}`, {
        metadata,
        roleRef: { apiGroup, kind: 'Role', name },
        subjects,
      });
    }
    if (clusterRules.length === 0) return;
    const metadata = { name, labels };
    const role = new k8s.KubeClusterRole(this, 'cluster-role', { metadata, rules: clusterRules.map(policyRule) });
    const roleRef = { apiGroup, kind: 'ClusterRole', name };
    const binding = new k8s.KubeClusterRoleBinding(this, 'cluster-role-binding', { metadata, roleRef, subjects });
    for (const object of [role, binding]) withoutNamespace(object);
  }
}
