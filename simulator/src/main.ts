import { runAnnounce } from './commands/announce';
import { answerKey } from './commands/answer-key';
import { runBackfill } from './commands/backfill';
import { runMetrics } from './commands/metrics';
import { runMigrate } from './commands/migrate';
import { run } from './commands/run';
import { verify } from './commands/verify';
import { ConfigError, readConfig, withScenarios } from './config';
import { IncompatibleDatabase } from './database/compatible';
import { MigrationMismatch } from './database/migrate';
import { errorText } from './error-text';
import { type Command, parseCommand, USAGE } from './flags';
import { StreamRefused } from './ingest/errors';
import { DaysRefused } from './proof/day-range';

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 bad configuration */
export async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    return await execute(parseCommand(args), environment);
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    return isRefusal(error) ? 2 : 1;
  }
}

async function execute(command: Command, environment: NodeJS.ProcessEnv): Promise<number> {
  if (command.name === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const config = readConfig(environment);
  const stop = stopOfCommand(command.name);
  switch (command.name) {
    case 'run':
      await run(withScenarios(config, command.scenarios), stop);
      return 0;
    case 'metrics':
      await runMetrics(config, stop);
      return 0;
    case 'backfill':
      await runBackfill(withScenarios(config, command.scenarios), command, stop);
      return 0;
    case 'announce':
      await runAnnounce(config, command);
      return 0;
    case 'migrate':
      await runMigrate(config, command.sql);
      return 0;
    case 'verify':
      return verify(config, command);
    case 'answer-key':
      return answerKey(config, command);
  }
}

/** Commands that finish what they are at when they are told to stop. */
const FINISHING: readonly Command['name'][] = ['run', 'metrics', 'backfill'];

/**
 * What SIGTERM and SIGINT abort. Commands that would not look at it end at once: what they have not committed is rolled back with their
 * connection. In a container the process is the first one, for which a signal without a handler does nothing at all.
 */
function stopOfCommand(name: Command['name']): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      if (FINISHING.includes(name)) return stop.abort();
      process.stderr.write(`${name} was ended by ${signal}\n`);
      process.exit(1);
    });
  }
  return stop.signal;
}

/** What no second try can mend. */
function isRefusal(error: unknown): boolean {
  const kinds = [ConfigError, StreamRefused, DaysRefused, IncompatibleDatabase, MigrationMismatch];
  return kinds.some((kind) => error instanceof kind);
}

if (require.main === module) {
  // A command that was stopped may have left a connection under way; the result is known, nothing waits for it.
  void main(process.argv.slice(2), process.env).then((code) => process.exit(code));
}
