import { MigrationMismatch } from '../simulator/src/database/migrate';
import { NoAnswer } from '../src/answer';
import { ChildError } from './children';
import { AlreadyRunningError } from './database';
import { NoRunError } from './home';
import { InterruptedError } from './interrupted';
import { ForeignFilesError } from './postgres/data-directory';
import { UnloadableError } from './postgres/server';
import { UsageError } from './usage-error';

/**
 * Tells why a command of the local run failed: what the user did needs a message, what we did needs a stack.
 * @returns the exit code
 */
export function tellFailure(error: Error): 1 | 2 {
  const refused = isRefusal(error);
  const told = [AlreadyRunningError, InterruptedError, NoAnswer, UnloadableError].some((kind) => error instanceof kind);
  process.stderr.write(`${refused || told ? error.message : error.stack}\n`);
  return refused ? 2 : 1;
}

const isRefusal = (error: Error): boolean =>
  error instanceof UsageError ||
  error instanceof ForeignFilesError ||
  error instanceof NoRunError ||
  error instanceof MigrationMismatch ||
  (error instanceof ChildError && error.exitCode === 2);
