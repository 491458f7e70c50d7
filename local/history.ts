import { ConfigError, readConfig } from '../simulator/src/config';
import { StreamRefused } from '../simulator/src/ingest/errors';
import { backfill } from '../simulator/src/ingest/backfill';
import { createLogger } from '../simulator/src/logger';

/**
 * Loads the history up to now, in a process of its own so that its memory goes with it. Prints a JSON line per step, and nothing else, on
 * the standard output: `share` of the days that are done, from 0 to 1, and `events` so far. Its log goes to the standard error.
 */
async function main(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.stdin.resume().once('end', () => stop.abort());
  const config = readConfig(process.env);
  await backfill(config, {
    to: Date.now(),
    log: createLogger(config.logLevel, process.stderr),
    signal: stop.signal,
    onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
  });
  process.exit(0);
}

const adviceFor = (error: Error): string =>
  error instanceof StreamRefused ? '; --fresh deletes the stream of an earlier run' : '';

main().catch((error: Error) => {
  const refused = error instanceof StreamRefused || error instanceof ConfigError;
  process.stderr.write(`${refused ? error.message : (error.stack ?? error.message)}${adviceFor(error)}\n`);
  process.exit(refused ? 2 : 1);
});
