import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../src/root';
import { SECTIONS } from './options';
import { markdownTables, type SectionResult } from './report';

const DOCS = path.join(ROOT, 'docs');
const JSON_FILE = path.join(DOCS, 'measurements/bench.json');
const PAGE = path.join(DOCS, 'performance.md');
const BEGIN = '<!-- measured figures: written by npm run bench -- --write -->';
const END = '<!-- end of measured figures -->';

/** Sections that were measured now replace their earlier figures, the others keep theirs. */
export function merge(earlier: readonly SectionResult[], now: readonly SectionResult[]): SectionResult[] {
  return SECTIONS.flatMap((name) => {
    const found = now.find(({ section }) => section === name) ?? earlier.find(({ section }) => section === name);
    return found ? [found] : [];
  });
}

/** Puts the tables between the two marks of a page. @throws Error if the page lacks a mark */
export function replaceTables(page: string, tables: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no place for the figures: "${BEGIN}" … "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${page.slice(end)}`;
}

/** Keeps figures in the documentation. */
export function keepFigures(now: readonly SectionResult[]): void {
  const earlier = existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, 'utf8')) as SectionResult[]) : [];
  const all = merge(earlier, now);
  mkdirSync(path.dirname(JSON_FILE), { recursive: true });
  writeFileSync(JSON_FILE, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(PAGE, replaceTables(readFileSync(PAGE, 'utf8'), markdownTables(all)));
}
