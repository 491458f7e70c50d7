import { containersOf, nameOf, ofKind, workloads } from '../support/objects';
import { byName, change, type Rule } from '../support/rule';

/** Names of variables whose value must come from a Secret. */
const SENSITIVE = /(PASSWORD|PASS|SECRET|TOKEN|FERNET|JWT|_KEY)$/;
/** Such names whose value is a path. */
const PATHS = ['GF_SERVER_CERT_KEY', 'PGSSLKEY', 'AIRFLOW__API__SSL_KEY'];
/** Who opens the backup repository. */
const CIPHER_USERS = ['edtech-backup-repository', 'edtech-backup-full', 'edtech-backup-incr', 'edtech-restore-drill'];
const LITERALS = [/-----BEGIN/, /VALUE-OF-/, /:\/\/[^/\s:@$]+:[^@\s$]+@/];

export const secretRules: readonly Rule[] = [
  {
    title: 'has immutable Secrets with a revision in their name',
    check: (objects) =>
      ofKind(objects, 'Secret').flatMap((secret) =>
        secret.immutable === true && /-r[1-9]\d*$/.test(secret.metadata.name) ? [] : [`${nameOf(secret)}: replaceable`],
      ),
    broken: (objects) =>
      change(objects, byName('Secret', 'edtech-ca-r1'), (object) => {
        object.immutable = false;
      }),
    finds: 'Secret/edtech-ca-r1: replaceable',
  },
  {
    title: 'has no secret value outside of its Secrets',
    check: (objects) => {
      const values = ofKind(objects, 'Secret').flatMap(({ data = {} }) => Object.values(data));
      return objects
        .filter(({ kind }) => kind !== 'Secret')
        .flatMap((object) => {
          const text = JSON.stringify(object);
          const found = LITERALS.some((literal) => literal.test(text)) || values.some((value) => text.includes(value));
          return found ? [`${nameOf(object)}: secret literal`] : [];
        });
    },
    broken: (objects) =>
      change(objects, byName('Deployment', 'edtech-grafana'), (object) => {
        object.spec!.template!.spec.containers[0].env!.push({ name: 'URL', value: 'postgresql://me:hunter2@db/x' });
      }),
    finds: 'Deployment/edtech-grafana: secret literal',
  },
  {
    title: 'takes every sensitive variable from a Secret',
    check: (objects) =>
      workloads(objects).flatMap(({ object, template }) =>
        containersOf(template).flatMap(({ name, env = [] }) =>
          env
            .filter((variable) => SENSITIVE.test(variable.name) && !PATHS.includes(variable.name))
            .filter(({ value, valueFrom }) => value !== undefined || valueFrom?.secretKeyRef === undefined)
            .map((variable) => `${nameOf(object)} ${name}: ${variable.name} is written out`),
        ),
      ),
    broken: (objects) =>
      change(objects, byName('Deployment', 'edtech-simulator'), (object) => {
        const { env } = object.spec!.template!.spec.containers[0];
        const password = env!.find(({ name }) => name === 'DATABASE_PASSWORD')!;
        password.value = 'x';
        delete password.valueFrom;
      }),
    finds: 'DATABASE_PASSWORD is written out',
  },
  {
    title: 'gives the passphrase of the backups to nobody but the repository host and the jobs beside it',
    check: (objects) =>
      workloads(objects)
        .filter(({ template }) => JSON.stringify(template).includes('"edtech-backup-cipher-'))
        .filter(({ template }) => !CIPHER_USERS.includes(template.metadata?.labels?.['app.kubernetes.io/name'] ?? ''))
        .map(({ object }) => `${nameOf(object)}: has the passphrase of the backups`),
    broken: (objects) =>
      change(objects, byName('Deployment', 'edtech-grafana'), (object) => {
        object.spec!.template!.spec.containers[0].env!.push({
          name: 'PASS',
          valueFrom: { secretKeyRef: { name: 'edtech-backup-cipher-r1', key: 'passphrase' } },
        });
      }),
    finds: 'Deployment/edtech-grafana: has the passphrase',
  },
  {
    title: 'enforces, audits and warns about Pod Security at a fixed version',
    check: (objects) =>
      ofKind(objects, 'Namespace').flatMap((namespace) => {
        const labels = namespace.metadata.labels ?? {};
        const level = namespace.metadata.name === 'edtech-node-agents' ? 'privileged' : 'restricted';
        return ['enforce', 'audit', 'warn']
          .filter(
            (mode) =>
              labels[`pod-security.kubernetes.io/${mode}`] !== level ||
              !/^v1\.\d+$/.test(labels[`pod-security.kubernetes.io/${mode}-version`] ?? ''),
          )
          .map((mode) => `${nameOf(namespace)}: ${mode}`);
      }),
    broken: (objects) =>
      change(objects, byName('Namespace', 'edtech'), (object) => {
        object.metadata.labels!['pod-security.kubernetes.io/warn-version'] = 'latest';
      }),
    finds: 'Namespace/edtech: warn',
  },
];
