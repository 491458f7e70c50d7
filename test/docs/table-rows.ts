import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../src/root';

/** Cells of the rows of the tables of a section whose first cell begins with a name of code. */
export function rowsOf(document: string, heading: string): string[][] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${document} has no section "${heading}"`);
  return section
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) => line.split(/ ?\| ?/).slice(1, -1));
}

/** Names of code in a cell. */
export const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
