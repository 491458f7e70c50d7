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
import { type Command, parseCommand, USAGE } from './flags';
import { StreamRefused } from './ingest/errors';

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 bad configuration */
export async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    return await execute(parseCommand(args), environment);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return isRefusal(error) ? 2 : 1;
  }
}

async function execute(command: Command, environment: NodeJS.ProcessEnv): Promise<number> {
  if (command.name === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const config = withScenarios(readConfig(environment), 'scenarios' in command ? command.scenarios : []);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  switch (command.name) {
    case 'run':
      await run(config, stop.signal);
      return 0;
    case 'metrics':
      await runMetrics(config, stop.signal);
      return 0;
    case 'backfill':
      await runBackfill(config, command, stop.signal);
      return 0;
    case 'announce':
      await runAnnounce(config, command.from);
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

/** What no second try can mend. */
function isRefusal(error: unknown): boolean {
  return [ConfigError, StreamRefused, IncompatibleDatabase, MigrationMismatch].some((kind) => error instanceof kind);
}

if (require.main === module) {
  // A command that was stopped may have left a connection under way; the result is known, nothing waits for it.
  void main(process.argv.slice(2), process.env).then((code) => process.exit(code));
}
