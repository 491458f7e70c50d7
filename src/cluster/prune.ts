import { parseArgs } from 'node:util';
import { kubectl, list } from './kubectl';
import { leftovers, type LiveObject } from './leftovers';
import { AGENTS_NAMESPACE, NAMESPACE } from '../names';

const KINDS = [
  'configmaps',
  'secrets',
  'jobs',
  'pods',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'controllerrevisions',
  'cronjobs',
];

const TIMEOUT_SECONDS = 120;

/** Lists, and with --yes deletes, hashed and revisioned objects of earlier releases that nothing live names. */
async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { yes: { type: 'boolean', default: false } } });
  const found: { readonly namespace: string; readonly name: string }[] = [];
  for (const namespace of [NAMESPACE, AGENTS_NAMESPACE]) {
    const live = await list<LiveObject>(KINDS.join(','), undefined, { namespace, timeoutSeconds: TIMEOUT_SECONDS });
    for (const { kind, metadata } of leftovers(live)) {
      found.push({ namespace, name: `${kind.toLowerCase()}/${metadata.name}` });
    }
  }
  for (const { name } of found) console.log(name);
  if (found.length === 0) console.log('nothing is left over');
  else if (values.yes) {
    for (const { namespace, name } of found) {
      await kubectl(['delete', name], { namespace, timeoutSeconds: TIMEOUT_SECONDS });
    }
  } else console.log('--yes deletes them');
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
