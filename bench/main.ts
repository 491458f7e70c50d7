import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchContext, Section } from './context';
import { keepFigures } from './keep';
import { thisMachine } from './machine';
import { parseOptions, UsageError, USAGE, type SectionName } from './options';
import { PsqlMissingError } from './psql';
import { missed, terminalTable, type SectionResult } from './report';
import { generator } from './sections/generator';
import { history } from './sections/history';
import { ingest } from './sections/ingest';
import { analytics } from './sections/analytics';
import { memory } from './sections/memory';
import { BenchServer } from './server';

const SECTION: Readonly<Record<SectionName, Section>> = { generator, ingest, history, analytics, memory };

/** @returns the exit code: 0, 1 if a goal is missed or a run failed, 2 for a command line that cannot be understood or a missing psql */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-bench-'));
  const server = await BenchServer.start();
  const results: SectionResult[] = [];
  try {
    const context: BenchContext = { server, folder, rounds: options.rounds, say: (line) => console.error(line) };
    for (const section of options.sections) {
      results.push({ section, machine: thisMachine(server.version), figures: await SECTION[section](context) });
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
  console.log(options.json ? JSON.stringify(results, null, 2) : terminalTable(results));
  if (options.write) keepFigures(results);
  for (const { name } of missed(results)) console.error(`goal missed: ${name}`);
  return missed(results).length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const expected = error instanceof UsageError || error instanceof PsqlMissingError;
    console.error(expected ? error.message : error);
    if (error instanceof UsageError) console.error(USAGE);
    process.exitCode = expected ? 2 : 1;
  },
);
