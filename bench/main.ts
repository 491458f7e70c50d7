import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from '../local/usage-error';
import type { BenchContext, Section } from './context';
import { keepFigures } from './keep';
import { thisMachine } from './machine';
import { parseOptions, USAGE, type BenchOptions, type SectionName } from './options';
import { PsqlMissingError } from './psql';
import { missed, terminalTable, type SectionResult } from './report';
import { generator } from './sections/generator';
import { history } from './sections/history';
import { ingest } from './sections/ingest';
import { analytics } from './sections/analytics';
import { memory } from './sections/memory';
import { panels } from './sections/panels';
import { BenchServer } from './server';

const SECTION: Readonly<Record<SectionName, Section>> = { generator, ingest, history, analytics, memory, panels };

/**
 * A section that fails does not take the figures of the others with it.
 * @returns the exit code: 0, or 1 if a goal is missed or a section failed
 */
async function run({ sections, rounds, json, write, pause }: BenchOptions): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-bench-'));
  const server = await BenchServer.start();
  const clean = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
  // The server is a process of its own: it would live on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void clean().finally(() => process.exit(1)));
  }
  const results: SectionResult[] = [];
  const failed: SectionName[] = [];
  const say = (line: string): void => console.error(line);
  const context: BenchContext = { server, folder, rounds, say, pause: pause ? () => lineOfInput(say) : async () => {} };
  for (const section of sections) {
    try {
      results.push({ section, machine: thisMachine(server.version), figures: await SECTION[section](context) });
    } catch (error) {
      failed.push(section);
      console.error(`section ${section} failed:`, error instanceof PsqlMissingError ? error.message : error);
    }
  }
  await clean();
  console.log(json ? JSON.stringify(results, null, 2) : terminalTable(results));
  if (write) keepFigures(results);
  for (const { name } of missed(results)) console.error(`goal missed: ${name}`);
  return missed(results).length + failed.length === 0 ? 0 : 1;
}

/** @throws Error if the input ends without a line */
async function lineOfInput(say: (line: string) => void): Promise<void> {
  say('paused: goes on with a line on standard input');
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return say(`goes on ${line}`.trimEnd());
  } finally {
    lines.close();
  }
  throw new Error('standard input ended while a section waited for a line of it');
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options !== undefined) return run(options);
  console.log(USAGE);
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
