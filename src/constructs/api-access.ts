import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { withoutNamespace } from './cluster-wide';
import type { Labels } from '../labels';

/** What may be read of the Kubernetes API. */
export interface ReadRule {
  /** @default the core group */
  readonly apiGroup?: string;
  readonly resources: readonly string[];
  /** @default get, list and watch */
  readonly verbs?: readonly string[];
}

export interface ApiAccessProps {
  /** ServiceAccount, and name of the roles. */
  readonly account: string;
  /** Namespace of the account. */
  readonly namespace: string;
  readonly labels: Labels;
  /** Read in each of these namespaces. */
  readonly namespaces: readonly string[];
  readonly rules: readonly ReadRule[];
  /** Read in the whole cluster, for what belongs to no namespace. @default nothing */
  readonly clusterRules?: readonly ReadRule[];
}

const policyRule = ({ apiGroup = '', resources, verbs = ['get', 'list', 'watch'] }: ReadRule): k8s.PolicyRule => ({
  apiGroups: [apiGroup],
  resources: [...resources],
  verbs: [...verbs],
});

/** Read access of one account: a Role in each namespace, and a ClusterRole only where there is no other way. */
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
