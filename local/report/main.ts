import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { leftBehind } from '../bring-up';
import { errorText } from '../../simulator/src/error-text';
import { DATABASE, openDatabase } from '../database';
import { forgetDriverSettings } from '../environment';
import { tellFailure } from '../failure';
import { openFilledHome } from '../home';
import { InterruptedError, onSignals } from '../interrupted';
import { DashboardDatabase } from '../page/data/database';
import { databaseUrl } from '../postgres/bootstrap';
import { Terminal } from '../terminal';
import { UsageError } from '../usage-error';
import { classReport } from './class-report';
import { publishedClasses } from './classes';
import { parseReportOptions, REPORT_USAGE, type ReportOptions } from './options';

/** The database to read: the one named, that of a running `npm start`, or that of the last one, started for this. */
async function openSource(
  { database, folder }: Pick<ReportOptions, 'database' | 'folder'>,
  stop: AbortSignal | undefined,
): Promise<{ url: string; close: () => Promise<void> }> {
  if (database !== undefined) return { url: database, close: async () => undefined };
  forgetDriverSettings();
  const home = openFilledHome(folder);
  const running = await leftBehind(home, stop);
  if (running !== undefined) {
    const address = { port: running, database: DATABASE, passwords: home.state.passwords };
    return { url: databaseUrl(address, 'educator'), close: async () => undefined };
  }
  const { address, close } = await openDatabase(home, stop);
  return { url: databaseUrl(address, 'educator'), close };
}

/**
 * Writes one file per class, no further one after `stop`.
 * @returns the files
 */
export async function writeReports(
  url: string,
  { day, classroom, out }: Pick<ReportOptions, 'day' | 'classroom' | 'out'>,
  report: (done: number, total: number, unit?: string) => void,
  stop?: AbortSignal,
): Promise<string[]> {
  let broken: Error | undefined;
  const database = new DashboardDatabase({ educator: url, admin: url }, (error) => (broken ??= error));
  try {
    const classes = await publishedClasses(database, day, classroom);
    mkdirSync(out, { recursive: true });
    const files: string[] = [];
    for (const subject of classes) {
      if (stop?.aborted === true)
        throw new InterruptedError(`stopped: ${files.length} of ${classes.length} reports are written`);
      const file = path.join(out, `${day}-classroom-${subject.classroomId}.html`);
      writeFileSync(file, await classReport(database, day, subject));
      files.push(file);
      report(files.length, classes.length, 'classes');
    }
    if (broken) throw broken;
    return files;
  } finally {
    await database.close();
  }
}

/**
 * The command `npm run report`, told on standard output and error.
 * @param stop ends it after the class under way
 * @returns the exit code: 0 written, 1 failed or stopped, 2 bad options, no data, or data that is not ours
 */
export const runReport = (args: readonly string[], stop?: AbortSignal): Promise<number> =>
  report(args, stop).catch(tellFailure);

async function report(args: readonly string[], stop?: AbortSignal): Promise<number> {
  let options: ReportOptions | undefined;
  try {
    options = parseReportOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${REPORT_USAGE}\n`);
    return 2;
  }
  if (!options) {
    process.stdout.write(`${REPORT_USAGE}\n`);
    return 0;
  }
  const terminal = new Terminal(process.stdout);
  const source = await openSource(options, stop).catch((error: Error) => {
    throw error instanceof InterruptedError ? new InterruptedError('stopped before a report was written') : error;
  });
  try {
    const files = await terminal.progress('reports', (done) => writeReports(source.url, options, done, stop));
    terminal.line(files.length === 1 ? files[0] : `${files.length} files in ${options.out}`);
    return 0;
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    return 1;
  } finally {
    await source.close();
  }
}

if (require.main === module) {
  void runReport(process.argv.slice(2), onSignals().stop).then((code) => (process.exitCode = code));
}
