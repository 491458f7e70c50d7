import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { leftovers, type LiveObject } from './leftovers';
import { AGENTS_NAMESPACE, NAMESPACE } from './names';

const KINDS = [
  'configmaps',
  'secrets',
  'jobs',
  'pods',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'cronjobs',
];

const kubectl = (namespace: string, ...words: string[]): string =>
  execFileSync('kubectl', ['--namespace', namespace, ...words], { encoding: 'utf8', maxBuffer: 256 * 2 ** 20 });

/** Lists, and with --yes deletes, hashed and revisioned objects of earlier releases that nothing live names. */
function main(args: readonly string[]): void {
  const { values } = parseArgs({ args: [...args], options: { yes: { type: 'boolean', default: false } } });
  const found = [NAMESPACE, AGENTS_NAMESPACE].flatMap((namespace) => {
    const { items } = JSON.parse(kubectl(namespace, 'get', KINDS.join(','), '--output', 'json')) as {
      items: LiveObject[];
    };
    return leftovers(items).map(({ kind, metadata }) => ({
      namespace,
      name: `${kind.toLowerCase()}/${metadata.name}`,
    }));
  });
  for (const { name } of found) console.log(name);
  if (found.length === 0) console.log('nothing is left over');
  else if (values.yes) for (const { namespace, name } of found) kubectl(namespace, 'delete', name);
  else console.log('--yes deletes them');
}

if (require.main === module) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
