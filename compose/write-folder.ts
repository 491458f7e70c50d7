import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Folder } from './folders';

/** Paths of all files and folders below a folder, deepest first. */
function contentOf(directory: string, prefix = ''): string[] {
  return readdirSync(path.join(directory, prefix), { withFileTypes: true }).flatMap((entry) => {
    const below = path.join(prefix, entry.name);
    return entry.isDirectory() ? [...contentOf(directory, below), below] : [below];
  });
}

const ancestors = (file: string): string[] => {
  const parent = path.dirname(file);
  return parent === '.' ? [] : [...ancestors(parent), parent];
};

/**
 * Makes a folder hold exactly the files, each readable by its owner only and replaced as a whole: a service may be reading.
 * @returns the files whose content changed
 */
export function writeFolder(root: string, { name, uid, gid, files, mountPoints }: Folder): string[] {
  const directory = path.join(root, name);
  const folders = [...new Set([...Object.keys(files).flatMap(ancestors), ...mountPoints])];
  for (const folder of ['', ...folders]) {
    const target = path.join(directory, folder);
    mkdirSync(target, { recursive: true });
    chownSync(target, uid, gid);
    chmodSync(target, 0o500);
  }
  for (const present of contentOf(directory)) {
    const below = mountPoints.some((point) => present.startsWith(`${point}/`));
    if (!below && files[present] === undefined && !folders.includes(present)) {
      rmSync(path.join(directory, present), { recursive: true });
    }
  }
  const changed: string[] = [];
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(directory, file);
    if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
    const temporary = `${target}.new`;
    writeFileSync(temporary, text, { mode: 0o400 });
    chownSync(temporary, uid, gid);
    chmodSync(temporary, 0o400);
    renameSync(temporary, target);
    changed.push(file);
  }
  return changed;
}
