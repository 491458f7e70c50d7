import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { resolveImages, type ImageName } from '../src/images';
import { ROOT } from '../src/root';

/** The platform's own images: Dockerfile and build context, relative to the root. */
const OWN: Readonly<Partial<Record<ImageName, { dockerfile: string; context: string }>>> = {
  postgres: { dockerfile: 'images/postgres/Dockerfile', context: 'images/postgres' },
  simulator: { dockerfile: 'simulator/Dockerfile', context: '.' },
  development: { dockerfile: 'images/development/Dockerfile', context: '.' },
};

const USAGE = `usage: npm run images [-- NAME...] [--tag TAG] [--registry PREFIX]
  NAME        ${Object.keys(OWN).join(', ')} (default all)
  --tag       tag of the images built (default: those of src/images.ts)
  --registry  put before the names, as in the configuration's registryPrefix`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tag: { type: 'string' }, registry: { type: 'string', default: '' } },
  });
  const names = (positionals.length > 0 ? positionals : Object.keys(OWN)) as ImageName[];
  const unknown = names.filter((name) => OWN[name] === undefined);
  if (unknown.length > 0) {
    console.error(`unknown image ${unknown.join(', ')}\n${USAGE}`);
    return 2;
  }
  const tags = values.tag === undefined ? {} : Object.fromEntries(names.map((name) => [name, values.tag as string]));
  const images = resolveImages(values.registry, tags);
  for (const name of names) {
    const { dockerfile, context } = OWN[name] as { dockerfile: string; context: string };
    const { reference } = images[name];
    console.log(`building ${reference}`);
    const args = ['build', '--file', dockerfile, '--tag', reference, context];
    const { status, error } = spawnSync('docker', args, { cwd: ROOT, stdio: 'inherit' });
    if (error !== undefined) throw error;
    if (status !== 0) return 1;
  }
  return 0;
}

if (require.main === module) process.exitCode = main();
